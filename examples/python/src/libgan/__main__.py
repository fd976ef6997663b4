"""python -m libgan: the gan command."""

import os
import sys

from ._library import command
from .recipe import run_command


def main() -> int:
    """Becomes the command, where a process can; else its exit code."""
    if os.name == "posix":
        path = command()
        os.execv(path, [path, *sys.argv[1:]])
    return run_command(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
