"""`python -m raslib`, and the command `raslib`."""

import sys

from .cli import main

if __name__ == "__main__":
    sys.exit(main())
