"""A stand-in for Meetup's GraphQL API: a made-up but believable world of groups and events, behind a real HTTP server.

The world is the same for the same seed, at any time it is asked about. `world` is its front, `server` the server's.
"""
