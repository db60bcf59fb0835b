"""What ONNX Runtime's quantizer writes in the format QOperator."""

import functools

import numpy as np

EIGHT = (np.uint8, np.int8)


def scalar(d, value):
    return d.constant(np.asarray(value))


def quantity(d, shape, type, as_input=True, near=0.05, number=None):
    """An operand with its scale and zero point."""
    array = d.integers(shape, type)
    x = d.input(array) if as_input else d.constant(array)
    number = number or d.number
    return [x, number(d.scale(near)), number(d.zero(type))]


def broadcast(d):
    shape = d.shape(d.size(1, 4))
    other = [1 if d.chance(0.2) else n for n in shape][d.size(0, len(shape) - 1):]
    return (shape, other) if d.chance() else (other, shape)


def arithmetic(d, operator, near):
    type = d.choice(EIGHT)
    a, b = broadcast(d)
    number = functools.partial(scalar, d)
    operands = quantity(d, a, type, number=number)
    operands += quantity(d, b, type, as_input=d.chance(0.7), number=number)
    operands += [number(d.scale(near)), number(d.zero(type))]
    for index in (2, 5, 7):  # a zero point that is left out is 0
        if d.chance(0.1):
            operands[index] = ""
    d.steps = 1
    d.results((d.node(operator, operands), type))


def qlinear_add(d):
    arithmetic(d, "QLinearAdd", 0.1)


def qlinear_mul(d):
    arithmetic(d, "QLinearMul", 0.3)


def qlinear_where(d):
    type = d.choice(EIGHT)
    shape = d.shape(d.size(1, 3))
    condition = d.input(d.random.random(shape) < 0.5)
    operands = [condition]
    operands += quantity(d, shape, type)
    operands += quantity(d, shape, type)
    operands += [d.number(d.scale(0.06)), d.number(d.zero(type))]
    d.steps = 1
    d.results((d.node("QLinearWhere", operands), type))


def lookup(d, operator, near, **attributes):
    type = d.choice(EIGHT)
    operands = quantity(d, d.shape(d.size(1, 4)), type)
    operands += [d.number(d.scale(near)), d.number(d.zero(type))]
    d.steps = 1
    d.results((d.node(operator, operands, **attributes), type))


def qlinear_sigmoid(d):
    lookup(d, "QLinearSigmoid", 1 / 256)


def qlinear_leaky_relu(d):
    alpha = d.choice([None, 0.0, 0.25, 0.1, -0.5, 2.0])
    lookup(d, "QLinearLeakyRelu", 0.05, alpha=alpha)


def qlinear_softmax(d):
    """ONNX Runtime lets int8 results run over where softmax · steps + zero point is beyond 127."""
    type = d.choice(EIGHT)
    rank = d.size(1, 4)
    operands = quantity(d, d.shape(rank), type)
    zero = np.int8(-128) if type == np.int8 else np.uint8(d.choice([0, 0, 3, 200]))
    scale = d.scale(1 / 200) if type == np.uint8 else np.float32(d.choice([1 / 250, 1 / 128]))
    operands += [d.number(scale), d.number(np.array(zero, type))]
    opset = d.choice([11, 12, 13, 17])
    d.steps = 1
    d.results((
        d.node(
            "QLinearSoftmax", operands, opset=opset, axis=int(d.random.integers(-rank, rank))),
        type))


def qlinear_concat(d):
    type = d.choice(EIGHT)
    rank = d.size(1, 4)
    axis = int(d.random.integers(-rank, rank))
    shape = d.shape(rank)
    scale, zero = d.number(d.scale()), d.number(d.zero(type))
    operands = [scale, zero]
    for _ in range(d.size(1, 4)):
        own = list(shape)
        own[axis] = d.size()
        part = quantity(d, own, type)
        operands += [part[0], scale, zero] if d.chance(0.3) else part
    d.steps = 1
    d.results((d.node("QLinearConcat", operands, axis=axis), type))


def q_gemm(d):
    a_type = d.choice(EIGHT)
    b_type = np.int8 if a_type == np.int8 or d.chance() else np.uint8
    m, k, n = d.size(), d.size(1, 40), d.size(1, 9)
    turned = d.chance(), d.chance()
    a = quantity(d, [k, m] if turned[0] else [m, k], a_type)
    shape = [n, k] if turned[1] else [k, n]
    b = d.integers(shape, b_type)
    if a_type != b_type:
        b //= 2  # ONNX Runtime's sums of u8 · s8 saturate on processors without VNNI
    operands = a + [d.constant(b) if d.chance(0.8) else d.input(b)]
    if d.chance():
        operands += [d.constant(np.array([d.scale() for _ in range(n)])),
                     d.constant(np.array([d.zero(b_type) for _ in range(n)], b_type))]
    else:
        operands += [d.number(d.scale()), d.number(d.zero(b_type))]
        if len(d.constants[-1].dims) != len(d.constants[-2].dims):
            d.constants[-1].dims[:] = d.constants[-2].dims
    bias = d.choice([None, [n], [1, n], [m, n], [m, 1], [1], []])
    if bias is None:
        operands.append("")
    else:
        operands.append(d.constant(d.random.integers(-9000, 9000, bias).astype(np.int32)))
    alpha = d.choice([None, None, 1.0, 0.5, 1.7])
    result = np.float32
    if d.chance(0.8):
        operands += [d.number(d.scale(2.0)), d.number(d.zero(a_type))]
        result = a_type
    d.steps = 1
    d.results((
        d.node("QGemm", operands, transA=int(turned[0]), transB=int(turned[1]), alpha=alpha),
        result))


def qlinear_average_pool(d):
    type = d.choice(EIGHT)
    rank = d.size(1, 3)
    sizes = [d.size(3, 9) for _ in range(rank)]
    kernel = [d.size(1, 3) for _ in range(rank)]
    is_last = d.chance(0.3)
    channels = [d.size(1, 3), d.size(1, 5)]
    shape = [channels[0], *sizes, channels[1]] if is_last else [*channels, *sizes]
    attributes = {"kernel_shape": kernel, "strides": [d.size(1, 3) for _ in range(rank)]}
    if d.chance():
        attributes["pads"] = [
            int(d.random.integers(0, n)) for n in kernel] + [int(d.random.integers(0, n)) for n in kernel]
    elif d.chance():
        # ONNX Runtime pads negatively where a stride is longer than its kernel.
        attributes["strides"] = [d.size(1, n) for n in kernel]
        attributes["auto_pad"] = d.choice(["SAME_UPPER", "SAME_LOWER", "VALID"])
    if d.chance(0.3):
        attributes["ceil_mode"] = 1
    elif d.chance():
        attributes["count_include_pad"] = 1
    number = functools.partial(scalar, d)
    operands = quantity(d, shape, type, number=number)
    operands += [number(d.scale(0.03)), number(d.zero(type))]
    d.steps = 1
    d.results((
        d.node("QLinearAveragePool", operands, channels_last=int(is_last), **attributes), type))


def qlinear_global_average_pool(d):
    type = d.choice(EIGHT)
    operands = quantity(d, d.shape(d.size(3, 5)), type)
    operands += [d.number(d.scale(0.03)), d.number(d.zero(type))]
    d.steps = 1
    d.results((
        d.node("QLinearGlobalAveragePool", operands, channels_last=int(d.chance(0.3))), type))


def quantize_linear(d):
    type = d.choice([np.uint8, np.int8, np.uint16, np.int16])
    rank = d.size(1, 4)
    shape = d.shape(rank)
    axis = d.choice([None, None, int(d.random.integers(-rank, rank))])
    x = d.input(d.normal(shape, 4))
    count = shape[axis] if axis is not None else None
    scale, zero = scales(d, count, type, 0.05 if np.iinfo(type).bits == 8 else 1e-3)
    d.results((d.node("QuantizeLinear", [x, scale, zero], axis=axis), type))


def dequantize_linear(d):
    type = d.choice([np.uint8, np.int8, np.uint16, np.int16, np.int32])
    rank = d.size(1, 4)
    shape = d.shape(rank)
    axis = d.choice([None, None, int(d.random.integers(-rank, rank))])
    x = d.input(d.integers(shape, type if type != np.int32 else np.int16).astype(type))
    count = shape[axis] if axis is not None else None
    scale, zero = scales(d, count, type, 0.05)
    if type == np.int32:
        zero = ""
    d.results((d.node("DequantizeLinear", [x, scale, zero], axis=axis), np.float32))


def scales(d, count, type, near):
    if count is None:
        return d.number(d.scale(near)), d.constant(d.zero(type).reshape(d.constants[-1].dims))
    return (
        d.constant(np.array([d.scale(near) for _ in range(count)])),
        d.constant(np.array([d.zero(type) for _ in range(count)], type)))


ALL = [
    qlinear_add, qlinear_mul, qlinear_where, qlinear_sigmoid, qlinear_leaky_relu, qlinear_softmax,
    qlinear_concat, q_gemm, qlinear_average_pool, qlinear_global_average_pool, quantize_linear,
    dequantize_linear,
]
