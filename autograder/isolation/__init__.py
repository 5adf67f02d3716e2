"""The student's process: fork server, walls, limits, and the array protocol."""
