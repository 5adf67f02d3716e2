"""One hand-in: its checks, what is expected, and what is said of an answer that is wrong."""
