"""Recurrent layers: LSTM, GRU and RNN."""

import numpy as np

from .case import case

GATES = {"LSTM": 4, "GRU": 3, "RNN": 1}
SIZES = ({"T": 5, "N": 2},)


def layer(m, operator, x, name, inputs, hidden, operands=(), results=1, **attributes):
    """A layer with random weights; `operands` names what stands behind the weights."""
    directions = 2 if attributes.get("direction") == "bidirectional" else 1
    width = GATES[operator] * hidden
    shapes = {
        "bias": [directions, 2 * width],
        "peepholes": [directions, 3 * hidden],
        "h": [directions, 2, hidden],
        "c": [directions, 2, hidden],
    }
    names = [
        x,
        m.weight(f"{name}.weights", [directions, width, inputs], rows=inputs),
        m.weight(f"{name}.recurrence", [directions, width, hidden], rows=hidden),
    ]
    for operand in operands:
        if operand in shapes:
            operand = m.constant(f"{name}.initial-{operand}", m.random(shapes[operand], scale=0.4))
        names.append(operand)
    outputs = [f"{name}.{part}" for part in ("y", "h", "c")[:results]]
    for output in outputs[1:]:
        m.declare(output, [directions, 2, hidden])
    return m.node(operator, names, name, outputs, hidden_size=hidden, **attributes)


@case("lstm", 14, SIZES)
def lstm(m):
    """An LSTM with a bias, two in both directions with peepholes, one into the other, and a Gemm."""
    x = m.input("x", ["T", "N", 6])
    layer(m, "LSTM", x, "plain", 6, 5, ["bias"], 3)
    m.output("plain.y", "plain.h", "plain.c")
    operands = ["bias", "", "h", "c", "peepholes"]
    layer(m, "LSTM", "plain.y.flat", "both", 5, 4, operands, direction="bidirectional")
    m.node("Squeeze", ["plain.y", m.constant("axes", [1])], "plain.y.flat")
    m.nodes[-1], m.nodes[-2] = m.nodes[-2], m.nodes[-1]
    turned = m.node("Transpose", ["both.y"], "turned", perm=[2, 0, 1, 3])
    rows = m.node("Reshape", [turned, m.constant("rows", [-1, 8])], "rows.flat")
    m.output(m.gemm(rows, "dense", 8, 3))


@case("lstm-variants", 14, SIZES)
def lstm_variants(m):
    """Lengths, other activations with a clip, and coupled gates."""
    x = m.input("x", ["T", "N", 3])
    lengths = m.constant("steps", [3, 5], np.int32)
    layer(m, "LSTM", x, "lengths", 3, 4, ["bias", lengths, "h", "c"], 3, direction="reverse")
    m.output("lengths.y", "lengths.h", "lengths.c")
    layer(
        m, "LSTM", x, "activations", 3, 4, ["bias"],
        activations=["HardSigmoid", "Softsign", "ScaledTanh"], activation_alpha=[0.3, 0.8],
        activation_beta=[0.4, 0.6], clip=0.7)
    layer(m, "LSTM", x, "coupled", 3, 4, ["", "", "", "", "peepholes"], input_forget=1)
    m.output("activations.y", "coupled.y")


@case("gru", 14, SIZES)
def gru(m):
    """Both forms of the reset gate, in each direction, with lengths."""
    x = m.input("x", ["T", "N", 4])
    lengths = m.constant("steps", [5, 2], np.int32)
    layer(m, "GRU", x, "before", 4, 5, ["bias"], 2, direction="bidirectional")
    layer(m, "GRU", x, "after", 4, 5, ["bias", "", "h"], 2, linear_before_reset=1)
    layer(
        m, "GRU", x, "ended", 4, 3, ["bias", lengths], direction="reverse", linear_before_reset=1,
        activations=["Sigmoid", "Elu"], activation_alpha=[0.6])
    m.output("before.y", "before.h", "after.y", "after.h", "ended.y")


@case("rnn", 7, SIZES)
def rnn(m):
    """An RNN in both directions, and one with an activation that does not saturate."""
    x = m.input("x", ["T", "N", 4])
    layer(m, "RNN", x, "both", 4, 6, ["bias", "", "h"], 2, direction="bidirectional")
    layer(m, "RNN", x, "relu", 4, 3, ["bias"], activations=["Relu"])
    layer(m, "RNN", x, "softplus", 4, 3, ["bias"], activations=["Softplus"], clip=0.5)
    m.output("both.y", "both.h", "relu.y", "softplus.y")


@case("rnn-of-inputs", 22, SIZES)
def rnn_of_inputs(m):
    """Weights that are inputs of the network, so that no crossbar can hold them."""
    x = m.input("x", ["T", "N", 3])
    weights = [m.input("weights", [1, 9, 3]), m.input("recurrence", [1, 9, 3])]
    lengths = m.input("lengths", ["N"], np.int32)
    m.data[0]["lengths"] = np.array([4, 2], np.int32)
    m.node("GRU", [x, *weights, "", lengths], "gru", ["y"], hidden_size=3)
    m.output("y")


@case("lstm-wide", 14, ({"T": 3, "N": 1},))
def lstm_wide(m):
    """More hidden units than a slice of a GDPU takes; its weights are pieces joined."""
    x = m.input("x", ["T", "N", 2])
    piece = m.weight("piece", [1, 24, 72], rows=72)
    recurrence = m.node("Concat", [piece] * 12, "recurrence", axis=1)
    m.node("LSTM", [x, m.weight("weights", [1, 288, 2]), recurrence], "lstm", ["y"], hidden_size=72)
    m.output("y")


@case("lstm-open-time", 13, sizes=({"time": 7}, {"time": 7}))
def lstm_open_time(m):
    """LSTM, GRU and RNN whose first axis, that of time, is open: it is no batch, its size is that of the
    data."""
    x = m.input("x", ["time", 1, 4])
    for operator, gates in (("LSTM", 4), ("GRU", 3), ("RNN", 1)):
        name = operator.lower()
        weights = [m.weight(f"{name}.w", [1, gates * 5, 4]), m.weight(f"{name}.r", [1, gates * 5, 5])]
        m.node(operator, [x, *weights], name, hidden_size=5)
        m.result("Squeeze", [name, m.constant(f"{name}.axes", np.array([1], np.int64))], f"{name}-flat")
