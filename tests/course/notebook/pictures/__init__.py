"""Tests of the lessons' pictures."""
