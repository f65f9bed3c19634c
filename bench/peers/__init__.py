"""Other tools at the same work, each its own installed release, on the same server and files: `python -m bench peers`.

A contest is one module: it has every tool do its part in turns, and refuses figures of tools that made other rows.
`scripts` are what runs within a peer's own environment, where nothing of Tributary can be imported.
"""
