"""Local stand-ins for the services of others, so that the platform runs and is tested without them.

Each is a package with a world that it makes up, and a server that speaks the real service's protocol. Nothing of the
platform's own belongs here.
"""
