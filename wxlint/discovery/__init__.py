"""Which files of a repository are read, without running git."""
