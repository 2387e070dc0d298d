"""`python -m wxlint`."""

import sys

from wxlint.cli import main

if __name__ == "__main__":
    sys.exit(main())
