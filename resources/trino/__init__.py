"""A Trino server of one's own on this machine: fetching it, finding a JDK, configuring, starting and stopping it.

What is asked of a Trino, this one or another, is the warehouse's matter. Nothing here needs root or containers.
"""
