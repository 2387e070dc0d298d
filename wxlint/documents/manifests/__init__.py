"""Files that list Python and conda packages."""
