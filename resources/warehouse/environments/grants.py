"""Lets those read an environment's tables who may read production's, and nobody else."""

from __future__ import annotations

from tributary.resources.warehouse.environments.holding import quoted_key
from tributary.resources.warehouse.environments.naming import Environment
from tributary.resources.warehouse.postgres.hung import Hung, hanging, put_on
from tributary.resources.warehouse.postgres.session import Session
from tributary.resources.warehouse.table import quoted

_SCHEMA_READERS = """
SELECT CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE a.grantee::regrole::text END AS role
FROM pg_namespace AS n, aclexplode(n.nspacl) AS a
WHERE n.nspname = %s AND a.privilege_type = 'USAGE' AND a.grantee <> n.nspowner
"""


def grant_as_production(session: Session, environment: Environment, key: str) -> None:
    """Give and take rights to read `key` of the environment as production has them, in the caller's transaction.

    Where production's rows are told by policies, which the environment has none of, nobody but the owner may read. A
    table that production has not is left with what the server gives by default.
    """
    schema = key.partition(".")[0]
    own, of_production = quoted_key(environment.key(key)), quoted_key(key)
    rows = session.rows("SELECT relrowsecurity AS secured FROM pg_class WHERE oid = to_regclass(%s)", (of_production,))
    if not rows:
        return
    wanted, given = (
        {row["role"] for row in session.rows(_SCHEMA_READERS, (name,))} for name in (schema, environment.key(schema))
    )
    for role in sorted(given - wanted):
        session.execute(f"REVOKE USAGE ON SCHEMA {quoted(environment.key(schema))} FROM {role}")
    for role in sorted(wanted - given):
        session.execute(f"GRANT USAGE ON SCHEMA {quoted(environment.key(schema))} TO {role}")
    owner = hanging(session, own).owner
    hung = hanging(session, of_production)
    grants = [
        {**grant, "by_role": owner, "grantable": False, "to_role": owner if by_owner else grant["to_role"]}
        for grant in hung.grants
        for by_owner in [grant["to_role"] == hung.owner]
        if by_owner or (grant["privilege"] == "SELECT" and not rows[0]["secured"])
    ]
    put_on(session, own, environment.key(key), Hung(owner, (), grants))
