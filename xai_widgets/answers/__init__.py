"""Answers: a question put to a model, and the one loop that makes whatever answers it better and better."""
