"""The graph of a repository as people see it: the summary of each image, and pictures of all of them."""
