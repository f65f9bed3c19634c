"""The Postgres engine: sessions, building aside, auditing, loading files by COPY, and publishing by partition swap."""
