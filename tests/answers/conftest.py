"""The model of these tests, in NumPy alone."""

from tests.attribution.conftest import polynomial

__all__ = ["polynomial"]
