"""What an image computes with: every accelerated package in it, and what each needs of the image."""
