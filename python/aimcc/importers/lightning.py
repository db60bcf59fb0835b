"""Networks of aihwkit-lightning, whose layers are plain tensors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from aimcc.importers._layers import (
    Layer,
    Trained,
    check_complete,
    digital_cells,
    digital_twin,
    fill,
    positive,
    ranges_for_blocks,
    takes_bound,
)
from aimcc.importers._names import name_layers, set_ranges
from aimcc.importers._optional import require
from aimcc.importers.torch import Exporter, torch_to_onnx

if TYPE_CHECKING:
    import onnx
    import torch
    from torch import nn

    from aimcc import Network

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
    splits, become `aimcc.input_range.LAYER`. Where the forward pass was bounded, the largest bound
    of a column, added over the splits, becomes `aimcc.output_range.LAYER`: aimcc takes one range
    for the results of a layer.

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
    require("torch", "torch")
    notes: list[str] = []
    if isinstance(source, Mapping):
        if into is None:
            raise ValueError("a state dictionary needs into=, the digital module of its weights")
        import copy

        twin = copy.deepcopy(into)
        layers = _from_state(source, twin)
    else:
        if into is not None:
            raise ValueError("into= goes with a state dictionary; this is a module")
        layers = _from_module(source, out_bound)
        twin = digital_twin(source)
        layers_of_all = layers | digital_cells(source)
        check_complete(source, layers_of_all)
        fill(twin, layers_of_all)
    model = torch_to_onnx(twin, example_inputs, batch=batch, exporter=exporter)
    set_layer_ranges(model, twin, layers, rows, notes)
    notes.append("aihwkit-lightning has no model of devices: the chip's own holds")
    return model, Trained(None, None, None, "global", tuple(notes))


def set_layer_ranges(
    model: onnx.ModelProto,
    twin: nn.Module,
    layers: Mapping[str, Layer],
    rows: int | None,
    notes: list[str],
) -> None:
    """Puts the ranges of layers into a model, at every node of the layer."""
    nodes = name_layers(model, [name for name, _ in twin.named_modules()])
    inputs, outputs = ranges_for_blocks(layers, rows, notes)
    unused = [name for name in inputs | outputs if name not in nodes]
    if unused:
        notes.append(f"{', '.join(unused)}: not in the exported model")
    set_ranges(
        model,
        {node: value for name, value in inputs.items() for node in nodes.get(name, [])},
        {node: value for name, value in outputs.items() for node in nodes.get(name, [])},
    )


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
    layers = {}
    for key, value in state.items():
        name, _, field = key.rpartition(".")
        if field != "input_range":
            continue
        weight = state[f"{name}.weight"].detach().float().flatten(1)
        count = value.numel()
        base, extra = divmod(weight.shape[1], count)
        sizes = tuple(base + (number < extra) for number in range(count))
        ranges = positive(value.detach().reshape(-1).tolist())
        layers[name] = Layer(weight, None, sizes, ranges)
    return layers


def _is_of_ranges(key: str) -> bool:
    """Whether a key holds ranges, also in the names that recurrent layers have: `x_min_ih_l0`."""
    return key.rpartition(".")[2].startswith(OF_RANGES)
