"""Linked pictures: declared dimensions, measures and views of one table, each of which filters all others.

A page declares them (`declaration.py`); the browser gets the rows from the data API and counts them itself (`static/`,
plain modules without a framework, which `files.py` serves). What is drawn knows no source; what a page is made of else
is not here.
"""
