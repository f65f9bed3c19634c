"""The top floor: what runs. Definitions, automation, the command line and the processes behind it.

It may import `assets` and `resources`; neither of them imports it.
"""
