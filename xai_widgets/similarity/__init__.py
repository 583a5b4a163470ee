"""How alike what layers of networks say of the same inputs is: indices of similarity between representations."""
