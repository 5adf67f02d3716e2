"""Hidden of the Transformer unit: suite, oracle, known mistakes and right solutions."""
