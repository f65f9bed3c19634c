"""Delimited text files as sources: their contract, how they are read, and a scanner that tells good records from bad.

No engine and no source is known here: a warehouse loads what the scanner passes, which is in COPY's text format.
"""
