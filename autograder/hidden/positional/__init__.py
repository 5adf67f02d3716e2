"""Hidden of the positional unit: suite, oracle, known mistakes and right solutions."""
