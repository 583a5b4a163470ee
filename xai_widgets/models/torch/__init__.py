"""Networks of PyTorch; nothing outside this folder imports torch."""
