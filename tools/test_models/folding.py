"""Normalizations and constants behind products whose results are moved before they meet them."""

import numpy as np

from .case import case


def transposed(m, x, name, shape, **attributes):
    """A ConvTranspose with random weights of the shape inputs × outputs per group × kernel."""
    weight = m.weight(f"{name}.weight", shape, shape[0])
    columns = shape[1] * attributes.get("group", 1)
    bias = m.constant(f"{name}.bias", m.random([columns]))
    return m.node("ConvTranspose", [x, weight, bias], name, **attributes)


@case("fold-convtranspose", 13)
def fold_convtranspose(m):
    """ConvTranspose, also grouped and with kernels shorter than strides, with BatchNormalization behind."""
    m.compared = False  # onnx's evaluator has no groups
    x = m.input("x", ["N", 6, 5, 4])
    y = transposed(m, x, "plain", [6, 4, 4, 4], strides=[2, 2], pads=[1, 1, 1, 1])
    y = m.batch_normalization(y, "plain.normal", 4)
    m.result("Relu", [y], "plain.relu")
    y = transposed(m, x, "grouped", [6, 2, 3, 3], strides=[2, 1], group=2, output_padding=[1, 0])
    y = m.batch_normalization(y, "grouped.normal", 4)
    y = m.node("Mul", [y, m.constant("scale", m.random([4, 1, 1]))], "grouped.scaled")
    m.result("Add", [m.constant("shift", m.random([1, 4, 1, 1])), y], "grouped.shifted")
    y = transposed(m, x, "sparse", [6, 3, 2, 2], strides=[3, 3])
    m.output(m.batch_normalization(y, "sparse.normal", 3))


@case("fold-reshape", 13)
def fold_reshape(m):
    """Gemm and Conv, with constants a channel behind Reshape, Transpose, Flatten, Squeeze, Unsqueeze, Slice."""
    x = m.input("x", ["N", 9])
    y = m.node("Reshape", [m.gemm(x, "a", 9, 24), m.constant("first", [0, 4, 3, 2])], "a.image")
    m.output(m.batch_normalization(y, "a.normal", 4))
    y = m.node("Reshape", [m.gemm(x, "b", 9, 24), m.constant("last", [0, 3, 2, 4])], "b.image")
    y = m.node("Transpose", [y], "b.turned", perm=[0, 3, 1, 2])
    m.output(m.batch_normalization(y, "b.normal", 4))
    y = m.node("Unsqueeze", [m.gemm(x, "c", 9, 8), m.constant("axis", [2])], "c.column")
    y = m.node("Sub", [m.constant("one", m.random([8, 1])), y], "c.less")
    m.result("Div", [y, m.constant("parts", 1.5 + np.abs(m.random([8, 1])))], "c.parts")
    z = m.input("z", ["N", 3, 5, 1])
    y = m.node("Squeeze", [m.conv(z, "d", [4, 3, 3, 1]), m.constant("axes", [3])], "d.line")
    y = m.node("Slice", [y, m.constant("start", [1]), m.constant("end", [9]), m.constant("two", [2])], "d.cut")
    m.output(m.batch_normalization(y, "d.normal", 4))
    y = m.node("Flatten", [m.conv(z, "e", [4, 3, 5, 1])], "e.flat")
    m.output(m.batch_normalization(y, "e.normal", 4))
    y = m.node("DepthToSpace", [m.conv(z, "f", [8, 3, 1, 1])], "f.space", blocksize=2)
    m.output(m.batch_normalization(y, "f.normal", 2))


@case("fold-not", 13)
def fold_not(m):
    """Constants that differ within a channel, and results that something else sees."""
    z = m.input("z", ["N", 3, 4, 2])
    y = m.node("Flatten", [m.conv(z, "a", [2, 3, 1, 1])], "a.flat")
    m.output(m.batch_normalization(y, "a.normal", 16))
    y = m.result("Flatten", [m.conv(z, "b", [4, 3, 4, 2])], "b.flat")
    m.output(m.batch_normalization(y, "b.normal", 4))
    y = m.node("Flatten", [m.conv(z, "c", [4, 3, 4, 2])], "c.flat")
    m.result("Mul", [y, m.node("Sigmoid", [y], "c.gate")], "c.swish")
    y = m.node("Transpose", [m.node("Relu", [m.gemm(m.node("Flatten", [z], "flat"), "d", 24, 4)], "d.relu")], "d.turned", perm=[1, 0])
    m.result("Add", [y, m.constant("d.addend", m.random([4, 1]))], "d.sum")
