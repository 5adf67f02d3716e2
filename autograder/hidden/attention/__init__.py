"""Hidden of the attention unit: suite, oracle, known mistakes and right solutions."""
