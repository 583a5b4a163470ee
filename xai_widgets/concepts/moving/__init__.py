"""Inputs that are moved until a unit is excited, or a layer says the same."""
