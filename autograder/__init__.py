"""What no student sees: hidden suites, isolation, grading, reports."""
