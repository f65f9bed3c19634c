"""Tests of the data API."""
