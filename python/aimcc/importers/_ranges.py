"""The ranges of analog layers at the nodes of a model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from aimcc.importers._layers import Layer, Place
from aimcc.importers._names import name_layers, set_ranges

if TYPE_CHECKING:
    import onnx
    from torch import nn


def set_layer_ranges(
    model: onnx.ModelProto,
    twin: nn.Module,
    layers: Mapping[str, Layer],
    rows: int | None,
    notes: list[str],
) -> None:
    """Puts the ranges of layers into a model, at every node of the layer.

    aimcc splits a layer as both toolkits do: into as few blocks as there can be, of sizes that
    differ by one row at most. Where a toolkit has assumed another number of word lines, a layer
    gets the largest of its ranges. The hidden state of a recurrent layer has one range.

    Args:
        model: changed in place.
        twin: the digital module that it was exported from.
        layers: what training has left.
        rows: word lines of a crossbar; `None` for one range a layer.
        notes: gets a sentence on every kind of layer whose ranges cannot be kept.
    """
    named = name_layers(model, [name for name, _ in twin.named_modules()])
    inputs: dict[str, list[float]] = {}
    states: dict[str, float] = {}
    outputs: dict[str, float] = {}
    merged: list[str] = []
    unused: list[str] = []
    unbounded: list[str] = []
    for name, layer in layers.items():
        place = Place.of(twin, name)
        nodes = named.get(name, []) if place is None else place.nodes(named)
        if not nodes:
            unused += [name] if layer.input_ranges or layer.output_range else []
            continue
        of_input, of_state = _parts(layer, place)
        if of_input is not None:
            kept = of_input.kept(rows)
            merged += [name] if kept is None else []
            for node in nodes:
                inputs[node] = kept or [max(of_input.ranges)]
        if of_state is not None:
            merged += [name] if len(set(of_state.ranges)) > 1 and name not in merged else []
            for node in nodes:
                states[node] = max(of_state.ranges)
        if layer.output_range is not None:
            unbounded += [name] if place is not None else []
            for node in nodes if place is None else []:
                outputs[node] = layer.output_range
    if merged:
        notes.append(
            f"{_listed(merged)}: trained in other blocks than those of {rows or 'any'} rows; the"
            " largest input range holds for the whole layer"
        )
    if unbounded:
        notes.append(
            f"{_listed(unbounded)}: bounds of sums in recurrent layers have no counterpart"
        )
    if unused:
        notes.append(f"{', '.join(unused)}: not in the exported model")
    set_ranges(model, inputs, outputs, states)


class _Splits:
    """Ranges of rows that follow each other, and the numbers of these rows."""

    def __init__(self, sizes: Sequence[int], ranges: Sequence[float]) -> None:
        self.sizes, self.ranges = tuple(sizes), tuple(ranges)

    def kept(self, rows: int | None) -> list[float] | None:
        """As many ranges as aimcc takes; `None` where it cannot take different ones."""
        if rows is not None and self.sizes == balanced(sum(self.sizes), rows):
            return list(self.ranges)
        return [self.ranges[0]] if len(set(self.ranges)) == 1 else None

    def within(self, first: int, last: int) -> _Splits:
        """Those of the rows from `first` to before `last`."""
        sizes, ranges, start = [], [], 0
        for size, range_ in zip(self.sizes, self.ranges, strict=True):
            count = min(start + size, last) - max(start, first)
            if count > 0:
                sizes.append(count)
                ranges.append(range_)
            start += size
        return _Splits(sizes, ranges)


def _parts(layer: Layer, place: Place | None) -> tuple[_Splits | None, _Splits | None]:
    """The ranges of a layer's inputs and of a hidden state, as far as it has them."""
    if layer.input_ranges is None:
        return None, None
    splits = _Splits(layer.splits, layer.input_ranges)
    if place is None or place.weights == "weight_ih":
        return splits, None
    if place.weights == "weight_hh":
        return None, splits
    return splits.within(0, place.width), splits.within(place.width, sum(splits.sizes))


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names[:3]) + (f" and {len(names) - 3} others" if len(names) > 3 else "")


def balanced(inputs: int, rows: int) -> tuple[int, ...]:
    """The sizes of blocks: as few as there can be of `rows`, which differ by one at most."""
    return parts(inputs, -(-inputs // rows))


def parts(inputs: int, count: int) -> tuple[int, ...]:
    """The sizes of `count` blocks, which differ by one at most."""
    base, extra = divmod(inputs, count)
    return tuple(base + (number < extra) for number in range(count))
