"""A result: its parts, its file, and how two runs differ."""
