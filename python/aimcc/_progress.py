"""Progress as a bar of tqdm."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from ._library import Progress

ShownProgress = bool | Progress | None
"""`True` for a bar, `False` for none, a function of one's own, or `None` for a bar where a person
looks on."""


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
    with bar(leave=False, bar_format="{desc}{bar}{r_bar}") as line:

        def follow(title: str, done: float, total: int) -> bool:
            if title != line.desc.removesuffix(": "):
                line.reset()
                line.set_description(title, refresh=False)
            line.total = total or None
            line.n = round(done, 2)
            line.refresh()
            return True

        yield follow


def _bar() -> Callable[..., Any] | None:
    try:
        from tqdm.auto import tqdm
    except ImportError:
        return None
    bar: Callable[..., Any] = tqdm
    return bar


def _is_watched() -> bool:
    return "ipykernel" in sys.modules or sys.stderr.isatty()
