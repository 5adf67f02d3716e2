"""What lessons show in a notebook: plots, pictures, measurements."""
