"""The source `example`."""
