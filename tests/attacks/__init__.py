"""Hostile hand-ins, and the proof that none of them gets anywhere."""
