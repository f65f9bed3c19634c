"""OpenLineage: runs, and what they made of what, column by column, told to a receiver of OpenLineage's events."""
