"""Models that the judging of explanations is tried on."""

from tests.attribution.conftest import polynomial

__all__ = ["polynomial"]
