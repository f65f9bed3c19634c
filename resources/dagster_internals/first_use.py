"""What the first maker of one of Dagster's records leaves in it: the types in its sight, and nothing that they made.

A record's class is finished when one is first made, with all local variables of whoever makes it, to find the types
that its annotations name; they stay for as long as the process lives. In the code server these
are whole evaluations of all conditions, of 20 MB each. None of it can be configured.
"""

import sys

from dagster_shared.check.builder import EvalContext

__all__ = ["keep_types_alone"]

_NOTATION = {"types", "typing"}
"""The modules of what stands for a type in an annotation, as a union does."""


def keep_types_alone() -> None:
    """Have the classes of records that are finished in this process from now on keep no more than they need."""
    EvalContext.update_from_frame = _update_from_frame  # type: ignore[method-assign]


def _update_from_frame(self: EvalContext, depth: int) -> None:
    frame = sys._getframe(depth + 1)  # noqa: SLF001
    self.global_ns.update(frame.f_globals)
    self.local_ns.update({name: value for name, value in frame.f_locals.items() if _is_type(value)})


def _is_type(value: object) -> bool:
    return isinstance(value, type) or type(value).__module__ in _NOTATION
