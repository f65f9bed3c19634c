"""What stands in front of every server that the platform starts: whom it answers, and how long and how much it listens.

`serving.guarded` puts an ASGI application behind it. What is refused, and why, is decided by pure functions (`hosts`,
`decision`), which `layer` applies to requests; `bodies` bounds what they carry, and `patience` the time that
a connection may take. Who somebody is, once the platform asks for that, is decided here too: after the host is known,
before anything reaches an application. Nothing here knows which applications there are.
"""
