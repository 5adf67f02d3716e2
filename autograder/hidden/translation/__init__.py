"""Hidden of the translation unit: suite, oracle, known mistakes and right solutions."""
