"""Gradients over a distribution: one engine, and the methods that are choices of it."""
