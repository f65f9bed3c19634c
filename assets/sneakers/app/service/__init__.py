"""The only writer of the form app: each call is one transaction that records an event and changes the state with it.

`opening.open_service` gives it. Rules of what can be true are in `rules`; what pages read is in `reading`.
"""
