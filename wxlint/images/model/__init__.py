"""References and records shared by the rooms of `images`."""
