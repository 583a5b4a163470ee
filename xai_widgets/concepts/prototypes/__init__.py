"""What of an input looks like which prototype, and how many points each adds to each class."""
