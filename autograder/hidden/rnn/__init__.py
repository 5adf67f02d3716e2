"""Hidden of the recurrent unit: suite, oracle, known mistakes and right solutions."""
