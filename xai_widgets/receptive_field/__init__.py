"""What a window can reach: where a changed rectangle shows in a network's layers, and what has to be computed anew."""
