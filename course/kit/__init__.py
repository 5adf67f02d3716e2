"""Given code: tokens, reading hand-ins, plots. Students read it, nobody has to write it."""
