"""Hidden of the convolutional unit: suite, oracle, known mistakes and right solutions."""
