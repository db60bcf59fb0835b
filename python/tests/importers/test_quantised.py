"""Networks of Brevitas and AIMET, against Brevitas and ONNX Runtime."""

import json

import numpy as np
import pytest

onnx = pytest.importorskip("onnx")

from onnx import TensorProto, helper, numpy_helper  # noqa: E402

from aimcc.importers.aimet import aimet_to_onnx  # noqa: E402


@pytest.mark.parametrize("bits", [8, 4])
@pytest.mark.parametrize("form", ["qcdq", "qonnx"])
def test_brevitas(form, bits, runner):
    """Outputs on the ideal chip are those of Brevitas."""
    torch = pytest.importorskip("torch")
    layers = pytest.importorskip("brevitas.nn")
    from aimcc.importers.brevitas import brevitas_to_onnx

    torch.manual_seed(1)
    network = torch.nn.Sequential(
        layers.QuantIdentity(bit_width=8),
        layers.QuantConv2d(1, 4, 3, weight_bit_width=bits),
        layers.QuantReLU(bit_width=bits),
        torch.nn.Flatten(),
        layers.QuantLinear(4 * 6 * 6, 5, bias=True, weight_bit_width=bits),
        layers.QuantIdentity(bit_width=8),
    )
    for _ in range(20):
        network(torch.rand(8, 1, 8, 8))
    x = torch.rand(6, 1, 8, 8)
    model = brevitas_to_onnx(network, x[:1].repeat(2, 1, 1, 1), form=form)
    assert network.training
    network.eval()
    with torch.no_grad():
        expected = network(x).numpy()
    assert np.abs(runner.ideal(model, x.numpy()) - expected).max() < 1e-4


RANDOM = np.random.default_rng(2)
KERNEL = RANDOM.normal(size=(4, 1, 3, 3)).astype(np.float32)
MATRIX = RANDOM.normal(size=(144, 5)).astype(np.float32)


def plain():
    """A convolution and a product, of single precision."""
    weights = [numpy_helper.from_array(KERNEL, "k"), numpy_helper.from_array(MATRIX, "m")]
    nodes = [
        helper.make_node("Conv", ["x", "k"], ["c"], name="conv"),
        helper.make_node("Relu", ["c"], ["r"], name="relu"),
        helper.make_node("Flatten", ["r"], ["f"], name="flatten"),
        helper.make_node("MatMul", ["f", "m"], ["y"], name="product"),
    ]
    ports = [
        helper.make_tensor_value_info("x", TensorProto.FLOAT, ["N", 1, 8, 8]),
        helper.make_tensor_value_info("y", TensorProto.FLOAT, ["N", 5]),
    ]
    return helper.make_model(
        helper.make_graph(nodes, "g", ports[:1], ports[1:], weights),
        opset_imports=[helper.make_opsetid("", 17)],
        ir_version=9,
    )


def rounded(values, scale, zero, low, high):
    """Values of a grid: scale · (q - zero)."""
    return scale * (np.clip(np.round(values / scale) + zero, low, high) - zero)


def expected(x, bits):
    """The quantised network in NumPy."""
    middle = 2 ** (bits - 1)
    scales = np.abs(KERNEL).max((1, 2, 3), keepdims=True) / (middle - 1)
    kernel = rounded(KERNEL, scales, 0, -middle, middle - 1)
    columns = np.abs(MATRIX).max(0) / (middle - 1)
    matrix = rounded(MATRIX, columns, 0, -middle, middle - 1)
    x = rounded(x, np.float32(1 / 255), 3, 0, 255)
    windows = np.lib.stride_tricks.sliding_window_view(x[:, 0], (3, 3), (1, 2))
    c = np.einsum("nijab,oab->noij", windows, kernel[:, 0])
    r = rounded(np.maximum(c, 0), np.float32(0.05), 0, 0, 2**bits - 1)
    return r.reshape(len(x), -1) @ matrix, scales.ravel(), columns


def of_version(version, bits):
    """The encodings of that network in a version of the file."""
    _, kernel, matrix = expected(np.zeros((1, 1, 8, 8), np.float32), bits)
    middle = 2 ** (bits - 1)
    tensors = [  # name, scales, zero point, bits, whether with sign
        ("x", [1 / 255], 3, 8, False),
        ("r", [0.05], 0, bits, False),
        ("k", kernel.tolist(), 0, bits, True),
        ("m", matrix.tolist(), 0, bits, True),
        ("y", [0.1], 0, 16, False),
    ]
    if version == "2.0.0":
        return {
            "version": version,
            "encodings": [
                {
                    "name": name,
                    "output_dtype": ("int" if signed else "uint") + str(width),
                    "y_scale": scales if len(scales) > 1 else scales[0],
                    **({"y_zero_point": zero} if zero else {}),
                    **({"axis": {"k": 0, "m": 1}[name]} if len(scales) > 1 else {}),
                }
                for name, scales, zero, width, signed in tensors
            ],
        }

    def entry(scales, zero, width, signed):
        offset = -middle if signed else -zero
        if version == "1.0.0":
            return {
                "enc_type": "PER_CHANNEL" if len(scales) > 1 else "PER_TENSOR",
                "dtype": "INT",
                "bw": width,
                "is_sym": signed,
                "scale": scales,
                "offset": [offset] * len(scales),
            }
        return [
            {
                "bitwidth": width,
                "dtype": "int",
                "is_symmetric": str(signed),
                "scale": scale,
                "offset": offset,
                "min": scale * offset,
                "max": scale * (offset + 2**width - 1),
            }
            for scale in scales
        ]

    parts = {"activation_encodings": tensors[:2] + tensors[4:], "param_encodings": tensors[2:4]}
    made = {"version": version}
    for part, members in parts.items():
        if version == "1.0.0":
            made[part] = [{"name": name, **entry(*rest)} for name, *rest in members]
        else:
            made[part] = {name: entry(*rest) for name, *rest in members}
    return made


@pytest.mark.parametrize("bits", [8, 4])
@pytest.mark.parametrize("version", ["0.6.1", "1.0.0", "2.0.0"])
def test_aimet(version, bits, runner):
    """All versions give the quantised network, in NumPy, ONNX Runtime and on the ideal chip."""
    file = runner.folder / "model.encodings"
    file.write_text(json.dumps(of_version(version, bits)))
    before = plain()
    model, notes = aimet_to_onnx(before, file)
    assert before == plain()
    assert notes == ("encodings of 16 bits stay in floating point: y",)
    x = RANDOM.random((6, 1, 8, 8)).astype(np.float32)
    wanted, _, _ = expected(x, bits)
    # A sum that lies between two steps may be rounded either way.
    assert np.abs(runner.reference(model, x)[0] - wanted).max() < 1e-3 * np.abs(wanted).max()
    assert np.abs(runner.ideal(model, x) - wanted).max() < 1e-3 * np.abs(wanted).max()


def test_a_result_of_the_network_keeps_its_name(runner):
    """The grid of an output lies before the output."""
    encodings = {
        "version": "2.0.0",
        "encodings": [{"name": "y", "output_dtype": "int8", "y_scale": 0.5}],
    }
    model, _ = aimet_to_onnx(plain(), encodings)
    x = RANDOM.random((2, 1, 8, 8)).astype(np.float32)
    y = runner.reference(model, x)[0]
    assert model.graph.output[0].name == "y"
    assert np.abs(y / 0.5 - np.round(y / 0.5)).max() < 1e-5 and np.abs(y).max() > 0


def test_wrong_encodings_are_named(tmp_path):
    """Messages say what is wrong."""
    with pytest.raises(ValueError, match=r"version '3' are unknown; there are 0\.6\.1, 1\.0\.0"):
        aimet_to_onnx(plain(), {"version": "3"})
    with pytest.raises(ValueError, match="lack a part"):
        aimet_to_onnx(plain(), {"version": "1.0.0", "activation_encodings": []})
    with pytest.raises(ValueError, match="no tensors other"):
        entry = {"name": "other", "output_dtype": "int8", "y_scale": 0.5}
        aimet_to_onnx(plain(), {"version": "2.0.0", "encodings": [entry]})
    file = tmp_path / "broken.encodings"
    file.write_text("{")
    with pytest.raises(ValueError, match="no JSON"):
        aimet_to_onnx(plain(), file)


@pytest.mark.parametrize(
    ("entry", "why"),
    [
        ({"output_dtype": "float8e4m3fn", "y_scale": 1.0}, "of floating-point types"),
        ({"output_dtype": "int4", "y_scale": [[1.0]], "block_size": 2}, "of blocks"),
        ({"output_dtype": "int2", "y_scale": 1.0, "y_zero_point": -0.5}, "between whole numbers"),
    ],
)
def test_what_has_no_grid_stays(entry, why):
    """A note names it, and the model is as before."""
    model, notes = aimet_to_onnx(
        plain(), {"version": "2.1.0", "encodings": [{"name": "k", **entry}]}
    )
    assert model == plain()
    assert len(notes) == 1 and why in notes[0] and notes[0].endswith(": k")
