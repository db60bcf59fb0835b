"""Progress as a bar of tqdm."""

from __future__ import annotations

import importlib
import importlib.util
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from ._library import Progress

ShownProgress = bool | Progress | None
"""`True` for a bar, `False` for none, a function of one's own, or `None` for a bar where a person
looks on."""

_PATIENCE = 1.0
"""Work that takes less time, in s, shows no bar."""


@contextmanager
def shown(progress: ShownProgress) -> Iterator[Progress]:
    """What follows the progress, while the block runs."""
    if callable(progress):
        yield progress
        return
    bar = _bar() if progress or (progress is None and _is_watched()) else None
    if bar is None:
        yield lambda title, done, total: True
        return
    start = time.monotonic()
    line: Any = None
    shown_title = ""

    def follow(title: str, done: float, total: int) -> bool:
        nonlocal line, shown_title
        if line is None and time.monotonic() - start > _PATIENCE:
            line = bar(leave=False, bar_format="{desc}{bar}{r_bar}")
        if line is not None:
            if title != shown_title:
                shown_title = title
                line.reset()
                line.set_description(title, refresh=False)
            line.total = total or None
            line.n = round(done, 2)
            line.refresh()
        return True

    try:
        yield follow
    finally:
        if line is not None:
            line.close()


def _bar() -> Callable[..., Any] | None:
    # The bar of notebooks needs widgets; tqdm warns where they are missing.
    with_widgets = _is_notebook() and importlib.util.find_spec("ipywidgets") is not None
    try:
        module = importlib.import_module("tqdm.notebook" if with_widgets else "tqdm")
    except ImportError:
        return None
    bar: Callable[..., Any] = module.tqdm
    return bar


def _is_notebook() -> bool:
    return "ipykernel" in sys.modules


def _is_watched() -> bool:
    return _is_notebook() or sys.stderr.isatty()
