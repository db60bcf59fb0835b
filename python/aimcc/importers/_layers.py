"""Analog layers as other toolkits keep them, and their digital twins."""

from __future__ import annotations

import copy
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from aimcc.importers._optional import require

if TYPE_CHECKING:
    import torch
    from torch import nn

# The layers of a recurrent module of both toolkits: its name, a number, a direction, the weights.
CELL = re.compile(
    r"(?:(?P<module>.*)\.)?rnn\.layers\.(?P<layer>\d+)(?:\.directions\.(?P<direction>[01]))?"
    r"\.cell\.(?P<weights>weight_ih|weight_hh|weight)"
)


@dataclass(frozen=True)
class Layer:
    """What training has left of one analog layer.

    Attributes:
        weight: f32[outputs, inputs], in units of the model.
        bias: f32[outputs], or `None`.
        splits: the numbers of inputs on the crossbars that share a column, in their order.
        input_ranges: the largest magnitude of inputs that the converters of each split pass;
            `None` if training has fixed none.
        output_range: the largest magnitude of results that the converters pass, or `None`.
    """

    weight: torch.Tensor
    bias: torch.Tensor | None
    splits: tuple[int, ...]
    input_ranges: tuple[float, ...] | None
    output_range: float | None = None


@dataclass(frozen=True)
class Trained:
    """What a network was trained for.

    Attributes:
        noise_model: the name of the toolkit's model of noise, or `None`.
        device: the device model of aimcc that is the same, for `device=` of simulations; `None` if
            there is none.
        chip: the preset that has these devices, for `chip=` of compilations, or `None`.
        routine: the calibration that does what the toolkit's drift compensation does, for
            `routine=` of compilations: "global", "column" or "none".
        notes: what could not be taken over, a sentence each.
    """

    noise_model: str | None
    device: str | None
    chip: str | None
    routine: str
    notes: tuple[str, ...]


def digital_twin(module: nn.Module) -> nn.Module:
    """A copy of `module` with digital layers in the place of analog ones, without their weights."""
    torch = require("torch", "torch")
    twin = copy.deepcopy(module)
    root = torch.nn.ModuleDict({"root": twin})
    _replace(root)
    result: nn.Module = root["root"]
    return result


def _replace(parent: nn.Module) -> None:
    for name, child in list(parent.named_children()):
        digital = _digital(child)
        if digital is not child:
            parent._modules[name] = digital
        else:
            _replace(child)


def _digital(module: nn.Module) -> nn.Module:
    """The digital counterpart of one module; the module itself if it is no analog layer."""
    torch = require("torch", "torch")
    kinds = {base.__name__ for base in type(module).__mro__}
    if "AnalogLayerBase" not in kinds:
        return module
    part: Any = module
    # Unsplit modules have a truth value, or nothing, where a digital one has its bias.
    biased = part.bias is not None and part.bias is not False if hasattr(part, "bias") else False
    if "Linear" in kinds:
        linear: nn.Module = torch.nn.Linear(part.in_features, part.out_features, biased)
        return linear
    if "_ConvNd" in kinds:
        if part.transposed:
            raise ValueError(
                f"{type(part).__name__} is transposed; digital twins are Conv1d to Conv3d"
            )
        convolution = {1: torch.nn.Conv1d, 2: torch.nn.Conv2d, 3: torch.nn.Conv3d}
        conv: nn.Module = convolution[len(part.kernel_size)](
            part.in_channels,
            part.out_channels,
            part.kernel_size,
            part.stride,
            part.padding,
            part.dilation,
            part.groups,
            biased,
            part.padding_mode,
        )
        return conv
    if "AnalogRNN" in kinds:
        from aimcc.importers._recurrent import recurrent_twin

        return recurrent_twin(part)
    if "AnalogWrapper" in kinds:
        module.__class__ = type(module).__bases__[1]
    elif "AnalogSequential" in kinds:
        module.__class__ = torch.nn.Sequential
    elif not list(module.children()):
        raise ValueError(
            f"{type(module).__name__} has no digital twin here; there are twins of AnalogLinear,"
            " AnalogConv1d to AnalogConv3d and AnalogRNN"
        )
    return module


def is_analog(module: nn.Module) -> bool:
    """Whether a module is one analog layer, with weights of its own."""
    kinds = {base.__name__ for base in type(module).__mro__}
    return "AnalogLayerBase" in kinds and bool(kinds & {"Linear", "_ConvNd"})


def check_complete(module: nn.Module, layers: Mapping[str, Layer]) -> None:
    """Checks that the weights of all analog layers of a module are known.

    Raises:
        ValueError: those of some are not; they are named.
    """
    parts = module.named_modules()
    unknown = [name for name, part in parts if is_analog(part) and name not in layers]
    if unknown:
        raise ValueError(f"the weights of {', '.join(unknown)} are kept in an unknown form")


def fill(twin: nn.Module, layers: Mapping[str, Layer]) -> None:
    """Puts the weights of analog layers into a digital module, in place.

    Raises:
        ValueError: `twin` lacks a layer, or its layer has another shape; all of them are named.
    """
    torch = require("torch", "torch")
    faults = []
    with torch.no_grad():
        for name, layer in layers.items():
            try:
                targets = _targets(twin, name, layer)
            except (AttributeError, IndexError):
                faults.append(f"{name}: the digital module has no such layer")
                continue
            for parameter, value in targets:
                if parameter is None:
                    if value.abs().max() > 0:
                        faults.append(f"{name}: the digital layer has no bias")
                elif parameter.numel() != value.numel() or len(parameter) != len(value):
                    shapes = f"{tuple(value.shape)}, digital {tuple(parameter.shape)}"
                    faults.append(f"{name}: the analog layer is {shapes}")
                else:
                    parameter.copy_(value.reshape(parameter.shape))
    if faults:
        raise ValueError("\n".join(faults))


_Targets = list[tuple[Any, Any]]


def _targets(twin: nn.Module, name: str, layer: Layer) -> _Targets:
    """Parameters of `twin`, each with the values of the layer `name` that it gets."""
    torch = require("torch", "torch")
    zero = torch.zeros(len(layer.weight))
    bias = zero if layer.bias is None else layer.bias
    cell = CELL.fullmatch(name)
    if cell is None:
        part: Any = twin.get_submodule(name)
        return [(part.weight, layer.weight), (part.bias, bias)]
    part = twin.get_submodule(cell["module"] or "")
    suffix = f"l{cell['layer']}"
    if hasattr(part, "recurrent_layers"):
        part, suffix = part.recurrent_layers[int(cell["layer"])], "l0"
    if cell["direction"] == "1":
        suffix += "_reverse"
    weights, values = [cell["weights"]], [layer.weight]
    if cell["weights"] == "weight":
        width = (
            part.weight_ih_l0.shape[1]
            if suffix == "l0"
            else layer.weight.shape[1] - part.hidden_size
        )
        weights, values = (
            ["weight_ih", "weight_hh"],
            list(layer.weight.tensor_split([width], dim=1)),
        )
    result: _Targets = []
    for kind, value in zip(weights, values, strict=True):
        result.append((getattr(part, f"{kind}_{suffix}"), value))
        other = getattr(part, f"{kind.replace('weight', 'bias')}_{suffix}", None)
        result.append((other, bias if kind == weights[0] else zero))
    return result


def ranges_for_blocks(
    layers: Mapping[str, Layer], rows: int | None, notes: list[str]
) -> tuple[dict[str, list[float]], dict[str, float]]:
    """The ranges of converters by layer, as many as a crossbar of `rows` word lines needs.

    aimcc splits a layer as both toolkits do: into as few blocks as there can be, of sizes that
    differ by one row at most. Where a toolkit has assumed another number of word lines, a layer
    gets the largest of its ranges.

    Args:
        layers: what training has left.
        rows: word lines of a crossbar; `None` for one range a layer.
        notes: gets a sentence on every kind of layer whose ranges cannot be kept.
    """
    inputs: dict[str, list[float]] = {}
    outputs: dict[str, float] = {}
    merged, recurrent = [], False
    for name, layer in layers.items():
        if CELL.fullmatch(name):
            recurrent = recurrent or layer.input_ranges is not None
            continue
        if layer.input_ranges is not None:
            same = rows is not None and layer.splits == balanced(sum(layer.splits), rows)
            several = len(set(layer.input_ranges)) > 1
            merged += [name] if several and not same else []
            inputs[name] = list(layer.input_ranges) if same else [max(layer.input_ranges)]
        if layer.output_range is not None:
            outputs[name] = layer.output_range
    if merged:
        notes.append(
            f"{_listed(merged)}: trained in other blocks than those of {rows or 'any'} rows; the"
            " largest input range holds for the whole layer"
        )
    if recurrent:
        notes.append("recurrent layers: their input ranges are left to calibration")
    return inputs, outputs


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names[:3]) + (f" and {len(names) - 3} others" if len(names) > 3 else "")


def balanced(inputs: int, rows: int) -> tuple[int, ...]:
    """The sizes of blocks: as few as there can be of `rows`, which differ by one at most."""
    count = -(-inputs // rows)
    base, extra = divmod(inputs, count)
    return tuple(base + (number < extra) for number in range(count))


def takes_bound(wanted: bool | None, resolution: float, blocks: int) -> bool:
    """Whether the bound of a layer's results becomes its range.

    Args:
        wanted: whether the caller wants it; by the rule where `None`.
        resolution: the steps that training has rounded results to, or one by their number.
        blocks: blocks of rows, whose bounds add up.
    """
    if wanted is not None:
        return wanted
    steps = resolution if resolution > 1 else 1 / resolution if resolution > 0 else float("inf")
    return blocks == 1 and steps <= 256


def positive(values: Sequence[float]) -> tuple[float, ...] | None:
    """The magnitudes of `values`; `None` if one is 0 or not finite: training has set none."""
    magnitudes = tuple(abs(value) for value in values)
    if all(0 < value < float("inf") for value in magnitudes):
        return magnitudes
    return None


def digital_cells(module: nn.Module) -> dict[str, Layer]:
    """The layers of recurrent cells that are digital ones of PyTorch already."""
    torch = require("torch", "torch")
    found = {}
    for name, part in module.named_modules():
        if CELL.fullmatch(name) and type(part) is torch.nn.Linear:
            bias = None if part.bias is None else part.bias.detach().float()
            found[name] = Layer(part.weight.detach().float(), bias, (part.in_features,), None)
    return found
