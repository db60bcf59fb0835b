"""Activations."""

import numpy as np

from .case import case


@case("activations", 14)
def activations(m):
    """Relu, LeakyRelu, Sigmoid, Tanh, HardSigmoid and HardSwish, with default and given attributes."""
    x = m.input("x", ["N", 3, 7], scale=4.0)
    m.result("Relu", [x], "relu")
    m.result("LeakyRelu", [x], "leaky")
    m.result("LeakyRelu", [x], "leaky-given", alpha=0.3)
    m.result("Sigmoid", [x], "sigmoid")
    m.result("Tanh", [x], "tanh")
    m.result("HardSigmoid", [x], "hard-sigmoid")
    m.result("HardSigmoid", [x], "hard-sigmoid-given", alpha=0.5, beta=0.6)
    m.result("HardSwish", [x], "hard-swish")


@case("prelu", 16)
def prelu(m):
    """PRelu with one slope, one per channel, one per element, and slopes from an input."""
    x = m.input("x", ["N", 3, 4, 4])
    m.result("PRelu", [x, m.constant("one", [0.2])], "one-slope")
    m.result("PRelu", [x, m.constant("channel", m.random([3, 1, 1]))], "channel-slope")
    m.result("PRelu", [x, m.constant("column", m.random([4]))], "column-slope")
    m.result("PRelu", [x, m.constant("element", m.random([1, 3, 4, 4]))], "element-slope")
    m.result("PRelu", [x, m.input("slope", [3, 1, 1])], "input-slope")


@case("clip-opset7", 7)
def clip_opset7(m):
    """Clip with its limits as attributes."""
    x = m.input("x", ["N", 10], scale=3.0)
    m.result("Clip", [x], "free")
    m.result("Clip", [x], "both", min=-1.0, max=2.5)
    m.result("Clip", [x], "lower", min=0.0)
    m.result("Clip", [x], "upper", max=1.0)


@case("clip-inputs", 13)
def clip_inputs(m):
    """Clip with its limits as inputs: one left out, from a Constant, from the graph's input, integers."""
    x = m.input("x", ["N", 10], scale=3.0)
    zero, six = m.constant("zero", np.float32(0)), m.constant("six", np.float32(6))
    m.result("Clip", [x], "free")
    m.result("Clip", [x, zero, six], "both")
    m.result("Clip", [x, zero], "lower")
    m.result("Clip", [x, "", six], "upper")
    node = m.node("Constant", [], "limit", value_float=1.5)
    m.result("Clip", [x, zero, node], "from-constant-node")
    m.result("Clip", [x, zero, m.input("limit-input", [])], "from-input")
    whole = m.input("whole", ["N", 6], np.int32)
    limits = [m.constant("low", np.int32(-3), np.int32), m.constant("high", np.int32(4), np.int32)]
    m.result("Clip", [whole, *limits], "integers")


@case("softmax-opset11", 11)
def softmax_opset11(m):
    """Softmax and LogSoftmax that flatten all axes from the given one on; the default is 1."""
    x = m.input("x", ["N", 3, 4], scale=3.0)
    for operator in ("Softmax", "LogSoftmax"):
        m.result(operator, [x], f"{operator.lower()}-default")
        m.result(operator, [x], f"{operator.lower()}-axis-0", axis=0)
        m.result(operator, [x], f"{operator.lower()}-last", axis=-1)


@case("softmax-opset13", 13)
def softmax_opset13(m):
    """Softmax and LogSoftmax over one axis; the default is the last. Large values must not overflow."""
    x = m.input("x", ["N", 3, 4], scale=3.0)
    for operator in ("Softmax", "LogSoftmax"):
        m.result(operator, [x], f"{operator.lower()}-default")
        m.result(operator, [x], f"{operator.lower()}-axis-0", axis=0)
        m.result(operator, [x], f"{operator.lower()}-axis-1", axis=-2)
    large = m.node("Mul", [x, m.constant("thousand", np.float32(1000))], "large")
    m.result("Softmax", [large], "softmax-large")
    m.result("LogSoftmax", [large], "logsoftmax-large")


@case("layer-activations", 17)
def layer_activations(m):
    """Each activation straight after a Conv or Gemm, where it can be fused."""
    x = m.input("x", ["N", 2, 5, 5])
    y = m.node("LeakyRelu", [m.conv(x, "conv1", [4, 2, 3, 3], pads=[1] * 4)], "leaky", alpha=0.1)
    y = m.conv(y, "conv2", [4, 4, 3, 3])
    y = m.node("PRelu", [y, m.constant("slope", m.random([4, 1, 1]))], "prelu")
    y = m.node("HardSwish", [m.conv(y, "conv3", [3, 4, 1, 1])], "hard-swish")
    y = m.node("Flatten", [y], "flatten")
    y = m.node("Tanh", [m.gemm(y, "dense1", 27, 8)], "tanh")
    y = m.node("Sigmoid", [m.gemm(y, "dense2", 8, 8)], "sigmoid")
    y = m.node("HardSigmoid", [m.gemm(y, "dense3", 8, 8)], "hard-sigmoid")
    y = m.node("Clip", [m.gemm(y, "dense4", 8, 8), "", m.constant("one", np.float32(1))], "clip")
    m.result("Softmax", [m.gemm(y, "dense5", 8, 5)], "softmax")
