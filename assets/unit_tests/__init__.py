"""Unit tests of models: given rows of what a model reads, and the rows that it must make of them.

What a test file says, and running it on an engine, belong here. Which engine, and how outcomes are shown, do not.
"""
