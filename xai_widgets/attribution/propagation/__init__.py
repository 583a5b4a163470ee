"""Ways back through a network by other rules than those of the derivative."""
