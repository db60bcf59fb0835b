"""Networks of aihwkit-lightning, whose layers are plain tensors."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from aimcc.importers._analog import analog_to_onnx
from aimcc.importers._layers import Layer, Trained, positive, takes_bound
from aimcc.importers._ranges import parts
from aimcc.importers.torch import Exporter

if TYPE_CHECKING:
    import onnx
    import torch
    from torch import nn

    from aimcc import Network

# The input ranges of a layer, or of a layer of an LSTM, which are under the names of PyTorch.
RANGE = re.compile(
    r"(?P<module>.*)\.input_range"
    r"(?P<suffix>_(?P<kind>ih|hh)_l(?P<layer>\d+)(?P<end>_reverse)?)?"
)
# What a state dictionary holds of a layer beside its weight and bias.
OF_RANGES = ("input_range", "input_range_update_idx", "x_min", "x_max", "learnable_weight_clip")


def from_lightning(
    source: nn.Module | Mapping[str, Any],
    example_inputs: torch.Tensor | Sequence[torch.Tensor],
    *,
    into: nn.Module | None = None,
    rows: int | None = 256,
    out_bound: bool | None = None,
    batch: int | None = 0,
    exporter: Exporter = "dynamo",
) -> tuple[Network, Trained]:
    """The network of a model of aihwkit-lightning, and what it was trained for.

    The arguments and errors are those of `lightning_to_onnx`.
    """
    from aimcc import from_onnx

    model, trained = lightning_to_onnx(
        source,
        example_inputs,
        into=into,
        rows=rows,
        out_bound=out_bound,
        batch=batch,
        exporter=exporter,
    )
    return from_onnx(model), trained


def lightning_to_onnx(
    source: nn.Module | Mapping[str, Any],
    example_inputs: torch.Tensor | Sequence[torch.Tensor],
    *,
    into: nn.Module | None = None,
    rows: int | None = 256,
    out_bound: bool | None = None,
    batch: int | None = 0,
    exporter: Exporter = "dynamo",
) -> tuple[onnx.ModelProto, Trained]:
    """Exports a model of aihwkit-lightning as ONNX, with the ranges that its training has found.

    Weights and biases are taken as they are. The input ranges of a layer, one for each of its
    splits, become `aimcc.input_range.LAYER`, those of hidden states `aimcc.state_range.LAYER`.
    Where the forward pass was bounded, the largest bound of a column, added over the splits,
    becomes `aimcc.output_range.LAYER`: aimcc takes one range for the results of a layer, and none
    in recurrent ones.

    Args:
        source: the model, or its state dictionary.
        example_inputs: as for `torch_to_onnx`.
        into: with a state dictionary, the digital module of PyTorch whose weights it replaces. It
            is not changed.
        rows: word lines of a crossbar of the chip, to keep a range for each block; `None` for one
            range a layer.
        out_bound: whether bounds of results become ranges; where left out, those of layers of one
            block whose results training has rounded to 256 steps or fewer. Others would be rounded
            more coarsely than in training. A state dictionary has no bounds.
        batch: as for `torch_to_onnx`.
        exporter: likewise.

    Raises:
        ImportError: a package is missing.
        ValueError: the model has layers without a digital twin, or does not fit `into`.
    """
    model, notes = analog_to_onnx(
        source,
        example_inputs,
        of_module=lambda module: _from_module(module, out_bound),
        of_state=_from_state,
        into=into,
        rows=rows,
        batch=batch,
        exporter=exporter,
    )
    notes.append("aihwkit-lightning has no model of devices: the chip's own holds")
    return model, Trained(None, None, None, "global", tuple(notes))


def _from_module(module: nn.Module, out_bound: bool | None) -> dict[str, Layer]:
    layers = {}
    for name, part in module.named_modules():
        if not hasattr(part, "in_sizes") or not hasattr(part, "rpu_config"):
            continue
        layer: Any = part
        weight = layer.weight.detach().float().flatten(1)
        ranges = None
        if layer.input_range is not None:
            ranges = positive(layer.input_range.detach().reshape(-1).tolist())
        forward = layer.rpu_config.forward
        output = None
        blocks = len(ranges or ())
        if ranges and forward.out_bound > 0 and takes_bound(out_bound, forward.out_res, blocks):
            output = _output_range(weight, layer, ranges, forward.out_bound)
        bias = None if layer.bias is None else layer.bias.detach().float()
        layers[name] = Layer(weight, bias, tuple(layer.in_sizes), ranges, output)
    if not layers:
        raise ValueError("the module has no layers of aihwkit-lightning")
    return layers


def _output_range(
    weight: torch.Tensor, layer: Any, ranges: tuple[float, ...], bound: float
) -> float:
    """The largest magnitude that the bounded results of a layer can have."""
    total = weight.new_zeros(len(weight))
    start = 0
    for number, (size, range_) in enumerate(zip(layer.in_sizes, ranges, strict=True)):
        columns = weight[:, start : start + size].abs().amax(1)
        start += size
        clip = layer.learnable_weight_clip
        if clip is not None:
            columns = clip.detach().float()[number].abs().reshape(-1)
        elif layer.rpu_config.clip.type.value != "LayerGaussianPerChannel":
            columns = columns.max().expand_as(columns)
        total += columns * range_ * bound
    if layer.bias is not None:
        total += layer.bias.detach().float().abs()
    return float(total.max())


def _from_state(state: Mapping[str, Any], twin: nn.Module) -> dict[str, Layer]:
    """The layers of a state dictionary, the rest of which `twin` takes."""
    plain = {key: value for key, value in state.items() if not _is_of_ranges(key)}
    faults = twin.load_state_dict(plain, strict=False)
    if faults.missing_keys or faults.unexpected_keys:
        raise ValueError(
            "the state dictionary does not fit the digital module; missing:"
            f" {', '.join(faults.missing_keys) or 'none'}; unexpected:"
            f" {', '.join(faults.unexpected_keys) or 'none'}"
        )
    reversed_ = {match["module"] for match in map(RANGE.fullmatch, state) if match and match["end"]}
    layers = {}
    for key, value in state.items():
        match = RANGE.fullmatch(key)
        if match is None:
            continue
        name, suffix = match["module"], match["suffix"] or ""
        weight = state[f"{name}.weight{suffix}"].detach().float().flatten(1)
        bias = state.get(f"{name}.bias{suffix}")
        sizes = parts(weight.shape[1], value.numel())
        ranges = positive(value.detach().reshape(-1).tolist())
        if suffix:
            direction = f".directions.{int(bool(match['end']))}" if name in reversed_ else ""
            name += f".rnn.layers.{match['layer']}{direction}.cell.weight_{match['kind']}"
        bias = None if bias is None else bias.detach().float()
        layers[name] = Layer(weight, bias, sizes, ranges)
    return layers


def _is_of_ranges(key: str) -> bool:
    """Whether a key holds ranges, also in the names that recurrent layers have: `x_min_ih_l0`."""
    return key.rpartition(".")[2].startswith(OF_RANGES)
