"""Windows batch: reading, expanding, walking."""
