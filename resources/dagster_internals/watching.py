"""How often the daemon and Dagster's web server ask the code server which it is; cannot be configured.

Each question opens a connection and closes it, on both sides. That definitions were loaded anew shows within so many
seconds.
"""

from dagster._grpc import server_watcher

SECONDS = 3

server_watcher.WATCH_INTERVAL = SECONDS
# A server that is away is taken for gone as soon as before.
server_watcher.MAX_RECONNECT_ATTEMPTS = 4
