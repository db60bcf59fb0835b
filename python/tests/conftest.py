"""What tests share: the library of the checkout, and the samples."""

from __future__ import annotations

import importlib.util
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest

ROOT = Path(__file__).parents[2]


def _program() -> str:
    """The program ``aimcc`` of the installed wheel, or of the build in a checkout."""
    found = importlib.util.find_spec("aimcc")
    assert found is not None and found.origin is not None
    packed = Path(found.origin).parent / "_bin" / "aimcc"
    if packed.exists():
        return str(packed)
    built = ROOT / ".build" / "release"
    os.environ.setdefault("AIMCC_LIBRARY", str(built / "libCAIMCC.so"))
    return str(built / "aimcc")


os.environ.setdefault("AIMCC", _program())


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
