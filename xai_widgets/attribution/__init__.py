"""The attribution methods, in NumPy, framework-free."""
