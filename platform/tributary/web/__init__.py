"""The web process: the event collector, forms, reports, the data API and the front page, in one server.

How the parts are put together belongs here; what each does is in its own package.
"""
