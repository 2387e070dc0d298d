"""`python -m wxlint`."""

from wxlint.cli import program

if __name__ == "__main__":
    program()
