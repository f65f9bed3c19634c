"""`tributary users`, `keys` and `audit`: what they keep, print, and leave as a trace."""

from __future__ import annotations

import contextlib
import io
import uuid
from collections.abc import Iterator

import pytest
from sqlalchemy import Engine, text

from tributary.cli import identity
from tributary.identity.keys import find_key
from tributary.identity.tables import IdentityError, open_tables
from tributary.identity.users import find_user
from tributary.resources.errors import UsageError
from tributary.resources.postgres.databases import Databases
from tributary.resources.principal import Role
from tributary.resources.warehouse.errors import WarehouseError

PASSWORD = "a long enough one"


@pytest.fixture
def engine(databases: Databases, monkeypatch: pytest.MonkeyPatch) -> Iterator[Engine]:
    """What the commands keep, in the test process's own database."""
    monkeypatch.setattr(identity, "connect", lambda _settings: contextlib.nullcontext(databases))
    engine = open_tables(databases.url("app"))
    yield engine
    engine.dispose()


def test_users_and_keys_come_and_go_and_leave_their_trace(
    engine: Engine, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    name = f"c-{uuid.uuid4().hex[:8]}"
    with engine.connect() as connection:
        newest = connection.execute(text("SELECT coalesce(max(id), 0) FROM identity.audit")).scalar_one()

    def add(who: str, role: str) -> int:
        monkeypatch.setattr("sys.stdin", io.StringIO(f"{PASSWORD}\n"))
        return identity.users_add(who, role, ["pii"], stdin=True)

    assert add(name, "operator") == 0
    found = find_user(engine, name)
    assert found is not None
    assert (found[0].may(Role.OPERATOR), found[0].may(Role.ADMIN), found[0].scopes) == (True, False, {"pii"})
    with pytest.raises(IdentityError, match=f"There is a user {name} already"):
        add(name, "viewer")
    with pytest.raises(UsageError, match="use viewer, operator, admin"):
        add("bob", "root")
    assert identity.users_list() == 0
    assert name in capsys.readouterr().out
    assert identity.keys_add(name, "viewer", [], 2) == 0
    key = capsys.readouterr().out.split()[-1]
    principal = find_key(engine, key)
    assert principal is not None
    assert principal.name == f"key:{name}"
    assert identity.keys_list() == 0
    assert key not in capsys.readouterr().out
    assert identity.keys_revoke(name) == 0
    assert find_key(engine, key) is None
    assert identity.users_remove(name) == 0
    assert find_user(engine, name) is None
    capsys.readouterr()
    asked = f"SELECT what FROM identity.audit WHERE id > {newest} AND who = 'command line' ORDER BY id"
    assert identity.audit_log(asked, "csv", 0) == 0
    assert capsys.readouterr().out.splitlines() == [
        "what",
        f"users add {name} as operator",
        f"keys add {name} as viewer",
        f"keys revoke {name}",
        f"users remove {name}",
    ]
    assert identity.audit_log(None, "table", 0) == 0
    assert "users remove" in capsys.readouterr().out
    with pytest.raises(WarehouseError, match="DELETE begins no query"):
        identity.audit_log("DELETE FROM identity.audit", "table", 0)
