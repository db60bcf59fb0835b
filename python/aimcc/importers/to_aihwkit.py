"""Networks for further training in IBM's Analog Hardware Acceleration Kit."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from aimcc._figures import Figures
from aimcc.importers._layers import CELL
from aimcc.importers._names import DIRECTIONS, ranges_of
from aimcc.importers._noise import MODELS
from aimcc.importers._optional import require

if TYPE_CHECKING:
    import onnx
    from torch import nn


def to_aihwkit(
    module: nn.Module,
    rpu_config: Any = None,
    *,
    chip: str = "hermes",
    settings: Sequence[str] = (),
    device: str | None = None,
    ranges: onnx.ModelProto | Mapping[str, float | Sequence[float]] | None = None,
) -> nn.Module:
    """A model of aihwkit that lies on crossbars as aimcc lays it, with the weights of a module.

    Args:
        module: a network of PyTorch; it is not changed. Layers that aihwkit has analog ones of are
            replaced, recurrent ones too unless they are `batch_first`. Those give their last state
            as a list of layers, as all of aihwkit do.
        rpu_config: a configuration of aihwkit whose mapping is set to that of the chip, and nothing
            else; where left out, that of `chip_configuration`.
        chip: a preset, or the path of a chip file.
        settings: changes of its figures as of `--set`.
        device: the device model; the chip's own where left out.
        ranges: input ranges by layer, one or one for each block of rows, or a model of ONNX that
            carries them. Layers without one keep the first value of the configuration, and find
            theirs in training.

    Raises:
        ImportError: aihwkit is missing.
        ValueError: there is no such chip, aihwkit has no noise model that is its device model, or
            the ranges do not fit the layers.
    """
    require("aihwkit", "aihwkit")
    convert = require("aihwkit.nn.conversion", "aihwkit").convert_to_analog
    figures = Figures.of(chip, settings)
    if rpu_config is None:
        configuration = chip_configuration(chip, settings=settings, device=device)
    else:
        configuration = copy.deepcopy(rpu_config)
        _set_mapping(configuration, figures)
    model = copy.deepcopy(module)
    _replace_recurrent(model, configuration)
    model = convert(model, configuration)
    if isinstance(ranges, Mapping):
        _set_ranges(model, ranges, {})
    elif ranges is not None:
        _set_ranges(model, ranges_of(ranges, "input"), ranges_of(ranges, "state"))
    result: nn.Module = model
    return result


def chip_configuration(
    chip: str = "hermes", *, settings: Sequence[str] = (), device: str | None = None
) -> Any:
    """A `TorchInferenceRPUConfig` of aihwkit with the converters, mapping and noise of a chip.

    Inputs are rounded as by the DACs, in ranges that are learned, results of tiles as by the ADCs:
    to whole counts, up to the largest. The rounding of digital units has no counterpart.

    Args:
        chip: a preset, or the path of a chip file.
        settings: changes of its figures as of `--set`.
        device: the device model; the chip's own where left out.

    Raises:
        ImportError: aihwkit is missing.
        ValueError: there is no such chip, or aihwkit has no noise model that is its device model.
    """
    configs = require("aihwkit.simulator.configs", "aihwkit")
    inference = require("aihwkit.inference", "aihwkit")
    enums = require("aihwkit.simulator.parameters.enums", "aihwkit")
    compensation = require("aihwkit.inference.compensation.drift", "aihwkit")
    figures = Figures.of(chip, settings)
    name, _ = figures.device(device)
    if name not in MODELS:
        raise ValueError(f"aihwkit has no noise model that is {name}; it has {', '.join(MODELS)}")
    kind, arguments = MODELS[name]
    configuration = configs.TorchInferenceRPUConfig()
    _set_mapping(configuration, figures)
    forward = configuration.forward
    forward.inp_res = 2 ** int(figures.units["dac.bits"]) - 2
    forward.inp_bound = 1.0
    largest = 2 ** int(figures.units["adc.bits"]) - 1
    forward.out_bound = largest / float(figures.units["adc.counts-per-g-max"])
    forward.out_res = 2 * largest
    forward.out_noise = 0.0
    forward.noise_management = enums.NoiseManagementType.NONE
    forward.bound_management = enums.BoundManagementType.NONE
    configuration.pre_post.input_range.enable = True
    configuration.noise_model = getattr(inference, kind)(**arguments)
    configuration.drift_compensation = compensation.GlobalDriftCompensationWithExactReference()
    return configuration


def _set_mapping(configuration: Any, figures: Figures) -> None:
    """Blocks of the sizes of crossbars, whose columns each fill the range of conductances."""
    mapping = configuration.mapping
    mapping.max_input_size = int(figures.units["crossbar.rows"])
    mapping.max_output_size = int(figures.units["crossbar.columns"])
    mapping.weight_scaling_omega = 1.0
    mapping.weight_scaling_columnwise = True
    mapping.digital_bias = True


def _replace_recurrent(parent: nn.Module, configuration: Any) -> None:
    """Puts analog layers in the place of recurrent ones, with their weights."""
    torch = require("torch", "torch")
    for name, child in list(parent.named_children()):
        if isinstance(child, torch.nn.RNNBase) and not child.batch_first:
            parent._modules[name] = _recurrent(child, configuration)
        else:
            _replace_recurrent(child, configuration)


KINDS = ("ih", "hh")


def _recurrent(layer: Any, configuration: Any) -> nn.Module:
    """The analog layer of a recurrent one. The matrices of an LSTM share crossbars, as in aimcc."""
    torch = require("torch", "torch")
    analog = require("aihwkit.nn", "aihwkit")
    cells = {
        "LSTM": analog.AnalogLSTMCellCombinedWeight,
        "GRU": analog.AnalogGRUCell,
        "RNN_TANH": analog.AnalogVanillaRNNCell,
    }
    if layer.mode not in cells or layer.proj_size:
        raise ValueError(f"aihwkit has no recurrent layer of the kind {layer}")
    made: nn.Module = analog.AnalogRNN(
        cells[layer.mode],
        layer.input_size,
        layer.hidden_size,
        layer.bias,
        configuration,
        num_layers=layer.num_layers,
        bidir=layer.bidirectional,
        dropout=layer.dropout,
    )
    for name, part in made.named_modules():
        cell = CELL.fullmatch(name)
        if cell is None or not hasattr(part, "set_weights"):
            continue
        suffix = f"l{cell['layer']}" + "_reverse" * (cell["direction"] == "1")
        if cell["weights"] == "weight":
            weight = torch.cat([getattr(layer, f"weight_{kind}_{suffix}") for kind in KINDS], dim=1)
            bias = sum(getattr(layer, f"bias_{kind}_{suffix}") for kind in KINDS * layer.bias)
        else:
            kind = cell["weights"].removeprefix("weight_")
            weight = getattr(layer, f"weight_{kind}_{suffix}")
            bias = getattr(layer, f"bias_{kind}_{suffix}", None)
        part.set_weights(weight, bias if layer.bias else None)
    return made


def _set_ranges(
    model: nn.Module,
    inputs: Mapping[str, float | Sequence[float]],
    states: Mapping[str, float | Sequence[float]],
) -> None:
    """Sets the ranges of layers, which training then goes on from.

    Args:
        model: of aihwkit.
        inputs: ranges of inputs by layer.
        states: those of hidden states.
    """
    slots = _slots(model)
    faults = []
    chosen: dict[int, tuple[Any, float]] = {}
    for kind, ranges in (("input", inputs), ("state", states)):
        for name, given in ranges.items():
            rows = slots[kind].get(name)
            if rows is None:
                faults.append(f"{name}: the model has no such layer")
                continue
            values = [given] if isinstance(given, (int, float)) else list(given)
            if len(values) not in (1, len(rows)):
                faults.append(f"{name}: {len(values)} ranges for {len(rows)} blocks of rows")
                continue
            for row, value in zip(rows, values * (len(rows) // len(values)), strict=True):
                for tile in row:
                    # A tile of inputs and states takes the larger of both.
                    largest = max(float(value), chosen.get(id(tile), (tile, 0.0))[1])
                    chosen[id(tile)] = (tile, largest)
    if faults:
        raise ValueError("\n".join(faults))
    for tile, range_ in chosen.values():
        tile.set_input_range(range_)
        # The first batches would set it anew.
        tile.rpu_config.pre_post.input_range.init_from_data = 0


# The tiles of layers under the names of nodes, row by row of blocks.
_Slots = dict[str, list[list[Any]]]


def _slots(model: nn.Module) -> dict[str, _Slots]:
    """The tiles that take inputs, and those that take hidden states."""
    found: dict[str, _Slots] = {"input": {}, "state": {}}
    parts: list[tuple[str, Any]] = list(model.named_modules())
    both = {
        match["module"]
        for name, _ in parts
        if (match := CELL.fullmatch(name)) and match["direction"]
    }
    for name, part in parts:
        if not hasattr(part, "analog_module"):
            continue
        tiles = part.analog_module
        rows = [list(row) for row in tiles.array] if hasattr(tiles, "array") else [[tiles]]
        cell = CELL.fullmatch(name)
        if cell is None:
            found["input"][name] = rows
            continue
        node = (cell["module"] or "") + (f"_{cell['layer']}" if cell["layer"] != "0" else "")
        if cell["module"] in both:
            node += f".{DIRECTIONS[int(cell['direction'])]}"
        if cell["weights"] != "weight_hh":
            found["input"][node] = rows
        if cell["weights"] != "weight_ih":
            found["state"][node] = rows
    return found
