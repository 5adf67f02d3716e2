"""Right answers in float64 NumPy, written from the papers, independent of the reference."""
