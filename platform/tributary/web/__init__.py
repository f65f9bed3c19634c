"""The web process: the event collector, the forms and the front page, in one server on one port.

How the parts are put together belongs here; what each does is in its own package.
"""
