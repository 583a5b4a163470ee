"""What a network has learnt: what its units respond to, concepts, features, and what would excite them."""
