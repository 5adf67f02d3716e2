"""Public checks, one module a unit: examples that can be worked out by hand."""
