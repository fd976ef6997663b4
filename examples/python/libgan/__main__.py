"""python -m libgan: the gan command."""

import sys

from .recipe import run_command


def main() -> int:
    """The command's exit code."""
    return run_command(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
