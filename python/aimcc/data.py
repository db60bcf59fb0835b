"""Inputs and labels, as users have them."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from ._library import Array

Data = Any
"""Arrays for a network: one array for its only input; a mapping from the names of inputs to arrays,
with labels as ``y``; a pair of an array and labels; the path of an NPY or NPZ file; or an iterable
of batches, each a pair of inputs and labels, as a PyTorch DataLoader. Tensors of PyTorch serve as
arrays."""


def arrays(data: Data) -> dict[str, Array]:
    """The arrays of `data` by the names under which the library looks for them."""
    if isinstance(data, (str, os.PathLike)):
        return _file(os.fspath(data))
    if isinstance(data, Mapping):
        return {str(name): _array(value) for name, value in data.items()}
    if _is_array(data):
        return {"input_0": _array(data)}
    if isinstance(data, (tuple, list)) and len(data) == 2 and all(_is_array(part) for part in data):
        return _batch(data)
    if isinstance(data, Iterable):
        return _joined([_batch(batch) for batch in data])
    raise TypeError(
        f"aimcc takes no {type(data).__name__} as data; give an array, a mapping from names to "
        "arrays, a pair of inputs and labels, the path of an NPY or NPZ file, or batches"
    )


def name(data: Data) -> str | None:
    """By what reports call `data`: the path, if it has one."""
    return os.fspath(data) if isinstance(data, (str, os.PathLike)) else None


def calibration(data: Data) -> tuple[dict[str, Any], dict[str, Array] | None]:
    """The options and arrays for typical inputs `data`: the library reads files itself."""
    if data is None:
        return {}, None
    path = name(data)
    return ({}, arrays(data)) if path is None else ({"calibrate": path}, None)


def _file(path: str) -> dict[str, Array]:
    loaded = np.load(path, allow_pickle=False)
    if isinstance(loaded, np.ndarray):
        return {"input_0": loaded}
    with loaded:
        return {name: loaded[name] for name in loaded.files}


def _is_array(value: Any) -> bool:
    return isinstance(value, np.ndarray) or (
        hasattr(value, "__array__") and not isinstance(value, (list, tuple, Mapping))
    )


def _array(value: Any) -> Array:
    # A tensor that takes part in training has no array of its own.
    if hasattr(value, "detach"):
        value = value.detach().cpu()
    return np.asarray(value)


def _batch(batch: Any) -> dict[str, Array]:
    """One batch: inputs alone, or inputs and labels."""
    if isinstance(batch, Mapping):
        return {str(name): _array(value) for name, value in batch.items()}
    if _is_array(batch):
        return {"input_0": _array(batch)}
    if not isinstance(batch, Sequence) or not batch:
        raise TypeError(
            f"a batch is inputs, or a pair of inputs and labels, not {type(batch).__name__}"
        )
    inputs = batch[0] if isinstance(batch[0], (tuple, list)) else [batch[0]]
    found = {f"input_{index}": _array(value) for index, value in enumerate(inputs)}
    if len(batch) > 2:
        raise TypeError("a batch of more than inputs and labels needs names: give mappings")
    if len(batch) == 2:
        found["y"] = _array(batch[1])
    return found


def _joined(batches: list[dict[str, Array]]) -> dict[str, Array]:
    if not batches:
        raise ValueError("there are no batches")
    names = batches[0].keys()
    if any(batch.keys() != names for batch in batches):
        raise ValueError("batches hold different arrays")
    return {name: np.concatenate([batch[name] for batch in batches]) for name in names}
