"""Networks of IBM's Analog Hardware Acceleration Kit."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from aimcc.importers._analog import analog_to_onnx
from aimcc.importers._layers import Layer, Trained, is_analog, positive, takes_bound
from aimcc.importers._noise import trained_for
from aimcc.importers._optional import require
from aimcc.importers.torch import Exporter

if TYPE_CHECKING:
    import onnx
    import torch
    from torch import nn

    from aimcc import Network

# A tile of a layer: its only one, or one of an array, which mapped convolutions hold themselves.
STATE = re.compile(
    r"(?P<tile>(?:(?P<layer>.*?)\.)?"
    r"(?:analog_module|(?:analog_module\.)?array\.(?P<row>\d+)\.(?P<column>\d+)))"
    r"\.analog_tile_state"
)
# What a layer holds that its state of tiles holds too, or that only training needs.
OF_TILES = re.compile(r"(?:.*\.)?(?:analog_module|array\.\d+\.\d+)\..*")


def from_aihwkit(
    source: nn.Module | Mapping[str, Any],
    example_inputs: torch.Tensor | Sequence[torch.Tensor],
    *,
    into: nn.Module | None = None,
    rows: int | None = 256,
    out_bound: bool | None = None,
    batch: int | None = 0,
    exporter: Exporter = "dynamo",
) -> tuple[Network, Trained]:
    """The network of a model of aihwkit, and what it was trained for.

    The arguments and errors are those of `aihwkit_to_onnx`.
    """
    from aimcc import from_onnx

    model, trained = aihwkit_to_onnx(
        source,
        example_inputs,
        into=into,
        rows=rows,
        out_bound=out_bound,
        batch=batch,
        exporter=exporter,
    )
    return from_onnx(model), trained


def aihwkit_to_onnx(
    source: nn.Module | Mapping[str, Any],
    example_inputs: torch.Tensor | Sequence[torch.Tensor],
    *,
    into: nn.Module | None = None,
    rows: int | None = 256,
    out_bound: bool | None = None,
    batch: int | None = 0,
    exporter: Exporter = "dynamo",
) -> tuple[onnx.ModelProto, Trained]:
    """Exports a model of aihwkit as ONNX, with the ranges that its training has found.

    The weights of a layer are those of its tiles, times their mapping scales, times their learned
    scales of outputs, put together from the balanced splits of the layer. The input ranges of the
    tiles, one for each split of rows (the largest of the tiles beside each other), become
    `aimcc.input_range.LAYER`, those of hidden states `aimcc.state_range.LAYER`. Where results of
    tiles are bounded, `out_bound` times input range times scales, of the largest column and added
    over the splits, becomes `aimcc.output_range.LAYER`: aimcc takes one range for the results of a
    layer, and none in recurrent ones.

    Args:
        source: the model, or its state dictionary. Weights of a model that were programmed or
            have drifted since are taken as they were before.
        example_inputs: as for `torch_to_onnx`.
        into: with a state dictionary, the digital module of PyTorch whose weights it replaces. It
            is not changed.
        rows: word lines of a crossbar of the chip, to keep a range for each block; `None` for one
            range a layer.
        out_bound: whether bounds of results become ranges; where left out, those of layers of one
            block whose results training has rounded to 256 steps or fewer. Others would be rounded
            more coarsely than in training.
        batch: as for `torch_to_onnx`.
        exporter: likewise.

    Raises:
        ImportError: a package is missing.
        ValueError: the model has layers without a digital twin, or does not fit `into`.
    """
    model, notes = analog_to_onnx(
        source,
        example_inputs,
        of_module=lambda module: _layers(_state(module), _analog_widths(module), out_bound),
        of_state=lambda state, twin: _from_state(state, twin, out_bound),
        into=into,
        rows=rows,
        batch=batch,
        exporter=exporter,
    )
    state = source if isinstance(source, Mapping) else _state(source)
    return model, trained_for(_configurations(state), notes)


def _from_state(
    state: Mapping[str, Any], twin: nn.Module, out_bound: bool | None
) -> dict[str, Layer]:
    """The layers of a state dictionary, the rest of which `twin` takes."""
    _fill_digital(twin, state)
    return _layers(state, _digital_widths(twin), out_bound)


def _state(module: nn.Module) -> dict[str, Any]:
    """The state of a module, with the weights that its tiles had before they were programmed."""
    state = dict(module.state_dict())
    for name, part in module.named_modules():
        kept = getattr(part, "reference_combined_weights", None)
        key = f"{name}.analog_tile_state"
        if kept is not None and key in state:
            state[key] = {**state[key], "analog_tile_weights": kept}
    return state


def _analog_widths(module: nn.Module) -> dict[str, int]:
    """The inputs of every analog layer of a module."""
    parts: list[tuple[str, Any]] = list(module.named_modules())
    return {name: part.in_features for name, part in parts if is_analog(part)}


def _digital_widths(module: nn.Module) -> dict[str, int]:
    """The inputs of every layer of a digital module."""
    weights = [(n, p) for n, p in module.named_parameters() if n.endswith(".weight")]
    return {name.rpartition(".")[0]: weight[0].numel() for name, weight in weights}


_Tiles = dict[tuple[int, int], tuple[str, Mapping[str, Any]]]


def _tiles(state: Mapping[str, Any]) -> dict[str, _Tiles]:
    """The tiles of every layer by row and column: the prefix of their tensors, and their state."""
    found: dict[str, _Tiles] = {}
    for key, value in state.items():
        match = STATE.fullmatch(key)
        if match:
            place = (int(match["row"] or 0), int(match["column"] or 0))
            found.setdefault(match["layer"] or "", {})[place] = (match["tile"], value)
    return found


def _configurations(state: Mapping[str, Any]) -> Iterable[Any]:
    """The configurations of all tiles."""
    for tiles in _tiles(state).values():
        for _, tile in tiles.values():
            yield tile["rpu_config"]


def _layers(
    state: Mapping[str, Any], widths: Mapping[str, int], out_bound: bool | None
) -> dict[str, Layer]:
    layers = {
        name: _layer(name, tiles, state, widths.get(name), out_bound)
        for name, tiles in _tiles(state).items()
    }
    if not layers:
        raise ValueError("there are no layers of aihwkit: no key ends in analog_tile_state")
    if "" in layers:
        raise ValueError("the module is a layer itself: put it into AnalogSequential")
    return layers


def _layer(
    name: str,
    tiles: _Tiles,
    state: Mapping[str, Any],
    width: int | None,
    out_bound: bool | None,
) -> Layer:
    """A layer of `width` inputs, put together from its tiles."""
    torch = require("torch", "torch")
    rows = 1 + max(row for row, _ in tiles)
    columns = 1 + max(column for _, column in tiles)
    lacking = [
        place
        for place in ((r, c) for r in range(rows) for c in range(columns))
        if place not in tiles
    ]
    if lacking:
        raise ValueError(f"{name}: the state lacks the tiles {lacking}")
    blocks, ranges = [], []
    bounds: Any = 0
    for row in range(rows):
        parts = [_Tile(*tiles[row, column], state) for column in range(columns)]
        blocks.append(torch.cat([part.weight for part in parts]))
        ranges.append([part.input_range for part in parts])
        bounds = bounds + torch.cat([part.bound for part in parts])
    sizes = [block.shape[1] for block in blocks]
    weight = torch.cat(blocks, dim=1)
    bias = state.get(f"{name}.analog_module.bias", state.get(f"{name}.bias"))
    if width is not None and weight.shape[1] == width + 1:
        # The bias lies in a last row of the crossbar.
        weight, bias = weight[:, :width], weight[:, width]
        sizes[-1] -= 1
    bias = None if bias is None else bias.detach().float().cpu()
    known = [[value for value in values if value is not None] for values in ranges]
    kept = None
    if all(len(values) == columns for values in known):
        kept = positive([max(values) for values in known])
    output = None
    forward = tiles[0, 0][1]["rpu_config"].forward if torch.isfinite(bounds).all() else None
    if kept is not None and forward and takes_bound(out_bound, forward.out_res, rows):
        largest = bounds if bias is None else bounds + bias.abs()
        output = float(largest.max())
    return Layer(weight, bias, tuple(sizes), kept, output)


class _Tile:
    """What the state of one tile says, in units of the model.

    Attributes:
        weight: f32[outputs, inputs], with a last column for an analog bias.
        input_range: the range of its inputs, or `None`.
        bound: f32[outputs], the largest magnitude of each result; infinite without a bound.
    """

    def __init__(self, key: str, tile: Mapping[str, Any], state: Mapping[str, Any]) -> None:
        torch = require("torch", "torch")

        def field(name: str) -> Any:
            """A tensor of the tile, which stands beside its state or, in older files, in it."""
            value = state.get(f"{key}.{name}", tile.get(name))
            return None if value is None else torch.as_tensor(value).detach().float().cpu()

        stored = field("analog_tile_weights")
        scales = torch.ones(len(stored))
        for name in ("mapping_scales", "out_scaling_alpha"):
            values = field(name)
            if values is not None:
                scales = scales * values.reshape(-1)
        self.weight = stored * scales[:, None]
        range_ = field("input_range")
        self.input_range: float | None = None if range_ is None else float(range_.abs().max())
        forward: Any = getattr(tile["rpu_config"], "forward", None)
        bounded = forward is not None and not forward.is_perfect and forward.out_bound > 0
        if bounded and self.input_range is not None:
            self.bound = scales.abs() * self.input_range * forward.out_bound
        else:
            self.bound = torch.full((len(stored),), float("inf"))


def _fill_digital(twin: nn.Module, state: Mapping[str, Any]) -> None:
    """Gives the digital layers of `twin` what the state dictionary holds of them."""
    rest = {
        key: value
        for key, value in state.items()
        if not OF_TILES.fullmatch(key) and not STATE.fullmatch(key)
    }
    faults = twin.load_state_dict(rest, strict=False)
    if faults.unexpected_keys:
        raise ValueError(f"the digital module lacks {', '.join(faults.unexpected_keys)}")
