"""Lets `python -m tributary` be the command line."""

from tributary.cli.main import main

main()
