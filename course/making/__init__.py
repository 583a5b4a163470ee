"""How notebooks, their index and the slides are made from the sources of the lessons."""
