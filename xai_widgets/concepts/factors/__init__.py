"""The activations of a layer as sums of few directions."""
