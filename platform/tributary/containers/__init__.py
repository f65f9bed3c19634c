"""Parts of the platform alone in containers, as on ECS: how one starts, shows that it is well, and tells of itself.

`tributary up` holds all parts together on one machine instead; what the parts are is in `launcher.services`.
"""
