"""The page of the platform itself: its processes, its disk, its runs and what they cost, and what acts by itself."""
