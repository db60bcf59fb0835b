"""Models of aihwkit against its own forward pass in a perfect configuration."""

import copy
import functools
import re

import numpy as np
import pytest

torch = pytest.importorskip("torch")
onnx = pytest.importorskip("onnx")
pytest.importorskip("onnxscript")
pytest.importorskip("aihwkit")

from aihwkit.inference import HermesNoiseModel, PCMLikeNoiseModel  # noqa: E402
from aihwkit.inference.compensation.drift import (  # noqa: E402
    GlobalDriftCompensation,
    PerColumnDriftCompensation,
)
from aihwkit.nn import (  # noqa: E402
    AnalogGRUCell,
    AnalogLinear,
    AnalogLSTMCell,
    AnalogLSTMCellCombinedWeight,
    AnalogRNN,
    AnalogSequential,
    AnalogVanillaRNNCell,
)
from aihwkit.nn.conversion import (  # noqa: E402
    _DEFAULT_MAPPED_CONVERSION_MAP as MAPPED,
)
from aihwkit.nn.conversion import convert_to_analog  # noqa: E402
from aihwkit.simulator.configs import InferenceRPUConfig, TorchInferenceRPUConfig  # noqa: E402
from networks import Cnn, Lstm, Mlp, made  # noqa: E402

from aimcc.importers._names import ranges_of, set_ranges  # noqa: E402
from aimcc.importers.aihwkit import aihwkit_to_onnx  # noqa: E402
from aimcc.importers.to_aihwkit import chip_configuration, to_aihwkit  # noqa: E402
from aimcc.importers.torch import torch_to_onnx  # noqa: E402

# Layers are the same whatever exports them, and this exporter takes less time.
quick = functools.partial(aihwkit_to_onnx, exporter="legacy")


def configuration(rows=256, columns=16, perfect=True):
    """Tiles of some size, with mapping scales, learned scales of columns, and input ranges."""
    config = TorchInferenceRPUConfig()
    config.mapping.max_input_size = rows
    config.mapping.max_output_size = columns
    config.mapping.weight_scaling_omega = 0.7
    config.mapping.weight_scaling_columnwise = True
    config.mapping.learn_out_scaling = True
    config.mapping.out_scaling_columnwise = True
    config.pre_post.input_range.enable = True
    config.forward.is_perfect = perfect
    config.noise_model = HermesNoiseModel()
    config.drift_compensation = GlobalDriftCompensation()
    return config


def trained(model, low=20.0):
    """Scales and ranges as of training; all ranges from `low` to `low` + 1."""
    torch.manual_seed(2)
    for name, value in model.named_parameters():
        if name.endswith("out_scaling_alpha"):
            value.data = torch.rand_like(value) + 0.5
        if name.endswith("input_range"):
            value.data = torch.rand_like(value) + low
    return model.eval()


def outputs(model, x):
    """What aihwkit computes."""
    with torch.no_grad():
        return model(x).numpy()


@pytest.mark.parametrize("kind", [Cnn, Mlp, Lstm])
def test_ideal_outputs_are_those_of_aihwkit(kind, runner):
    """Balanced splits, mapping scales and learned scales: ONNX Runtime and ideal agree to 1e-4."""
    network, x = made(kind)
    config = configuration()
    if kind is Lstm:
        network.cells = Analog(AnalogLSTMCell, config)
    model = trained(convert_to_analog(network, config))
    expected = outputs(model, x)
    scale = np.abs(expected).max()
    exported, _ = aihwkit_to_onnx(model, x)
    assert np.abs(runner.reference(exported, x.numpy())[0] - expected).max() < 1e-5 * scale
    assert np.abs(runner.ideal(exported, x.numpy()) - expected).max() < 1e-4 * scale


class Analog(torch.nn.Module):
    """A recurrent layer of aihwkit in the place of one of PyTorch."""

    def __init__(self, cell, config, bidirectional=False):
        super().__init__()
        self.rnn = AnalogRNN(cell, 8, 16, True, config, num_layers=2, bidir=bidirectional)

    def forward(self, x):
        y, states = self.rnn(x)
        return y, states


@pytest.mark.parametrize("bidirectional", [False, True])
@pytest.mark.parametrize(
    "cell", [AnalogLSTMCell, AnalogLSTMCellCombinedWeight, AnalogGRUCell, AnalogVanillaRNNCell]
)
def test_every_recurrent_cell_has_a_twin(cell, bidirectional, runner):
    """Results and the last states of both layers are those of aihwkit."""

    class States(Analog):
        def forward(self, x):
            y, states = self.rnn(x)
            last = states[-1]
            last = last[-1] if isinstance(last, list) else last
            return y, last if isinstance(last, torch.Tensor) else torch.cat(list(last), dim=1)

    model = trained(
        convert_to_analog(States(cell, configuration(), bidirectional), configuration())
    )
    x = torch.rand(5, 3, 8)
    with torch.no_grad():
        expected = model(x)
    exported, about = quick(model, x, batch=1)
    for found, value in zip(runner.reference(exported, x.numpy()), expected, strict=True):
        assert np.abs(found - value.numpy()).max() < 1e-5
    tiles = dict(model.named_modules())
    for layer in range(2):
        for direction, end in enumerate(["forward", "reverse"] if bidirectional else [""]):
            path = f"rnn.rnn.layers.{layer}" + f".directions.{direction}" * bidirectional + ".cell."
            name = f"rnn.recurrent_layers.{layer}" + f".{end}" * bidirectional
            for kind, weights in (("input", "weight_ih"), ("state", "weight_hh")):
                part = tiles.get(path + weights, tiles.get(path + "weight")).analog_module
                (row,) = getattr(part, "array", [[part]])
                largest = max(tile.input_range.item() for tile in row)
                assert ranges_of(exported, kind)[name] == pytest.approx((largest,))
    assert about.notes == ("trained without converters",)


def test_splits_of_inputs_and_states_are_told_apart():
    """Of a combined tile array, each of x and of the state has the ranges of its own rows."""
    config = configuration(rows=10)

    class Net(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.rnn = AnalogRNN(AnalogLSTMCellCombinedWeight, 21, 9, True, config)

        def forward(self, x):
            return self.rnn(x)[0]

    model = trained(Net())
    array = model.rnn.rnn.layers[0].cell.weight.analog_module.array
    ranges = [max(tile.input_range.item() for tile in row) for row in array]
    assert len(ranges) == 3
    exported, about = quick(model, torch.rand(4, 2, 21), batch=1, rows=10)
    # Tiles have ten rows each, of which x has 21: two whole ones, and a row of the last.
    assert ranges_of(exported, "input")["rnn.recurrent_layers.0"] == pytest.approx((max(ranges),))
    assert ranges_of(exported, "state")["rnn.recurrent_layers.0"] == pytest.approx((ranges[2],))
    assert any(note.startswith("rnn.rnn.layers.0.cell.weight: trained in") for note in about.notes)


def test_ranges_of_an_lstm_reach_the_converters(runner):
    """aimcc names the layer, and its DACs have the steps of training for x and for the state."""
    network, x = made(Lstm)
    network.cells = Analog(AnalogLSTMCell, configuration())
    model = trained(convert_to_analog(network, configuration()), low=2.0)
    exported, _ = quick(model, x)
    path, data = runner.folder / "model.onnx", runner.folder / "data.npz"
    onnx.save(exported, path)
    np.savez(data, **{exported.graph.input[0].name: x.numpy()})
    text = runner.run("compile", path, "--calibrate", data, "--emit", "quantize")
    cell = model.cells.rnn.rnn.layers[0].cell
    for part, scale in ((cell.weight_ih, "input_scale"), (cell.weight_hh, "state_scale")):
        (row,) = part.analog_module.array
        found = [float(value) for value in re.findall(rf"{scale} = ([\d.e-]+)", text)]
        step = max(tile.input_range.item() for tile in row) / 127
        assert any(value == pytest.approx(step, rel=1e-6) for value in found)


def test_ranges_are_those_of_the_tiles():
    """One for each split of rows: the largest of the tiles beside each other."""
    network, x = made(Cnn)
    model = trained(convert_to_analog(network, configuration()))
    exported, _ = quick(model, x)
    array = model.hidden.analog_module.array
    assert [len(array), len(array[0])] == [7, 2]
    expected = [max(tile.input_range.item() for tile in row) for row in array]
    ranges = ranges_of(exported, "input")
    assert ranges["hidden"] == pytest.approx(expected)
    assert ranges["features.0"] == pytest.approx(
        [model.features[0].analog_module.input_range.item()]
    )


def test_other_blocks_than_those_of_the_chip_share_a_range():
    """Tiles of 512 rows do not fit 256: the largest range, and a note."""
    network, x = made(Cnn)
    model = trained(convert_to_analog(network, configuration(rows=512)))
    exported, about = quick(model, x)
    array = model.hidden.analog_module.array
    expected = max(tile.input_range.item() for row in array for tile in row)
    assert ranges_of(exported, "input")["hidden"] == pytest.approx([expected])
    assert any(note.startswith("hidden: trained in other blocks") for note in about.notes)


def test_mapped_layers_keep_their_channels_together(runner):
    """Layers that split themselves, whose blocks are other than those of the chip."""
    torch.manual_seed(3)
    network = torch.nn.Sequential(torch.nn.Conv2d(41, 6, 3), torch.nn.Flatten())
    model = trained(convert_to_analog(network, configuration(), conversion_map=MAPPED))
    x = torch.rand(2, 41, 5, 5)
    exported, _ = quick(model, x)
    assert np.abs(runner.reference(exported, x.numpy())[0] - outputs(model, x)).max() < 1e-5
    array = model[0].array
    assert [row[0].in_size for row in array] == [189, 180]
    largest = max(tile.input_range.item() for row in array for tile in row)
    assert ranges_of(exported, "input") == {"0": pytest.approx((largest,))}


def test_weights_of_an_unknown_form_are_refused():
    """A layer whose tiles have other names than those of aihwkit 1."""
    network, x = made(Mlp)
    model = convert_to_analog(network, configuration())
    model.second.tiles = model.second.analog_module
    del model.second.analog_module
    with pytest.raises(ValueError, match="weights of second are kept in an unknown form"):
        quick(model, x)


def test_bounds_of_results_become_ranges():
    """Bound times input range times scales of the largest column, and the bias."""
    network, x = made(Mlp)
    config = configuration(rows=512, columns=512, perfect=False)
    config.forward.out_bound, config.forward.out_res = 10.0, 254
    model = trained(convert_to_analog(network, config))
    ranges = ranges_of(quick(model, x)[0], "output")
    tile = model.first.analog_module
    largest = 10.0 * tile.input_range * tile.get_scales() + tile.bias.abs()
    assert ranges["first"] == pytest.approx([largest.max().item()])
    # Finer steps than those of digital units would be lost.
    config.forward.out_res = 1 / 510
    model = trained(convert_to_analog(network, config))
    assert not ranges_of(quick(model, x)[0], "output")
    assert ranges_of(quick(model, x, out_bound=True)[0], "output")


def test_a_state_dictionary_fills_a_digital_module(runner):
    """Also through a file; the digital module stays as it is."""
    network, x = made(Cnn)
    kept = copy.deepcopy(network.state_dict())
    model = trained(convert_to_analog(network, configuration()))
    exported, about = quick(model.state_dict(), x, into=network)
    assert np.abs(runner.reference(exported, x.numpy())[0] - outputs(model, x)).max() < 1e-5
    assert about.device == "hermes-tdp"
    assert all((value == kept[key]).all() for key, value in network.state_dict().items())
    with pytest.raises(ValueError, match="needs into="):
        quick(model.state_dict(), x)
    with pytest.raises(ValueError, match="hidden: the digital module has no such layer"):
        lacking = made(Cnn)[0]
        lacking.hidden = torch.nn.Identity()
        quick(model.state_dict(), x, into=lacking)


def test_weights_are_those_before_programming(runner):
    """A model that was programmed and has drifted gives the weights of training."""
    network, x = made(Mlp)
    model = trained(convert_to_analog(network, configuration()))
    expected = outputs(model, x)
    model.program_analog_weights()
    model.drift_analog_weights(3600.0)
    assert np.abs(outputs(model, x) - expected).max() > 1e-3
    exported, _ = quick(model, x)
    assert np.abs(runner.reference(exported, x.numpy())[0] - expected).max() < 1e-5


def test_a_bias_on_the_crossbar_is_a_bias(runner):
    """With tiles of RPUCuda, whose last column is the bias."""
    config = InferenceRPUConfig()
    config.mapping.digital_bias = False
    config.forward.is_perfect = True
    config.drift_compensation = None
    try:
        model = AnalogSequential(AnalogLinear(6, 3, bias=True, rpu_config=config)).eval()
    except (AttributeError, TypeError):
        pytest.skip("aihwkit is not compiled")
    x = torch.rand(4, 6)
    exported, _ = quick(model, x)
    assert np.abs(runner.reference(exported, x.numpy())[0] - outputs(model, x)).max() < 1e-5


@pytest.mark.parametrize(
    ("noise", "device", "note"),
    [
        (HermesNoiseModel(), "hermes-tdp", None),
        (HermesNoiseModel(num_devices=1), "hermes-odp", None),
        (PCMLikeNoiseModel(), "pcm", None),
        (HermesNoiseModel(g_max=10.0), "hermes-tdp", "g_max = 10.0 (aimcc: 20.7)"),
    ],
)
def test_the_noise_model_is_named_and_chosen(noise, device, note):
    """What aimcc has is chosen, and what differs is said."""
    network, x = made(Mlp)
    config = configuration()
    config.noise_model, config.drift_compensation = noise, PerColumnDriftCompensation()
    _, about = quick(convert_to_analog(network, config), x)
    assert (about.noise_model, about.device, about.routine) == (
        type(noise).__name__, device, "column",
    )  # fmt: skip
    assert about.chip == {"hermes-tdp": "hermes", "hermes-odp": "hermes-odp"}.get(device)
    assert any(note in text for text in about.notes) if note else "not quite" not in str(about)


@pytest.mark.parametrize("kind", [Cnn, Mlp, Lstm])
def test_to_aihwkit_and_back(kind, program, runner):
    """The same network, in blocks of crossbars, with the ranges that were given."""
    network, x = made(kind)
    config = chip_configuration("hermes")
    config.forward.is_perfect = True
    blocks = {Cnn: [3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0], Mlp: [3.0, 4.0]}
    ranges = {"hidden" if kind is Cnn else "first": blocks[kind]} if kind in blocks else {}
    model = to_aihwkit(network, config, ranges=ranges).eval()
    with torch.no_grad():
        expected = network(x).numpy()
    exported, about = quick(model, x)
    assert np.abs(runner.reference(exported, x.numpy())[0] - expected).max() < 1e-5
    assert ranges.items() <= {k: list(v) for k, v in ranges_of(exported, "input").items()}.items()
    assert about.device == "hermes-tdp"


@pytest.mark.parametrize("kind", ["LSTM", "GRU"])
def test_ranges_of_recurrent_layers_go_to_aihwkit(kind, program):
    """From a model that carries them; a tile of inputs and states has the larger range."""
    layer = getattr(torch.nn, kind)(8, 16, num_layers=2, bidirectional=True)

    class Net(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.cells = layer

        def forward(self, x):
            return self.cells(x)[0]

    exported = torch_to_onnx(Net(), torch.rand(4, 2, 8), batch=1, exporter="legacy")
    inputs, states = {"cells.forward": 3.0, "cells_1.reverse": 2.0}, {"cells_1.reverse": 5.0}
    set_ranges(exported, inputs, states=states)
    model = to_aihwkit(Net(), ranges=exported)
    parts = {n: p.analog_module for n, p in model.named_modules() if hasattr(p, "analog_module")}
    first, last = "cells.rnn.layers.0.directions.0.cell.", "cells.rnn.layers.1.directions.1.cell."
    if kind == "LSTM":
        expected = {first + "weight": 3.0, last + "weight": 5.0}
    else:
        expected = {first + "weight_ih": 3.0, last + "weight_ih": 2.0, last + "weight_hh": 5.0}
    for name, tile in parts.items():
        fixed = tile.rpu_config.pre_post.input_range.init_from_data == 0
        assert fixed == (name in expected)
        assert not fixed or tile.input_range.item() == expected[name]
    with pytest.raises(ValueError, match="cells_2: the model has no such layer"):
        to_aihwkit(Net(), ranges={"cells_2": 1.0})


def test_to_aihwkit_refuses_ranges_that_do_not_fit(program):
    """All faults at once."""
    network, _ = made(Mlp)
    with pytest.raises(ValueError, match=r"(?s)other: .*no such layer.*3 ranges for 2 blocks"):
        to_aihwkit(network, ranges={"other": 1.0, "first": [1.0, 2.0, 3.0]})
