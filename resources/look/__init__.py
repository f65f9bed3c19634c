"""The look that all web pages share: style sheet, the frame of a page, fields with their messages, and charts.

What belongs here knows nothing of what a page shows, and nothing of the framework that serves it: Flask's apps and
Starlette's take the same templates, given a function `look` that turns the name of a static file into its address.
"""
