"""What builds and scripts name and nothing has: Dockerfiles, compose files, lists, and why they are not there."""
