"""From which units classes can be told, and what is left without them."""
