"""The four token ids that every vocabulary of the course begins with."""

PAD_ID = 0
UNKNOWN_ID = 1
START_ID = 2
END_ID = 3
