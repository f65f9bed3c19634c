"""AWS on loopback, for tests and a laptop: moto's services, and before them what moto lacks of Athena and Glue.

Athena's statements run on a real Trino (`athena`), whose tables are Glue's in moto and whose files are objects in its
S3; Glue refuses a write from a stale version as AWS does (`glue`). Real clients are pointed at it by their endpoint
settings alone. It is a stand-in: nothing outside this package may know whether it talks to it. State is in memory.
"""
