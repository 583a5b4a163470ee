"""Simple models of a network around an input: coalitions of features, and what is made of their values."""
