"""What tests share: the library of the checkout, and the samples."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest

ROOT = Path(__file__).parents[2]
BUILT = ROOT / ".build" / "release"
# The wheel has a library and a program of its own; a checkout has what SwiftPM builds.
if not (ROOT / "python" / "aimcc" / "_lib").exists() or os.environ.get("AIMCC_FROM_CHECKOUT"):
    os.environ.setdefault("AIMCC_LIBRARY", str(BUILT / "libCAIMCC.so"))
    os.environ.setdefault("AIMCC", str(BUILT / "aimcc"))


@pytest.fixture(scope="session")
def digits() -> Path:
    """The folder of a small network that reads digits, with its data."""
    return ROOT / "samples" / "digits"


@pytest.fixture(scope="session")
def images(digits: Path) -> dict[str, Any]:
    """The first 64 test images of the network, ``x``, and their labels, ``y``."""
    with np.load(digits / "test.npz") as data:
        return {"x": data["x"][:64], "y": data["y"][:64]}


@pytest.fixture(scope="session")
def program() -> str:
    """The program ``aimcc``."""
    return os.environ["AIMCC"]
