"""Concepts that are told by examples, and what they add to an answer."""
