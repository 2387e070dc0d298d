"""What the targets of bake files build."""
