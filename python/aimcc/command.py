"""The command line that comes with the package."""

from __future__ import annotations

import os
import sys
from pathlib import Path


def program() -> str:
    """The path of the program ``aimcc``: that of the variable AIMCC, or the one of the package.

    Raises `FileNotFoundError` if it is not there.
    """
    path = os.environ.get("AIMCC") or str(Path(__file__).parent / "_bin" / "aimcc")
    if not os.access(path, os.X_OK):
        raise FileNotFoundError(
            f"aimcc: there is no program {path}; install the wheel, or set AIMCC"
        )
    return path


def main() -> None:
    """Becomes the program ``aimcc``, with the same arguments."""
    try:
        path = program()
    except FileNotFoundError as fault:
        sys.exit(str(fault))
    os.execv(path, ["aimcc", *sys.argv[1:]])
