"""Ways back through a Keras network by other rules than those of the derivative."""
