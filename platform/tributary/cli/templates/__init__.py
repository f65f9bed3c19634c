"""What `tributary init` writes, as real files: linted and typed as they stand, and given a name when they are written.

A folder is a kind of source, beside `common`, which all of them have; in it the source is called `example`. What is no
Python has `.txt` behind its name where a tool would take it for its own.
"""
