"""The error that a user reads: one sentence that says what is wrong and what to do."""


class UserError(Exception):
    """A sentence for the user; a command prints it and ends with status 2."""
