"""The files that a build reads: copied from the build context, written, edited or made on the way."""
