"""The families by name, translators that are trained or loaded, and scripted models for checks."""
