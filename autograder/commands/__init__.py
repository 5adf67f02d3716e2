"""The instructor's commands, one module a command."""
