"""Who builds and who uses each image, and what it descends from."""
