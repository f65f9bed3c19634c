"""The forms: which fields each has and how a browser asks for them. What a value must be is decided by the service."""
