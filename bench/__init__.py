"""Measurements of the platform against named baselines, each taken in the same run: `python -m bench [NAME …]`.

Nothing is asserted here: a limit stands beside its figure, and whether it was met is said, not enforced. What must hold
whatever the machine belongs in the tests.
"""
