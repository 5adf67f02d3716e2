"""Hidden of the multi-head unit: suite, oracle, known mistakes and right solutions."""
