"""What the lists of packages that a build reads ask for."""
