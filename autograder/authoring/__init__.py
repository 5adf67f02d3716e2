"""From one source to everything: stubs, notebooks, releases."""
