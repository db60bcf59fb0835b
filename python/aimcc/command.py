"""The command line that comes with the package."""

from __future__ import annotations

import os
import sys
from pathlib import Path


def main() -> None:
    """Becomes the program ``aimcc``, with the same arguments."""
    program = os.environ.get("AIMCC") or str(Path(__file__).parent / "_bin" / "aimcc")
    if not os.access(program, os.X_OK):
        sys.exit(f"aimcc: there is no program {program}; install the wheel, or set AIMCC")
    os.execv(program, ["aimcc", *sys.argv[1:]])
