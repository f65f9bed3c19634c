"""Bringing in what another app recorded: its tables are read here and recorded through the service, like forms."""
