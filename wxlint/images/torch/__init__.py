"""Which torch an image ends up with."""
