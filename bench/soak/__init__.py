"""A month of the platform in little: what comes in, what goes wrong, and what may never happen meanwhile."""
