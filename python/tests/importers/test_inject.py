"""Training for a chip: the noise against aihwkit, the converters against aimcc's simulator."""

import json

import numpy as np
import pytest

torch = pytest.importorskip("torch")
onnx = pytest.importorskip("onnx")
pytest.importorskip("onnxscript")

from networks import Cnn, Lstm, Mlp, made  # noqa: E402

from aimcc.importers._names import ranges_of  # noqa: E402
from aimcc.torch import Chip, inject  # noqa: E402
from aimcc.torch._layers import Blocks, converted  # noqa: E402

DAY, YEAR = 86400.0, 365 * 86400.0


@pytest.mark.parametrize("time", [0.0, DAY, YEAR])
@pytest.mark.parametrize("device", ["hermes-tdp", "hermes-odp", "pcm"])
def test_devices_are_those_of_aihwkit(device, time, program):
    """Mean and spread of what a read sees, within 5 standard errors, of many targets."""
    inference = pytest.importorskip("aihwkit.inference")
    model = {
        "hermes-tdp": inference.HermesNoiseModel,
        "hermes-odp": lambda: inference.HermesNoiseModel(num_devices=1),
        "pcm": inference.PCMLikeNoiseModel,
    }[device]()
    chip = Chip.named("hermes", device)
    count = 40_000
    targets = torch.tensor([0.0, 0.03, 0.1, 0.2, 0.4, 0.7, 1.0])[:, None].expand(-1, count)
    generator = torch.Generator().manual_seed(3)
    own = chip.side(targets.double(), time, generator) * chip.maximum
    torch.manual_seed(4)
    conductance = (targets * chip.maximum).double().clone()
    programmed = model.apply_programming_noise_to_conductance(conductance.clone())
    drift = model.generate_drift_coefficients(conductance)
    theirs = model.apply_drift_noise_to_conductance(programmed, drift, time)
    deviations = torch.stack([own.std(1), theirs.std(1)]).amax(0)
    means = (own.mean(1) - theirs.mean(1)).abs() / (deviations * (2 / count) ** 0.5 + 1e-12)
    assert means.max() < 5
    # The spread of a spread is 1/√(2n) of it for normal deviates, more for those cut at 0.
    spreads = (own.std(1) - theirs.std(1)).abs() / (deviations * count**-0.5 + 1e-12)
    assert spreads.max() < 5 * 3


@pytest.mark.parametrize("ratio", [1.0, 300.0, 1e5])
def test_devices_filled_in_turn_drift_as_one(ratio, program):
    """Up to half of the largest conductance lies in one device, and the rest in the next one."""
    pair, one = Chip.named("hermes-in-turn"), Chip.named("hermes-in-turn", "hermes-odp")
    assert (pair.parts, one.parts) == (2, 1)
    count = 40_000
    generator = torch.Generator().manual_seed(3)

    def mean(chip: Chip, target: float) -> float:
        targets = torch.full((count,), target, dtype=torch.float64)
        time = (ratio - 1) * chip.first_read
        return float(chip.side(targets, time, generator).mean()) * chip.maximum

    for target in [0.2, 0.35, 0.5]:
        assert mean(pair, target) == pytest.approx(mean(one, 2 * target), rel=5e-3)
        both = mean(one, 1.0) + mean(one, 2 * target)
        assert mean(pair, 0.5 + target) == pytest.approx(both, rel=5e-3)


@pytest.mark.parametrize("kind", [Cnn, Mlp])
def test_converters_are_those_of_the_simulator(kind, runner):
    """Without noise, the forward pass is that of the device `quantized`.

    What is left out here, and has no counterpart in the forward pass, are the limit of lines and
    the rounding of digital units inside a layer: to f16, and of partial sums.
    """
    network, x = made(kind)
    x = torch.cat([x, torch.rand(29, *x.shape[1:])])
    limit = "crossbar.line-current-limit=1e9"
    settings = ["dac.bits=4", "ldpu.output-bits=16", "ldpu.precision=f32", limit]
    injection = inject(network, Chip.named("hermes", settings=settings), x)
    with torch.no_grad():
        expected = network(x).numpy()
    model = injection.export(x[:1], exporter="legacy")
    path, data = runner.folder / "m.onnx", runner.folder / "x.npz"
    onnx.save(model, path)
    np.savez(data, x=x.numpy())
    program, results = runner.folder / "m.aimc", runner.folder / "y.npz"
    options = [word for setting in settings for word in ("--set", setting)]
    runner.run("compile", path, "--calibrate", data, "-o", program, "-q", *options)
    runner.run("simulate", program, "--data", data, "--device", "quantized", "-o", results, "-q")
    with np.load(results) as outputs:
        found = outputs[model.graph.output[0].name]
    exact = runner.reference(model, x.numpy())[0]
    # Sums in another order may fall on the other side of a step.
    assert np.square(found - expected).mean() < 0.01 * np.square(exact - expected).mean()


@pytest.mark.parametrize(
    ("kind", "time"), [(Cnn, 0), (Cnn, 86400), (Mlp, 0), (Mlp, 86400), (Lstm, 86400)]
)
def test_noise_is_that_of_the_simulator(kind, time, runner):
    """Results have the ratio to their errors, in decibels, that chips of aimcc have."""
    network, x = made(kind)
    x = torch.cat([x, torch.rand(29, *x.shape[1:])])
    settings = ["ldpu.output-bits=16", "ldpu.precision=f32"]
    # Of circuits, training has the noise of counts, which another test sees.
    left_out = ["gain-spread", "output-noise", "wire-resistance", "unconverged"]
    chips = 10
    if kind is Lstm:  # whose converters are left out, and whose results hardly depend on inputs
        chips = 150
        settings += ["dac.bits=16", "adc.bits=20", "gdpu.precision=f32"]
    settings += [f"circuit.{key}=0" for key in left_out]
    with torch.no_grad():
        exact = network(x)
    chip = Chip.named("hermes", settings=settings)
    injection = inject(network, chip, x, times=(max(time, 1e-3), max(time, 1e-3)))
    own = []
    for seed in range(chips):
        with torch.no_grad(), injection.noise(True, seed=seed):
            error = (network(x) - exact).double().square().sum()
        own.append(10 * torch.log10(exact.double().square().sum() / error).item())
    path, data = runner.folder / "m.onnx", runner.folder / "x.npz"
    onnx.save(injection.export(x[:1], exporter="legacy"), path)
    np.savez(data, x=x.numpy())
    options = [word for setting in settings for word in ("--set", setting)]
    report = runner.run(
        "evaluate", path, "--data", data, "--calibrate", data, "--device", "hermes-tdp", "--json",
        "--times", time, "--seeds", chips, "--optimize", "area", "-q", *options,
    )  # fmt: skip
    assert np.mean(own) == pytest.approx(json.loads(report)["results"][0]["decibels"], abs=1.0)


def test_blocks_are_balanced():
    """Sizes differ by one row at most; splitting and joining gives the same matrix."""
    blocks = Blocks(10, 4)
    assert (blocks.count, blocks.size) == (3, 4)
    assert blocks.real.sum(1).tolist() == [4, 3, 3]
    matrix = torch.rand(5, 10)
    assert torch.equal(blocks.join(blocks.split(matrix)), matrix)


def test_compensation_keeps_the_mean_magnitude(program):
    """What a block shows has the mean magnitude of its weights, whatever the time."""
    chip = Chip.named("hermes")
    blocks = Blocks(500, chip.rows)
    weights = blocks.split(torch.randn(20, 500))
    for time in (0.0, YEAR):
        shown = chip.shown(weights, blocks.real, time, torch.Generator().manual_seed(1))
        assert torch.allclose(shown.abs().mean((0, 2)), weights.abs().mean((0, 2)), rtol=1e-4)
        assert 0.01 < (shown - weights).std() / weights.std() < 0.3


def test_gradients_of_a_converter():
    """Inside the range inputs get the gradient; outside the range gets it, in its direction."""
    x = torch.tensor([[0.31, -0.2, 3.0, -4.0]], requires_grad=True)
    range_ = torch.tensor(1.0, requires_grad=True)
    y = converted(x, range_, 127)
    assert torch.allclose(y, torch.tensor([[39 / 127, -25 / 127, 1.0, -1.0]]))
    y.sum().backward()
    assert x.grad.tolist() == [[1.0, 1.0, 0.0, 0.0]]
    x.grad, range_.grad = None, None
    converted(x, range_, 127)[0, 2].backward()
    assert range_.grad > 0


@pytest.mark.parametrize("kind", [Cnn, Mlp, Lstm])
def test_a_model_is_itself_again(kind, program):
    """Parameters keep their names and objects, and outputs are those of before."""
    network, x = made(kind)
    parameters = dict(network.named_parameters())
    with torch.no_grad():
        before = network(x)
        injection = inject(network, "hermes", x)
        assert parameters.items() <= dict(network.named_parameters()).items()
        with injection.noise(True):
            assert not torch.allclose(network(x), before, atol=1e-4)
        network.train()
        injection.remove()
        assert all(part.training for part in network.modules())
        assert torch.equal(network.eval()(x), before)
    assert dict(network.named_parameters()).keys() == parameters.keys()


def test_noise_is_there_in_training_and_depends_on_the_seed(program):
    """Evaluation has none, unless it is asked for."""
    network, x = made(Mlp)
    injection = inject(network, "hermes", x)
    with torch.no_grad():
        assert torch.equal(network(x), network(x))
        network.train()
        assert not torch.equal(network(x), network(x))
        network.eval()
        with injection.noise(True, seed=1):
            first = network(x)
        with injection.noise(True, seed=2):
            other = network(x)
        with injection.noise(True, seed=1):
            assert torch.equal(network(x), first)
        assert not torch.equal(first, other)


def test_training_goes_through_the_noise(program):
    """Weights and ranges learn with the chip in the forward pass: the loss on chips falls."""
    torch.manual_seed(5)
    x = torch.randn(256, 300)
    y = x[:, :5].cumsum(1).argmax(1)
    network = Mlp()
    injection = inject(network, "hermes", x)
    optimizer = torch.optim.Adam(injection.parameter_groups(3e-3))

    def on_chips():
        with torch.no_grad(), injection.noise(True, seed=6):
            return torch.nn.functional.cross_entropy(network(x), y).item()

    before, ranges = on_chips(), [value.item() for value in injection.ranges()]
    for _ in range(60):
        loss = torch.nn.functional.cross_entropy(network(x), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        injection.clip_weights()
    assert on_chips() < 0.3 * before
    # The network grows, so that ranges that stood still would clip its results.
    assert injection.ranges()[-1].item() > 1.1 * ranges[-1]
    weight = network.first.weight
    assert weight.abs().max() <= 2.6 * weight.std()


def test_exported_ranges_are_those_that_were_learned(program):
    """Those of results belong to what follows a layer: a batch normalization and a ReLU."""
    network, x = made(Cnn)
    injection = inject(network, "hermes", x)
    model = injection.export(x, exporter="legacy")
    layer = injection.layers["features.0"]
    assert ranges_of(model, "input")["features.0"] == pytest.approx([layer.input_range.item()])
    with torch.no_grad():
        network(x)
        injection.remove()
        largest = network.features[2](network.features[1](network.features[0](x))).max().item()
    assert ranges_of(model, "output")["features.0"][0] == pytest.approx(largest, rel=0.05)
    assert list(ranges_of(model, "input")) == ["features.0", "hidden", "logits"]


def test_wrong_arguments_are_named(program):
    """Messages say what is wrong."""
    network, x = made(Mlp)
    with pytest.raises(ValueError, match="no such layers: third; there are first, second"):
        inject(network, "hermes", x, layers=["third"])
    with pytest.raises(ValueError, match="not above 0 in ascending order"):
        inject(network, "hermes", x, times=(YEAR, DAY))
    with pytest.raises(ValueError, match="no device model 'other'"):
        inject(network, "hermes", x, device="other")
    with pytest.raises(ValueError, match="hermess"):
        inject(network, "hermess", x)
    with pytest.raises(ValueError, match="no layer of those that a chip computes"):
        inject(torch.nn.Sequential(torch.nn.ReLU()), "hermes", x)


def test_a_model_that_cannot_be_traced_keeps_its_results(program):
    """A warning, and ranges of inputs alone."""

    class Branching(Mlp):
        def forward(self, x):
            return super().forward(x if x.sum() > 0 else -x)

    network, x = Branching().eval(), torch.rand(3, 300)
    with pytest.warns(UserWarning, match=r"torch\.fx cannot trace"):
        injection = inject(network, "hermes", x)
    assert not ranges_of(injection.export(x, exporter="legacy"), "output")


def test_counts_have_the_noise_of_converters(program):
    """In training, and not in evaluation: that of both polarities, in units of the model."""
    torch.manual_seed(5)
    layer = torch.nn.Linear(64, 8, bias=False)
    model = torch.nn.Sequential(layer)
    x = torch.rand(4096, 64)
    curves = ["programming-spread", "read-noise", "drift-mean", "drift-spread"]
    still = [f"devices.hermes-tdp.{curve}=polynomial 0" for curve in curves]
    chip = Chip.named("hermes", settings=[*still, "ldpu.output-bits=16"])
    assert chip.count_noise == pytest.approx(0.0011 * 4095)
    injection = inject(model, chip, x)
    with torch.no_grad():
        exact = model.eval()(x)
        noisy = model.train()(x)
        scale = layer.weight.abs().amax(1)
        unit = scale * injection.layers["0"].input_range.abs() / chip.input_codes / chip.counts
        counts = (noisy - exact) / unit
    assert counts.std().item() == pytest.approx(chip.count_noise * 2**0.5, rel=0.1)
