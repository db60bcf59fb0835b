"""Keyword arguments as options of the command line."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_LISTS = {"times", "predistort", "calibrate_at"}
"""Options whose value is a list with commas; other lists repeat the option."""


def words(options: Mapping[str, Any]) -> list[str]:
    """The words that say the same as `options`.

    ``copies=2`` is ``--copies 2``, ``row_copies=True`` is ``--row-copies``,
    ``set={"adc.bits": 7}`` is ``--set adc.bits=7``, ``times=["1d", "1y"]`` is ``--times 1d,1y``.
    What is `None` or `False` says nothing.
    """
    found: list[str] = []
    for name, value in options.items():
        flag = "--" + name.replace("_", "-")
        if value is None or value is False:
            continue
        if value is True:
            found.append(flag)
        elif isinstance(value, Mapping):
            for key, item in value.items():
                found += [flag, f"{key}={_text(name, item)}"]
        elif isinstance(value, (list, tuple)) and name in _LISTS:
            found += [flag, ",".join(_text(name, item) for item in value)]
        elif isinstance(value, (list, tuple, set, frozenset)):
            items = sorted(value) if isinstance(value, (set, frozenset)) else value
            for item in items:
                found += [flag, _text(name, item)]
        else:
            found += [flag, _text(name, value)]
    return found


def _text(name: str, value: Any) -> str:
    if name == "input_shape" and isinstance(value, (list, tuple)):
        return "x".join(str(int(size)) for size in value)
    # Times without a unit are seconds.
    if name in _LISTS | {"time"} and isinstance(value, (int, float)):
        return f"{value:g}s" if value else "0"
    return str(value)
