"""`wxlint report --html`: one file to look at, with everything in it and nothing fetched."""
