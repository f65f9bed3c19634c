"""Where Trino's programs and a JDK come from, and that nothing is run which is not what it should be."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tributary.resources.trino import artifacts, jdk
from tributary.resources.trino.artifacts import server_folder
from tributary.resources.trino.errors import TrinoError
from tributary.resources.trino.jdk import find_java


def a_jdk(folder: Path, version: str) -> Path:
    (folder / "bin").mkdir(parents=True)
    (folder / "bin" / "java").touch()
    (folder / "release").write_text(f'IMPLEMENTOR="X"\nJAVA_VERSION="{version}"\n')
    return folder


@pytest.fixture
def nothing_installed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setattr(jdk, "_USUAL", (str(tmp_path / "jvm"),))
    monkeypatch.setattr(jdk, "find_spec", lambda _name: None)
    monkeypatch.setenv("PATH", str(tmp_path / "empty"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.delenv("JAVA_HOME", raising=False)
    return tmp_path


def test_the_newest_jdk_that_is_new_enough_is_taken(nothing_installed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(TrinoError, match="JDK 24 or later, and none is here"):
        find_java()
    monkeypatch.setenv("JAVA_HOME", str(a_jdk(nothing_installed / "home", "17.0.15")))
    with pytest.raises(TrinoError):
        find_java()
    old, new = (a_jdk(nothing_installed / "jvm" / name, f"{name}.0.1") for name in ("24", "25"))
    assert find_java() == new / "bin" / "java"
    assert find_java(old) == old / "bin" / "java"
    with pytest.raises(TrinoError, match="TRIBUTARY_TRINO_JAVA"):
        find_java(nothing_installed / "home")


def a_maven(folder: Path, content: bytes) -> None:
    """An `mvn` that puts a file of this content where the archive is to be."""
    folder.mkdir()
    program = folder / "mvn"
    program.write_text(
        "#!/bin/sh\nfor word; do case $word in -DoutputDirectory=*) "
        f"printf '{content.decode()}' > ${{word#*=}}/{artifacts.SERVER.file};; esac; done\n"
    )
    program.chmod(0o755)


def test_an_archive_that_is_another_is_refused_and_leaves_nothing(
    nothing_installed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(TrinoError, match="there is no mvn on the path"):
        server_folder(None)
    a_maven(nothing_installed / "bin", b"not trino")
    monkeypatch.setenv("PATH", f"{nothing_installed / 'bin'}{os.pathsep}{os.defpath}")
    with pytest.raises(TrinoError, match="is not what was published"):
        server_folder(None)
    kept = nothing_installed / "cache" / "tributary"
    assert [path.name for path in kept.iterdir()] == [f"trino-{artifacts.VERSION}.lock"]


def test_a_folder_of_ones_own_must_be_a_server(tmp_path: Path) -> None:
    with pytest.raises(TrinoError, match="plugin/iceberg"):
        server_folder(tmp_path)
    for name in ("lib", "plugin/iceberg"):
        (tmp_path / name).mkdir(parents=True)
    assert server_folder(tmp_path) == tmp_path
