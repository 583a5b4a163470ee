"""Models that explain themselves: a concept bottleneck and a network of prototypes, both for drawn flowers."""
