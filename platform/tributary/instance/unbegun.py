"""What a run announced and never came to.

Dagster announces each materialisation when a run is created, and shows an asset as failed where the run of its last
announcement failed: one failing step would so turn everything downstream of it red.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as db

if TYPE_CHECKING:
    from tributary.resources.dagster_internals.postgres_storages import SqlEventLogStorage

# Only where some step broke off: where a run ended before or between steps, all that it announced is what failed.
_WITHDRAW = db.text("""
WITH begun AS (
    SELECT step_key, bool_or(dagster_event_type = 'STEP_SUCCESS') AS done FROM event_logs
    WHERE run_id = :run_id AND dagster_event_type IN ('STEP_START', 'STEP_RESTARTED', 'STEP_SUCCESS')
    GROUP BY step_key
), withdrawn AS (
    DELETE FROM event_logs AS e
    WHERE run_id = :run_id AND dagster_event_type = 'ASSET_MATERIALIZATION_PLANNED'
      AND NOT EXISTS (SELECT 1 FROM begun AS b WHERE b.step_key = e.step_key)
      AND EXISTS (SELECT 1 FROM begun WHERE NOT done)
    RETURNING asset_key
)
UPDATE asset_keys AS a SET last_run_id = (
    SELECT e.run_id FROM event_logs AS e
    WHERE e.asset_key = a.asset_key AND e.dagster_event_type = 'ASSET_MATERIALIZATION' ORDER BY e.id DESC LIMIT 1)
FROM (SELECT DISTINCT asset_key FROM withdrawn) AS w
WHERE a.asset_key = w.asset_key AND a.last_run_id = :run_id
""")


def withdraw_unbegun(storage: SqlEventLogStorage, run_id: str) -> None:
    """Take back the announcements of a run's steps that never began, where some other step failed or broke off.

    Their assets are then as they were before the run: not updated, and not failed. Repeating it changes nothing.
    """
    with storage.run_connection(run_id) as connection:
        connection.execute(_WITHDRAW, {"run_id": run_id})
