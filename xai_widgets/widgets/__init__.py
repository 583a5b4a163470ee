"""Widgets: traits and messages, no computing."""
