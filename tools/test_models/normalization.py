"""BatchNormalization, alone and after the layers that it can be folded into."""

import numpy as np

from .case import case


@case("batchnorm", 15)
def batchnorm(m):
    """BatchNormalization alone, over two to four axes, with gains of both signs."""
    for name, shape in (("x", ["N", 3]), ("s", ["N", 3, 5]), ("h", ["N", 3, 4, 5])):
        m.input(name, shape)
        m.output(m.batch_normalization(name, f"{name}-norm", 3))
    m.output(m.batch_normalization("h", "epsilon", 3, epsilon=0.1, momentum=0.5))


@case("batchnorm-opset7", 7)
def batchnorm_opset7(m):
    """BatchNormalization of opset 7."""
    x = m.input("x", ["N", 3, 4, 4])
    m.output(m.batch_normalization(x, "norm", 3, epsilon=1e-3, momentum=0.9))


@case("batchnorm-opset9", 9)
def batchnorm_opset9(m):
    """BatchNormalization of opset 9."""
    x = m.input("x", ["N", 3, 4, 4])
    m.output(m.batch_normalization(x, "norm", 3))


@case("conv-batchnorm", 17)
def conv_batchnorm(m):
    """BatchNormalization after Conv, depthwise Conv and Gemm, with and without a bias."""
    x = m.input("x", ["N", 3, 6, 6])
    y = m.conv(x, "conv1", [4, 3, 3, 3], bias=False, pads=[1] * 4)
    y = m.node("Relu", [m.batch_normalization(y, "conv1/norm", 4)], "conv1/relu")
    y = m.conv(y, "depthwise", [4, 1, 3, 3], group=4)
    y = m.node("Relu", [m.batch_normalization(y, "depthwise/norm", 4)], "depthwise/relu")
    y = m.conv(y, "conv2", [5, 4, 1, 1])
    y = m.node("GlobalAveragePool", [m.batch_normalization(y, "conv2/norm", 5)], "pool")
    y = m.gemm(m.node("Flatten", [y], "flatten"), "dense", 5, 4)
    m.output(m.batch_normalization(y, "dense/norm", 4))


@case("conv-batchnorm-shared", 17)
def conv_batchnorm_shared(m):
    """Where folding would be wrong or takes care: the Conv's output is used twice, its weights are
    shared, or BatchNormalization comes before a padded Conv."""
    x = m.input("x", ["N", 3, 5, 5])
    twice = m.conv(x, "used-twice", [4, 3, 3, 3])
    m.output(twice, m.batch_normalization(twice, "used-twice/norm", 4))
    weight = m.weight("shared", [3, 3, 3, 3])
    first = m.node("Conv", [x, weight], "first", pads=[1] * 4)
    first = m.node("Relu", [m.batch_normalization(first, "first/norm", 3)], "first/relu")
    second = m.node("Conv", [first, weight], "second", pads=[1] * 4)
    m.output(m.batch_normalization(second, "second/norm", 3))
    before = m.batch_normalization(x, "before", 3)
    m.output(m.conv(before, "after", [2, 3, 3, 3], pads=[1] * 4))


@case("batchnorm-computed", 13)
def batchnorm_computed(m):
    """BatchNormalization by statistics that are computed, as Keras' LayerNormalization becomes by
    tf2onnx, and by inputs, over two and four axes."""
    x = m.input("x", ["N", 8])
    mean = m.node("ReduceMean", [x], "mean", axes=[1], keepdims=1)
    distance = m.node("Sub", [x, mean], "distance")
    square = m.node("Mul", [distance, distance], "square")
    variance = m.node("ReduceMean", [square], "variance", axes=[1], keepdims=1)
    rows = m.constant("rows", np.array([-1], np.int64))
    flat = [m.node("Reshape", [value, rows], f"flat-{value}") for value in (mean, variance)]
    image = m.node("Reshape", [x, m.constant("image", np.array([1, -1, 8, 1], np.int64))], "as-image")
    size = m.node("Shape", [flat[0]], "size")
    ones = m.node("ConstantOfShape", [size], "ones", value=m.tensor([1.0]))
    zeros = m.node("ConstantOfShape", [size], "zeros", value=m.tensor([0.0]))
    normal = m.node("BatchNormalization", [image, ones, zeros, *flat], "norm", epsilon=1e-3)
    shape = m.constant("shape", np.array([-1, 8], np.int64))
    y = m.node("Reshape", [normal, shape], "restored")
    m.output(m.gemm(m.node("Mul", [y, m.constant("gain", m.random([8]))], "gained"), "dense", 8, 3))
    image = m.input("image-input", ["N", 3, 2, 2])
    parameters = [m.constant("scale", m.random([3])), m.input("bias", [3]), m.constant("mean-3", m.random([3]))]
    variance = m.node("Abs", [m.input("deviation", [3])], "abs")
    m.result("BatchNormalization", [image, *parameters, variance], "by-inputs")
