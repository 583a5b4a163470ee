"""Inputs of networks: one object for each kind, which knows all that differs between pictures, signals and tables."""
