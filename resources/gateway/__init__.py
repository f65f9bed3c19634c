"""What stands in front of every server that the platform starts: whom it answers, and how long and how much it listens.

`serving.guarded` puts an ASGI application behind it. What is refused, and why, is decided by pure functions (`hosts`,
`decision`, `graphql`), which `layer` applies to requests; `bodies` bounds what they carry, and `patience` the time that
a connection may take. Who somebody is is asked after that, by `tributary.identity`. Nothing here knows which
applications there are.
"""
