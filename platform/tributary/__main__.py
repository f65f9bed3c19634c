"""Lets `python -m tributary` be the command line."""

import os
import sys

if not sys.flags.safe_path and sys.path[0] == os.getcwd():  # noqa: PTH109  (nothing is imported for it yet)
    # What lies in the current folder is no part of the platform, whatever its name.
    del sys.path[0]

from tributary.cli.process import command

command()
