"""What a method may ask of a network, and one adapter per framework."""
