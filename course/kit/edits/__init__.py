"""Edits of Python code: single slips, made to right code or undone in a student's own."""
