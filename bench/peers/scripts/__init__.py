"""Programs that peers run by their own Python: nothing of Tributary, and nothing of the bench, is imported here."""
