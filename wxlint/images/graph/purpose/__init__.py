"""What an image is for where no name says so: what it is set to, and who runs it."""
