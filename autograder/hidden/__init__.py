"""The hidden suites, one module a unit. They see a hand-in only through its proxies."""
