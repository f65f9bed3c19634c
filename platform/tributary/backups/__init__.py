"""Backups: all that a home holds, taken while it is written to, and put back into an empty one.

What a backup is and where it lies is in `store`, databases are dumped by `databases`, the lake is copied by `objects`;
`making` and `restoring` say in which order, on which the consistency of the parts with each other rests.
"""
