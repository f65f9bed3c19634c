"""Templates as tests read them: resources by type, and references made texts that can be compared."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from infrastructure.stages import Stage, read_stages


@dataclass(frozen=True)
class Resource:
    """A resource of a stage's template: `told` is its definition with all references as texts."""

    stage: Stage
    name: str
    type: str
    told: dict[str, Any]

    @property
    def properties(self) -> dict[str, Any]:
        """Its properties."""
        found: dict[str, Any] = self.told.get("Properties", {})
        return found

    @property
    def is_kept(self) -> bool:
        """Whether it outlives its stack, and is the same policy for what replaces it."""
        assert self.told["DeletionPolicy"] == self.told["UpdateReplacePolicy"]
        return bool(self.told["DeletionPolicy"] == "Retain")


@dataclass(frozen=True)
class Synthesised:
    """All stages, and the resources of both their stacks."""

    stages: dict[str, Stage]
    resources: tuple[Resource, ...]

    @classmethod
    def read(cls, folder: Path) -> Synthesised:
        """The templates in a folder."""
        stages = read_stages()
        names = [(stage, name) for stage in stages.values() for name in (f"{stage.prefix}-foundation", stage.prefix)]
        found = [one for stage, name in names for one in _resources(stage, folder / f"{name}.template.json")]
        return cls(stages, tuple(found))

    def of(self, type_: str, stage: Stage | None = None) -> list[Resource]:
        """The resources of a type, of one stage or all."""
        return [one for one in self.resources if one.type == type_ and stage in (None, one.stage)]

    def one(self, stage: Stage, type_: str, name: str) -> Resource:
        """The one resource of a type whose logical id begins with a name."""
        (found,) = (one for one in self.of(type_, stage) if one.name.startswith(name))
        return found


def _resources(stage: Stage, file: Path) -> Iterator[Resource]:
    template = json.loads(file.read_text())
    for name, told in template["Resources"].items():
        yield Resource(stage, name, told["Type"], plain(told))


def plain(value: Any) -> Any:
    """A value with `Ref`, `Fn::GetAtt`, `Fn::Join` as texts: `<Name>`, `<Name.Attribute>`, the joined text."""
    if isinstance(value, list):
        return [plain(one) for one in value]
    if not isinstance(value, dict):
        return value
    match value:
        case {"Ref": "AWS::Partition"}:
            return "aws"
        case {"Ref": name} if len(value) == 1:
            return f"<{name}>"
        case {"Fn::GetAtt": [name, attribute]}:
            return f"<{name}.{attribute}>"
        case {"Fn::Join": [separator, parts]}:
            return separator.join(str(plain(one)) for one in parts)
        case {"Fn::ImportValue": name}:
            return f"<{plain(name)}>"
        case {"Fn::Select": [index, {"Fn::Split": [_, text]}]}:
            return f"<part {index} of {plain(text)}>"
    return {key: plain(one) for key, one in value.items()}
