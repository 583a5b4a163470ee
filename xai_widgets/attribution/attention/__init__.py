"""What the tokens of a transformer look at, followed from block to block."""
