"""Models of aihwkit-lightning against its own forward pass."""

import functools

import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("onnx")
pytest.importorskip("onnxscript")
pytest.importorskip("aihwkit_lightning")

from aihwkit_lightning.nn.conversion import convert_to_analog  # noqa: E402
from aihwkit_lightning.simulator.configs import (  # noqa: E402
    TorchInferenceRPUConfig,
    WeightClipType,
)
from networks import Cnn, Lstm, Mlp, made  # noqa: E402

from aimcc.importers._names import ranges_of  # noqa: E402
from aimcc.importers.lightning import lightning_to_onnx  # noqa: E402

# Layers are the same whatever exports them, and this exporter takes less time.
quick = functools.partial(lightning_to_onnx, exporter="legacy")


def analog(network, bound=0.0, clip=WeightClipType.NONE):
    """The network with input ranges from 20 to 21 in blocks of 256 rows."""
    config = TorchInferenceRPUConfig()
    config.pre_post.input_range.enable = True
    config.mapping.max_input_size = 256
    config.forward.out_bound = bound
    config.forward.out_res = 254 if bound else -1
    config.clip.type = clip
    model = convert_to_analog(network, config).eval()
    for name, value in model.named_parameters():
        if name.endswith("input_range"):
            value.data = torch.rand_like(value) + 20
    return model


@pytest.mark.parametrize("kind", [Cnn, Mlp, Lstm])
def test_ideal_outputs_are_those_of_lightning(kind, runner):
    """ONNX Runtime and ideal agree to 1e-4."""
    network, x = made(kind)
    model = analog(network)
    with torch.no_grad():
        expected = model(x).numpy()
    scale = np.abs(expected).max()
    exported, about = lightning_to_onnx(model, x)
    assert np.abs(runner.reference(exported, x.numpy())[0] - expected).max() < 1e-5 * scale
    assert np.abs(runner.ideal(exported, x.numpy()) - expected).max() < 1e-4 * scale
    assert about.device is None and about.routine == "global"


def test_ranges_are_those_of_the_splits():
    """As many as the layer has blocks of 256 rows."""
    network, x = made(Cnn)
    model = analog(network)
    ranges = ranges_of(quick(model, x)[0], "input")
    assert len(ranges["hidden"]) == 7
    assert ranges["hidden"] == pytest.approx(model.hidden.input_range.tolist())


@pytest.mark.parametrize(
    "clip",
    [
        WeightClipType.NONE,
        WeightClipType.LAYER_GAUSSIAN_PER_CHANNEL,
        WeightClipType.LEARNABLE_PER_CHANNEL,
    ],
)
def test_no_result_is_beyond_the_range_of_bounds(clip):
    """Inputs at their limits cannot drive a result beyond it, and some come near."""
    network, x = made(Mlp)
    model = analog(network, bound=0.5, clip=clip)
    exported, _ = quick(model, x, out_bound=True)
    range_ = ranges_of(exported, "output")["second"][0]
    layer = model.second
    weight = layer.weight.detach()
    inputs = torch.cat([weight.sign(), -weight.sign()]) * 1e3
    with torch.no_grad():
        reached = layer(inputs).abs().max().item()
    assert 0.8 * range_ < reached <= 1.01 * range_


def test_a_state_dictionary_fills_a_digital_module(runner):
    """Weights, biases and ranges, which are plain tensors."""
    network, x = made(Cnn)
    model = analog(network)
    blank = Cnn().eval()
    exported, _ = quick(model.state_dict(), x, into=blank)
    with torch.no_grad():
        expected = model(x).numpy()
    assert np.abs(runner.reference(exported, x.numpy())[0] - expected).max() < 1e-5
    ranges = ranges_of(exported, "input")
    assert ranges["hidden"] == pytest.approx(model.hidden.input_range.tolist())
    with pytest.raises(ValueError, match=r"missing: second\.weight"):
        state = {k: v for k, v in analog(made(Mlp)[0]).state_dict().items() if k != "second.weight"}
        quick(state, x, into=made(Mlp)[0])


@pytest.mark.parametrize("bidirectional", [False, True])
def test_a_state_dictionary_of_an_lstm_keeps_its_ranges(bidirectional, runner):
    """As from the module itself; keys have the names of PyTorch."""

    class Net(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.cells = torch.nn.LSTM(8, 16, num_layers=2, bidirectional=bidirectional)

        def forward(self, x):
            return self.cells(x)[0]

    torch.manual_seed(4)
    x = torch.rand(5, 3, 8)
    model = analog(Net().eval())
    with torch.no_grad():
        expected = model(x).numpy()
    results = [
        quick(model, x, batch=1)[0],
        quick(model.state_dict(), x, into=Net().eval(), batch=1)[0],
    ]
    for exported in results:
        assert np.abs(runner.reference(exported, x.numpy())[0] - expected).max() < 1e-5
    for kind in ("input", "state"):
        first, second = (list(ranges_of(exported, kind).values()) for exported in results)
        assert len(first) == (4 if bidirectional else 2) and first == second


def test_a_module_without_analog_layers_is_refused():
    """The message says what is missing."""
    network, x = made(Mlp)
    with pytest.raises(ValueError, match="no layers of aihwkit-lightning"):
        quick(network, x)
