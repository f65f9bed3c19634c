"""The embedded server's configuration: tuned for bulk loads and analysis on a laptop, sized from its memory."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

MEBIBYTE = 1024 * 1024
MAX_CONNECTIONS = 200
"""Connections that the embedded server accepts at a time."""

_SHARED_MEMORY = Path("/dev/shm")  # noqa: S108  (measured, never written)
_ROOM_FOR_PARALLEL_QUERIES = 1024 * MEBIBYTE

# Durability. The three databases share one server and so one write-ahead log. With synchronous_commit=off a crash can
# lose the last fraction of a second of commits, but always a suffix of that one log: an event in Dagster's database
# never outlives the publish in the warehouse that came before it. The reverse (rows published, event lost) is mended by
# running again, because every write replaces the rows it owns. What people typed is not repeatable: the app database
# turns synchronous_commit on for itself (see databases.py). fsync stays on, so that no crash corrupts.
#
# wal_level=minimal lets a COPY into a table made in the same transaction go to its file without passing by the log, so
# that little is ever in wal_buffers; the server fills them when it starts, and they are memory from then on.
_FIXED = f"""\
listen_addresses = ''
unix_socket_permissions = 0700
# A statement whose client was killed ends within this time, and lets go of its locks.
client_connection_check_interval = 1s
max_connections = {MAX_CONNECTIONS}
huge_pages = try
wal_level = minimal
max_wal_senders = 0
max_wal_size = 4GB
min_wal_size = 256MB
wal_buffers = 4MB
checkpoint_timeout = 15min
checkpoint_completion_target = 0.9
synchronous_commit = off
wal_writer_delay = 100ms
random_page_cost = 1.1
effective_io_concurrency = 64
jit = off
autovacuum_max_workers = 2
autovacuum_naptime = 30s
autovacuum_vacuum_cost_limit = 1000
timezone = 'UTC'
log_timezone = 'UTC'
lc_messages = 'C'
logging_collector = off
log_destination = stderr
log_line_prefix = '%m [%p] %d %a '
log_min_messages = warning
log_checkpoints = off
log_min_duration_statement = 10s
# What is bound or quoted may be personal data.
log_parameter_max_length = 0
log_error_verbosity = terse
"""


def configuration(socket_folder: Path, memory: int | None = None, processors: int | None = None) -> str:
    """The text of the configuration file.

    Args:
        socket_folder: where the server puts its Unix socket.
        memory: bytes of memory to size for; default: the machine's.
        processors: processor cores to size for; default: the machine's.
    """
    memory = physical_memory() if memory is None else memory
    processors = (os.cpu_count() or 1) if processors is None else processors
    # Two at least: of a union the server shares out no part to the session that asks, as it counts.
    workers = max(2, min(processors // 2, 4))
    sizes = {
        "shared_buffers": _between(128, memory // 8, 2048),
        "effective_cache_size": _between(256, memory // 2, 32768),
        # A query may use several times work_mem, in each of several connections: 1/128 leaves room for that.
        "work_mem": _between(16, memory // 128, 128),
        "maintenance_work_mem": _between(64, memory // 32, 512),
    }
    lines = [f"{name} = {size}MB" for name, size in sizes.items()]
    lines += [
        f"max_parallel_workers_per_gather = {workers}",
        f"max_parallel_maintenance_workers = {workers}",
        f"max_parallel_workers = {workers * 2}",
        f"dynamic_shared_memory_type = {_dynamic_shared_memory()}",
        f"unix_socket_directories = {_quoted(str(socket_folder))}",
    ]
    return "# Written by Tributary at every start: edits are lost.\n" + _FIXED + "\n".join(lines) + "\n"


def physical_memory() -> int:
    """Bytes of memory that this machine, or the container it stands for, may use."""
    total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    limit = Path("/sys/fs/cgroup/memory.max")
    if limit.is_file() and (text := limit.read_text().strip()).isdigit():
        return min(total, int(text))
    return total


def _dynamic_shared_memory() -> str:
    """Containers often give /dev/shm only 64 MB, too little for a parallel hash join: files serve there instead."""
    if _SHARED_MEMORY.is_dir() and shutil.disk_usage(_SHARED_MEMORY).total < _ROOM_FOR_PARALLEL_QUERIES:
        return "mmap"
    return "posix"


def _between(low: int, size: int, high: int) -> int:
    """`size` (bytes) in MB, kept between `low` and `high` (MB)."""
    return max(low, min(size // MEBIBYTE, high))


def _quoted(text: str) -> str:
    """A folder as a configuration file's list of folders wants it, whatever commas and quotes its name has."""
    item = '"' + text.replace('"', '""') + '"'
    return "'" + item.replace("\\", "\\\\").replace("'", "''") + "'"
