"""Products of quantised integers, as ONNX Runtime's quantiser writes them, and of integers as such."""

import numpy as np

from .case import case


def whole(m, shape, type):
    """Random integers over the whole range of a type."""
    range = np.iinfo(type)
    return m.generator.integers(range.min, range.max, shape, dtype=type, endpoint=True)


def stored(m, name, shape, type):
    """A constant of random integers."""
    return m.constant(name, whole(m, shape, type), type)


def stored_input(m, name, shape, type):
    """An input of random integers."""
    m.input(name, shape, type)
    for sizes, data in zip(m.sizes, m.data):
        data[name] = whole(m, [sizes.get(d, d) for d in shape], type)
    return name


@case("matmul-integer", 13)
def matmul_integer(m):
    """MatMulInteger of constant and computed operands on either side, with every form of zero points."""
    a, b = stored_input(m, "a", ["N", 3, 4], np.uint8), stored_input(m, "b", [4, 5], np.uint8)
    low, high = m.constant("12", 12, np.uint8), m.constant("200", 200, np.uint8)
    m.result("MatMulInteger", [a, b, low, high], "two-operands")
    m.result("MatMulInteger", [a, b], "two-operands.no-zero")
    m.result("MatMulInteger", [a, b, "", high], "two-operands.right-zero")
    left, right = stored(m, "left", [2, 4], np.uint8), stored(m, "right", [4, 6], np.uint8)
    m.result("MatMulInteger", [left, b, low, high], "constant-left")
    m.result("MatMulInteger", [a, right, low, high], "constant-right")
    columns = stored(m, "columns", [6], np.uint8)
    m.result("MatMulInteger", [a, right, low, columns], "constant-right.columns")
    computed = stored(m, "columns5", [5], np.uint8)
    m.result("MatMulInteger", [a, b, low, computed], "two-operands.columns")
    s, t = stored_input(m, "s", ["N", 4], np.int8), stored_input(m, "t", [4, 3], np.int8)
    least = m.constant("-128", -128, np.int8)
    m.result("MatMulInteger", [s, t, least, m.constant("7", 7, np.int8)], "signed")
    zero = m.input("zero", [], np.uint8)
    m.result("MatMulInteger", [a, b, zero, zero], "computed-zeros")


@case("conv-integer", 13)
def conv_integer(m):
    """ConvInteger with padding, its weights computed and constant, with zero points."""
    x = stored_input(m, "x", [2, 2, 4, 5], np.uint8)
    w = stored_input(m, "w", [3, 2, 3, 3], np.uint8)
    zeros = [m.constant("12", 12, np.uint8), m.constant("200", 200, np.uint8)]
    m.result("ConvInteger", [x, w, *zeros], "computed-weights", pads=[1, 1, 1, 1])
    weights = stored(m, "weights", [4, 1, 3, 2], np.uint8)
    m.result("ConvInteger", [x, weights, *zeros], "constant-weights", group=2, strides=[2, 1])


@case("qlinear-products", 21)
def qlinear_products(m):
    """QLinearMatMul of two computed operands and of a constant on the left, QLinearConv beside them."""
    a, b = stored_input(m, "a", ["N", 3, 4], np.uint8), stored_input(m, "b", ["N", 4, 3], np.uint8)
    scales = [m.constant(name, np.float32(value))
              for name, value in (("s1", 0.021), ("s2", 0.013), ("s3", 0.17))]
    zeros = [m.constant(f"z{value}", value, np.uint8) for value in (12, 200, 131)]
    first, second, result = zip(scales, zeros)
    m.result("QLinearMatMul", [a, *first, b, *second, *result], "two-operands")
    left = stored(m, "left", [2, 4], np.uint8)
    y = m.node("QLinearMatMul", [left, *first, b, *second, *result], "constant-left")
    m.result("DequantizeLinear", [y, *result], "constant-left.real")
    x = stored_input(m, "x", ["N", 2, 5], np.int8)
    signed = [m.constant(f"i{value}", value, np.int8) for value in (-128, 3, 0)]
    weights = [stored(m, "w", [3, 2, 3], np.int8), scales[1], signed[2]]
    m.result(
        "QLinearConv", [x, scales[0], signed[0], *weights, scales[2], signed[1]], "conv", pads=[1, 1])


@case("quantize-blocks", 21)
def quantize_blocks(m):
    """QuantizeLinear and DequantizeLinear with a scale and zero point a block, along each axis."""
    x = m.input("x", [4, 6], scale=3.0)
    scales = m.generator.uniform(0.01, 0.05, [4, 3]).astype(np.float32)
    rows, columns = m.constant("rows", scales), m.constant("columns", scales.reshape([2, 6]))
    zeros = m.constant("zeros", whole(m, [4, 3], np.uint8), np.uint8)
    y = m.result("QuantizeLinear", [x, rows, zeros], "quantized", axis=1, block_size=2)
    m.result("DequantizeLinear", [y, rows, zeros], "back", axis=1, block_size=2)
    m.result("DequantizeLinear", [y, columns], "other-axis", axis=0, block_size=2)
    m.result("QuantizeLinear", [x, m.constant("few", scales[:, :2])], "uneven", axis=-1, block_size=4)


@case("matmul-of-long-integers", 13)
def matmul_of_long_integers(m):
    """MatMul of integers whose sums f32 does not hold, or that wrap, of 32 and 64 bits."""
    for type, side in ((np.int32, "i32"), (np.uint32, "u32"), (np.int64, "i64"), (np.uint64, "u64")):
        a = stored_input(m, f"{side}.a", [2, 3], type)
        m.result("MatMul", [a, stored_input(m, f"{side}.b", [3, 2], type)], f"{side}.computed")
        m.result("MatMul", [a, stored(m, f"{side}.c", [3, 4], type)], f"{side}.constant")


@case("subnormal-weights", 17)
def subnormal_weights(m):
    """Columns and filters that weight decay has killed: weights, a bias and inputs next to nothing."""
    x = m.input("x", ["N", 4])
    weights = m.random([4, 3], scale=0.5)
    weights[:, 1] *= np.float32(1e-42)
    m.result("MatMul", [x, m.constant("weights", weights)], "column")
    m.result("MatMul", [x, m.constant("dead", weights[:, 1:2])], "layer")
    small = m.node("Mul", [x, m.constant("tiny", np.float32(1e-40))], "small")
    m.result("Gemm", [small, m.constant("w", m.random([4, 2])), m.constant("b", [1e-41, 0])], "input")
