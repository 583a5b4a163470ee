"""What the notebooks share: the data with its stand-ins, small networks, and the checks of the exercises."""
