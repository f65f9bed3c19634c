"""The front page: whether all is well, what needs somebody, how each source is, and where all else is."""
