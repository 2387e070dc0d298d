"""What is asserted of an image, and the verdicts."""
