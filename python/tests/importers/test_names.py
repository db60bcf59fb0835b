"""Ranges in the metadata of models."""

import numpy as np
import pytest

onnx = pytest.importorskip("onnx")

from aimcc.importers._names import ranges_of, set_ranges  # noqa: E402


def model():
    """A product and a ReLU."""
    helper = onnx.helper
    weight = onnx.numpy_helper.from_array(np.eye(4, dtype=np.float32), "w")
    ports = [helper.make_tensor_value_info(n, onnx.TensorProto.FLOAT, ["N", 4]) for n in "xz"]
    nodes = [
        helper.make_node("MatMul", ["x", "w"], ["y"], name="product"),
        helper.make_node("Relu", ["y"], ["z"], name="relu"),
    ]
    return helper.make_model(
        helper.make_graph(nodes, "g", ports[:1], ports[1:], [weight]),
        opset_imports=[helper.make_opsetid("", 17)],
        ir_version=9,
    )


def test_values_are_decimal_numbers_that_read_back():
    """Equal blocks become one value, others a list; no exponent has a plus sign."""
    made = model()
    set_ranges(made, {"product": [0.1, 1e22, 3.0]}, {"product": 2.5})
    assert {e.key: e.value for e in made.metadata_props} == {
        "aimcc.input_range.product": "0.1, 1e22, 3.0",
        "aimcc.output_range.product": "2.5",
    }
    assert ranges_of(made, "input") == {"product": (0.1, 1e22, 3.0)}
    set_ranges(made, {"product": [4.0, 4.0]})
    assert ranges_of(made, "input") == {"product": (4.0,)}
    assert len(made.metadata_props) == 2


def test_aimcc_takes_them(runner):
    """The report names the layer with ranges from training."""
    made = model()
    set_ranges(made, {"product": 1.5}, {"product": 2.5})
    path = runner.folder / "m.onnx"
    onnx.save(made, path)
    report = runner.run("compile", path, "-o", runner.folder / "m.aimc", "--wide")
    assert any("training" in line and "product" in line for line in report.splitlines())


def test_recurrent_layers_have_ranges_of_states_and_directions():
    """A node of both directions is two layers; results of gates have no range."""
    nodes = [
        onnx.helper.make_node("LSTM", ["x", "w", "r"], ["y"], name="a", hidden_size=2),
        onnx.helper.make_node("GRU", ["y"], ["z"], name="b", direction="bidirectional"),
    ]
    made = model()
    made.graph.node.extend(nodes)
    set_ranges(made, {"a": [1.0, 2.0], "b.forward": 3.0}, states={"a": 0.5, "b.reverse": 0.25})
    assert ranges_of(made, "input") == {"a": (1.0, 2.0), "b.forward": (3.0,)}
    assert ranges_of(made, "state") == {"a": (0.5,), "b.reverse": (0.25,)}
    with pytest.raises(ValueError, match=r"state range of 'product': .* no such LSTM, GRU or RNN"):
        set_ranges(made, {}, states={"product": 1.0})
    with pytest.raises(ValueError, match="output range of 'a'"):
        set_ranges(made, {}, {"a": 1.0})
    with pytest.raises(ValueError, match="input range of 'b'"):
        set_ranges(made, {"b": 1.0})


@pytest.mark.parametrize("wrong", [0.0, -1.0, float("inf"), float("nan"), []])
def test_what_is_no_range_is_refused(wrong):
    """A range is a number above 0."""
    with pytest.raises(ValueError, match="not numbers above 0"):
        set_ranges(model(), {"product": wrong})


def test_ranges_of_what_is_no_product_are_refused():
    """Only products have converters."""
    with pytest.raises(ValueError, match="no such Conv, Gemm, MatMul"):
        set_ranges(model(), {"relu": 1.0})
