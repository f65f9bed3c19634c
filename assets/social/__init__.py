"""The source `social`: Segment events from Firehose objects to follows, posts and users.

Everything that is particular to the social network's events belongs here; the collector that takes events in, and the
stream that carries them, do not.
"""
