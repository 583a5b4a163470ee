"""What was checked on networks that people know by name, written by hand-run measurements outside the tests."""
