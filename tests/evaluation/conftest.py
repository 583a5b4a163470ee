"""Models that the judging of explanations is tried on."""

from tests.attribution.conftest import picture, polynomial

__all__ = ["picture", "polynomial"]
