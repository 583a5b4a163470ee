"""On which concepts, whose places are known, the units of a layer lie."""
