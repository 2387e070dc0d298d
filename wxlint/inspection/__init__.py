"""What is inside an image, read without running it."""
