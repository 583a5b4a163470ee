"""Attacks: the small change of an input that changes the answer. In NumPy, over any wrapped model."""
