"""The reference solutions, one module a unit. Never part of a release."""
