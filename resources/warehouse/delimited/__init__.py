"""Delimited text files as sources: their contract, and a scanner that tells good lines from bad at memory speed.

No engine and no domain is known here: a warehouse loads what the scanner passes.
"""
