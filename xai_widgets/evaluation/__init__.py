"""Judging an explanation: what it claims, beside what the model does."""
