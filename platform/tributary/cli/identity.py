"""`tributary users`, `tributary keys` and `tributary audit`: who may log in, with what, and what they did."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from getpass import getpass
from typing import TYPE_CHECKING, Any

from tributary.cli.console import out
from tributary.cli.tables import Heading, print_rows
from tributary.identity.audit import note
from tributary.identity.keys import add_key, revoke_key
from tributary.identity.tables import audit, keys, open_tables, sessions, users
from tributary.identity.users import add_user, change_password, log_out, remove_user
from tributary.resources.errors import UsageError
from tributary.resources.postgres.databases import connect
from tributary.resources.principal import Role
from tributary.resources.settings import get_settings

if TYPE_CHECKING:
    from sqlalchemy import Engine, Select


def users_add(name: str, role: str, scopes: list[str], *, stdin: bool) -> int:
    """Make a user."""
    with _engine() as engine:
        add_user(engine, name, _password(stdin=stdin), _role(role), scopes)
        _note(engine, f"users add {name} as {role}")
    out.print(f"[green]✓[/] {name} can log in, as {role}.")
    return 0


def users_passwd(name: str, *, stdin: bool) -> int:
    """Give a user another password."""
    with _engine() as engine:
        change_password(engine, name, _password(stdin=stdin))
        _note(engine, f"users passwd {name}")
    out.print(f"[green]✓[/] {name} has another password; their sessions ended.")
    return 0


def users_remove(name: str) -> int:
    """Take a user away."""
    with _engine() as engine:
        remove_user(engine, name)
        _note(engine, f"users remove {name}")
    out.print(f"[green]✓[/] {name} is gone; their sessions ended.")
    return 0


def users_logout(name: str) -> int:
    """End somebody's sessions."""
    with _engine() as engine:
        ended = log_out(engine, name)
        _note(engine, f"users logout {name}")
    out.print(f"[green]✓[/] {ended} sessions of {name} ended.", highlight=False)
    return 0


def users_list() -> int:
    """Show who can log in with a password, and who is logged in."""
    from sqlalchemy import func, select

    holds = sessions.c.revoked_at.is_(None) & (sessions.c.ends_at > func.now())
    with _engine() as engine:
        _show(engine, select(users.c.name, users.c.role, users.c.scopes, users.c.made_at).order_by(users.c.name))
        logged_in = select(sessions.c.name, sessions.c.role, sessions.c.made_at, sessions.c.ends_at, sessions.c.address)
        out.print("\nLogged in")
        _show(engine, logged_in.where(holds).order_by(sessions.c.made_at))
    return 0


def keys_add(name: str, role: str, scopes: list[str], days: int) -> int:
    """Make an API key, and print it this once."""
    with _engine() as engine:
        token = add_key(engine, name, _role(role), scopes, timedelta(days=days) if days else None)
        _note(engine, f"keys add {name} as {role}")
    ends = f"for {days} days" if days else "without end"
    out.print(f"[green]✓[/] The key {name} holds {ends}, as {role}. It is shown this once:")
    sys.stdout.write(f"{token}\n")
    return 0


def keys_revoke(name: str) -> int:
    """End a key."""
    with _engine() as engine:
        revoke_key(engine, name)
        _note(engine, f"keys revoke {name}")
    out.print(f"[green]✓[/] The key {name} holds no longer.")
    return 0


def keys_list() -> int:
    """Show the keys."""
    from sqlalchemy import select

    shown = (keys.c.name, keys.c.role, keys.c.scopes, keys.c.made_at, keys.c.ends_at, keys.c.used_at, keys.c.revoked_at)
    with _engine() as engine:
        _show(engine, select(*shown).order_by(keys.c.name))
    return 0


def audit_log(sql: str | None, output: str, limit: int) -> int:
    """Show the audit log's newest entries, or what a query of it answers."""
    from tributary.cli.console import check_format
    from tributary.cli.query import FORMATS, answered
    from tributary.resources.warehouse.postgres.warehouse import PostgresWarehouse

    check_format(output, FORMATS)
    newest = f"SELECT * FROM (SELECT * FROM {audit.fullname} ORDER BY id DESC LIMIT 50) AS newest ORDER BY id"
    with _engine(), connect(get_settings()) as databases:
        url = databases.url("app")
        warehouse = PostgresWarehouse(lambda: url, lambda: url)
        return answered(warehouse, sql or newest, output, limit)


@contextmanager
def _engine() -> Iterator[Engine]:
    with connect(get_settings()) as databases:
        engine = open_tables(databases.url("app"))
        try:
            yield engine
        finally:
            engine.dispose()


def _note(engine: Engine, what: str) -> None:
    note(engine, "command line", what, "", "", "allowed")


def _show(engine: Engine, query: Select[Any]) -> None:
    with engine.connect() as connection:
        found = connection.execute(query)
        rows = [tuple(_text(value) for value in row) for row in found]
        print_rows([Heading(name.removesuffix("_at").replace("_", " ")) for name in found.keys()], rows)  # noqa: SIM118


def _text(value: object) -> str:
    if isinstance(value, datetime):
        return value.isoformat(" ", "minutes")
    if isinstance(value, Iterable) and not isinstance(value, str):
        return ", ".join(map(str, value))
    return "" if value is None else str(value)


def _role(name: str) -> Role:
    try:
        return Role(name)
    except ValueError:
        known: Sequence[str] = list(Role)
        raise UsageError(f"{name!r} is no role; use {', '.join(known)}.") from None


def _password(*, stdin: bool) -> str:
    """A password from the terminal, asked for twice, or the first line of standard input."""
    if stdin or not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\r\n")
    password = getpass("Password: ")
    if getpass("Once more: ") != password:
        raise UsageError("The two passwords differ; nothing was changed.")
    return password
