"""Ways back through a PyTorch network by other rules than those of the derivative."""
