"""The part of the stack that later installs replace: torch, its build, and where an install takes it from."""
