"""What people hung on a view: owner, options, grants. Taken off before it is dropped, put on what takes its place.

Everything is put on exactly as it was, and nothing that default privileges would add. What else depends on the relation
is refused by name, never lost.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import psycopg

from tributary.resources.warehouse.errors import WarehouseError
from tributary.resources.warehouse.postgres.session import Session

# The rule of a view is the view.
_DEPENDENT = """
    SELECT DISTINCT pg_describe_object(d.classid, d.objid, 0) AS what
    FROM pg_depend AS d LEFT JOIN pg_rewrite AS r ON d.classid = 'pg_rewrite'::regclass AND r.oid = d.objid
    WHERE d.refclassid = 'pg_class'::regclass AND d.refobjid = %(relation)s::regclass
      AND d.deptype IN ('n', 'a') AND d.objid <> d.refobjid
      AND NOT (r.ev_class IS NOT DISTINCT FROM d.refobjid AND r.rulename = '_RETURN')
    UNION ALL
    SELECT 'security label of ' || provider FROM pg_seclabel
    WHERE classoid = 'pg_class'::regclass AND objoid = %(relation)s::regclass
"""

_GRANTS = """
    SELECT a.grantee, a.grantor, a.privilege_type AS privilege, a.is_grantable AS grantable, a.attribute,
           CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE a.grantee::regrole::text END AS to_role,
           a.grantor::regrole::text AS by_role
    FROM (
        SELECT x.*, NULL::text AS attribute
        FROM pg_class AS c, aclexplode(coalesce(c.relacl, acldefault('r', c.relowner))) AS x
        WHERE c.oid = %(relation)s::regclass
        UNION ALL
        SELECT x.*, quote_ident(t.attname)
        FROM pg_attribute AS t, aclexplode(t.attacl) AS x
        WHERE t.attrelid = %(relation)s::regclass AND NOT t.attisdropped
    ) AS a
"""


@dataclass(frozen=True)
class Hung:
    """What was taken off a view; names of roles and columns are quoted."""

    owner: str
    options: Sequence[str]
    grants: Sequence[Mapping[str, Any]]


def take_off(session: Session, relation: str, name: str) -> Hung:
    """What hangs on a view (a quoted name) that is about to be dropped; `name` is for people.

    Raises:
        WarehouseError: something depends on it that could not be put on again.
    """
    which = {"relation": relation}
    with _full_names(session):
        dependents = [row["what"] for row in session.named(_DEPENDENT, which)]
        if dependents:
            raise WarehouseError(
                f"{name} changes its columns so that it has to be made anew, and these hang on it: "
                f"{', '.join(dependents)}; drop them first, and make them again afterwards."
            )
        return hanging(session, relation)


def hanging(session: Session, relation: str) -> Hung:
    """What hangs on a table or view (a quoted name)."""
    which = {"relation": relation}
    with _full_names(session):
        found = session.named(
            "SELECT relowner::regrole::text AS owner, coalesce(reloptions, '{}') AS options "
            "FROM pg_class WHERE oid = %(relation)s::regclass",
            which,
        )[0]
        return Hung(**found, grants=session.named(_GRANTS, which))


@contextmanager
def _full_names(session: Session) -> Iterator[None]:
    """With nothing on the path, the server writes all names in full; within the caller's transaction."""
    path = session.row("SELECT current_setting('search_path') AS path")["path"]
    session.execute("SELECT set_config('search_path', '', true)")
    yield
    session.execute("SELECT set_config('search_path', %s, true)", (path,))


def put_on(session: Session, relation: str, name: str, hung: Hung) -> None:
    """Put it on the relation's successor, which the caller's transaction made.

    Raises:
        WarehouseError: a role granted something to others which only that role can grant.
    """
    which = {"relation": relation}
    kind = session.named("SELECT relkind::text AS kind FROM pg_class WHERE oid = %(relation)s::regclass", which)[0]
    word = "VIEW" if kind["kind"] == "v" else "TABLE"
    if hung.options:
        session.execute(f"ALTER {word} {relation} SET ({', '.join(hung.options)})")
    owner = session.named("SELECT relowner::regrole::text AS o FROM pg_class WHERE oid = %(relation)s::regclass", which)
    if owner[0]["o"] != hung.owner:
        session.execute(f"ALTER {word} {relation} OWNER TO {hung.owner}")
    for role in sorted({grant["to_role"] for grant in session.named(_GRANTS, which)}):
        session.execute(f"REVOKE ALL ON {relation} FROM {role} CASCADE")
    _grant_again(session, relation, name, hung)


def _grant_again(session: Session, relation: str, name: str, hung: Hung) -> None:
    """Each grant by the role that gave it, the owner's first; those on columns that are gone are gone with them."""
    columns = {
        row["name"]
        for row in session.named(
            "SELECT quote_ident(attname) AS name FROM pg_attribute "
            "WHERE attrelid = %(relation)s::regclass AND attnum > 0 AND NOT attisdropped",
            {"relation": relation},
        )
    }
    waiting = [grant for grant in hung.grants if grant["attribute"] is None or grant["attribute"] in columns]
    may: set[tuple[str, str, str | None]] = set()
    while waiting:
        ready = [grant for grant in waiting if _may_grant(grant, hung.owner, may)]
        if not ready:
            break
        for grant in ready:
            _grant(session, relation, name, hung.owner, grant)
            if grant["grantable"]:
                may.add((grant["to_role"], grant["privilege"], grant["attribute"]))
        waiting = [grant for grant in waiting if grant not in ready]


def _may_grant(grant: Mapping[str, Any], owner: str, may: set[tuple[str, str, str | None]]) -> bool:
    by, what = grant["by_role"], grant["privilege"]
    return by == owner or (by, what, None) in may or (by, what, grant["attribute"]) in may


def _grant(session: Session, relation: str, name: str, owner: str, grant: Mapping[str, Any]) -> None:
    column = f" ({grant['attribute']})" if grant["attribute"] else ""
    option = " WITH GRANT OPTION" if grant["grantable"] else ""
    statement = f"GRANT {grant['privilege']}{column} ON {relation} TO {grant['to_role']}{option}"
    if grant["by_role"] == owner:
        session.execute(statement)
        return
    try:
        with session.transaction():
            session.execute(f"SET LOCAL ROLE {grant['by_role']}")
            session.execute(statement)
            session.execute("RESET ROLE")
    except psycopg.errors.InsufficientPrivilege as error:
        raise WarehouseError(
            f"{name} changes its columns, and {grant['by_role']} granted {grant['privilege']} on it to "
            f"{grant['to_role']}, which only {grant['by_role']} can grant again: have that revoked first."
        ) from error
