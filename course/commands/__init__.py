"""The student's commands, one module a command."""
