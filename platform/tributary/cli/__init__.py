"""The command line `tributary`: one module a command, with `main` to put them together.

Commands parse, show and exit; what they do lives in the packages they call. Nothing heavy is imported before a command
that needs it runs, so that help and errors are instant.
"""
