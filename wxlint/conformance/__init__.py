"""After the build: what is inside an image, read without running it, and asserted on a real engine."""
