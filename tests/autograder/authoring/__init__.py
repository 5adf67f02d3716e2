"""Tests of what makes lessons, notebooks and stubs."""
