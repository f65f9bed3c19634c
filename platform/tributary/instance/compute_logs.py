"""What runs print, in S3: dagster-aws's manager, whose failures are no failures of the run.

Where it is configured is in `configuration`.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence

from boto3.exceptions import Boto3Error
from botocore.exceptions import BotoCoreError, ClientError
from dagster_aws.s3.compute_log_manager import S3ComputeLogManager

from tributary.resources.dagster_internals.records import ComputeIOType

_logger = logging.getLogger(__name__)


class ComputeLogs(S3ComputeLogManager):
    """Keeps what cannot be put into S3 on this machine, says so, and lets the run go on."""

    def upload_to_cloud_storage(self, log_key: Sequence[str], io_type: ComputeIOType, partial: bool = False) -> None:
        try:
            super().upload_to_cloud_storage(log_key, io_type, partial=partial)
        except (Boto3Error, BotoCoreError, ClientError, OSError) as error:
            self._lost = True
            _logger.warning("What the run printed stays on this machine for now: %s.", type(error).__name__)

    def _on_capture_complete(self, log_key: Sequence[str]) -> None:
        self._lost = False
        self.upload_to_cloud_storage(log_key, ComputeIOType.STDOUT)
        self.upload_to_cloud_storage(log_key, ComputeIOType.STDERR)
        if not self._lost:
            self.local_manager.delete_logs(log_key=log_key)
