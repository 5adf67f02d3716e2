"""Many hand-ins: found, graded side by side, accounted for."""
