"""Analog layers as other toolkits keep them, and their digital twins."""

from __future__ import annotations

import copy
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from aimcc.importers._names import DIRECTIONS
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
    place = Place.of(twin, name)
    if place is None:
        part: Any = twin.get_submodule(name)
        return [(part.weight, layer.weight), (part.bias, bias)]
    kinds, values = [place.weights], [layer.weight]
    if place.weights == "weight":
        kinds = ["weight_ih", "weight_hh"]
        values = list(layer.weight.tensor_split([place.width], dim=1))
    result: _Targets = []
    for kind, value in zip(kinds, values, strict=True):
        result.append((getattr(place.module, f"{kind}_{place.suffix}"), value))
        other = kind.replace("weight", "bias")
        other_parameter = getattr(place.module, f"{other}_{place.suffix}", None)
        result.append((other_parameter, bias if kind == kinds[0] else zero))
    return result


@dataclass(frozen=True)
class Place:
    """Where a layer of a recurrent module of both toolkits is in the digital twin.

    Attributes:
        owner: the name of the recurrent module of PyTorch.
        module: it itself.
        number: the layer in it.
        direction: 0, or 1 for the one that reads sequences from their end.
        weights: "weight_ih" for what multiplies inputs, "weight_hh" for what multiplies the hidden
            state, "weight" for both side by side, inputs first.
    """

    owner: str
    module: Any
    number: int
    direction: int
    weights: str

    @classmethod
    def of(cls, twin: nn.Module, name: str) -> Place | None:
        """The place of the layer `name`; `None` if it is in no recurrent module.

        Raises:
            AttributeError, IndexError: the twin has no such module.
        """
        cell = CELL.fullmatch(name)
        if cell is None:
            return None
        owner, number = cell["module"] or "", int(cell["layer"])
        module: Any = twin.get_submodule(owner)
        if hasattr(module, "recurrent_layers"):
            owner = f"{owner}.recurrent_layers.{number}".removeprefix(".")
            module, number = module.recurrent_layers[number], 0
        return cls(owner, module, number, int(cell["direction"] or 0), cell["weights"])

    @property
    def suffix(self) -> str:
        """What the names of the parameters end in."""
        return f"l{self.number}" + "_reverse" * self.direction

    @property
    def width(self) -> int:
        """The inputs of a step, without the hidden state."""
        width: int = getattr(self.module, f"weight_ih_{self.suffix}").shape[1]
        return width

    def nodes(self, named: Mapping[str, Sequence[str]]) -> list[str]:
        """The nodes of the model that it is, of those of every module: one a call of the module."""
        calls = list(named.get(self.owner, []))[self.number :: self.module.num_layers]
        if not self.module.bidirectional:
            return calls
        return [f"{name}.{DIRECTIONS[self.direction]}" for name in calls]


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
