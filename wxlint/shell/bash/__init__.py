"""Bash and POSIX shell: reading, expanding, walking."""
