"""Export from PyTorch against PyTorch itself, ONNX Runtime and aimcc."""

import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("onnx")
pytest.importorskip("onnxscript")

from networks import Cnn, Lstm, Mlp, made  # noqa: E402

from aimcc.importers.torch import torch_to_onnx  # noqa: E402


@pytest.mark.parametrize("exporter", ["dynamo", "legacy"])
@pytest.mark.parametrize("kind", [Cnn, Mlp, Lstm])
def test_outputs_are_those_of_the_module(kind, exporter, runner):
    """ONNX Runtime and the ideal chip give what PyTorch gives, for another batch too."""
    network, x = made(kind)
    model = torch_to_onnx(network, x[:1], exporter=exporter)
    with torch.no_grad():
        expected = network(x).numpy()
    scale = np.abs(expected).max()
    assert np.abs(runner.reference(model, x.numpy())[0] - expected).max() < 1e-5 * scale
    assert np.abs(runner.ideal(model, x.numpy()) - expected).max() < 1e-4 * scale


@pytest.mark.parametrize("exporter", ["dynamo", "legacy"])
def test_layers_keep_their_names(exporter):
    """Products and recurrent layers have the names of modules."""

    def named(kind):
        network, x = made(kind)
        nodes = torch_to_onnx(network, x, exporter=exporter).graph.node
        kinds = ("Conv", "Gemm", "MatMul", "LSTM")
        return [node.name for node in nodes if node.op_type in kinds]

    assert named(Cnn) == ["features.0", "hidden", "logits"]
    assert named(Lstm) == ["cells", "cells_1", "logits"]


def test_a_layer_that_is_called_twice_has_two_names():
    """The second call gets a number."""

    class Twice(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.same = torch.nn.Linear(4, 4)

        def forward(self, x):
            return self.same(self.same(x).relu())

    model = torch_to_onnx(Twice(), torch.rand(2, 4))
    assert [n.name for n in model.graph.node if n.op_type == "Gemm"] == ["same", "same_1"]


def test_names_of_ports_and_fixed_sizes():
    """Ports have the given names; batch=None leaves no size open."""
    network, x = made(Mlp)
    model = torch_to_onnx(network, x, batch=None, input_names=["in"], output_names=["out"])
    assert [model.graph.input[0].name, model.graph.output[0].name] == ["in", "out"]
    sizes = [d.dim_value for d in model.graph.input[0].type.tensor_type.shape.dim]
    assert sizes == [3, 300]
    open_ = torch_to_onnx(network, x).graph.input[0].type.tensor_type.shape.dim[0]
    assert open_.dim_param == "N"


def test_the_mode_of_every_part_stays():
    """A module in training, with a part in evaluation mode, is so afterwards."""
    network, x = made(Cnn)
    network.train()
    network.features[1].eval()
    torch_to_onnx(network, x)
    assert network.training and network.hidden.training
    assert not network.features[1].training


def test_wrong_arguments_are_named():
    """Messages say what is wrong and what to do."""
    network, x = made(Mlp)
    with pytest.raises(ValueError, match="'other' is unknown; there are 'dynamo' and 'legacy'"):
        torch_to_onnx(network, x, exporter="other")
    with pytest.raises(ValueError, match=r"batch=2, but an input has the shape \(3, 300\)"):
        torch_to_onnx(network, x, batch=2)
    with pytest.raises(ValueError, match="holds a str"):
        torch_to_onnx(network, ["x"])
    with pytest.raises(ValueError, match="is empty"):
        torch_to_onnx(network, [])
    with pytest.raises(ValueError, match="try exporter='legacy'"):
        torch_to_onnx(network, torch.rand(3, 7))
