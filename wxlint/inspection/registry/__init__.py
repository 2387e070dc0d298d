"""Images in a registry, read over its HTTP interface: nothing is pulled to the disk."""
