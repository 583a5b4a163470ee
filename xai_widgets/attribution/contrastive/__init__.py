"""What must be there for an answer, and what must not."""
