"""Products with weights of few bits, and of integers with scales."""

import numpy as np

from .quantized import EIGHT


def mat_mul_n_bits(d):
    bits = d.choice([2, 4, 4, 4, 8])
    size = d.choice([16, 32, 64])
    k, n = d.size(1, 80), d.size(1, 10)
    blocks = -(-k // size)
    operands = [d.input(d.normal([*d.shape(d.size(1, 2), 3), k]))]
    operands.append(d.constant(
        d.random.integers(0, 256, [n, blocks, size * bits // 8]).astype(np.uint8)))
    scales = np.abs(d.normal([n, blocks], 0.1)) + np.float32(0.01)
    operands.append(d.constant(scales if d.chance(0.7) else scales.reshape(-1)))
    form = d.choice(["none", "packed", "numbers"])
    if form == "packed":
        zeros = d.random.integers(0, 256, [n, -(-blocks * bits // 8)]).astype(np.uint8)
        operands.append(d.constant(zeros if d.chance(0.7) else zeros.reshape(-1)))
    elif form == "numbers":
        operands.append(d.constant(d.random.integers(0, 2**bits, [n, blocks]).astype(np.float32)))
    else:
        operands.append("")
    operands.append("")
    operands.append(d.constant(d.normal([n])) if d.chance(0.3) else "")
    d.tolerance = (1e-3, 1e-3)
    d.results((
        d.node("MatMulNBits", operands, K=k, N=n, bits=bits, block_size=size), np.float32))


def columns(d, type, k, n):
    """Weights, their scales and their zero points, of all or each a column."""
    b = d.integers([k, n], type) // 2
    b = d.constant(b) if d.chance(0.8) else d.input(b)
    if d.chance():
        return (
            b, d.constant(np.array([d.scale() for _ in range(n)])),
            d.constant(np.array([d.zero(type) // 2 for _ in range(n)], type)))
    scale = d.number(d.scale())
    return b, scale, d.constant((d.zero(type) // 2).reshape(d.constants[-1].dims))


def dynamic_quantize_mat_mul(d):
    k, n = d.size(1, 20), d.size(1, 8)
    a = d.input(d.normal([*d.shape(d.size(1, 2), 4), k]))
    b, scales, zeros = columns(d, d.choice(EIGHT), k, n)
    bias = d.constant(d.normal([n])) if d.chance() else ""
    operands = [a, b, scales, zeros if d.chance(0.7) else "", bias]
    d.results((d.node("DynamicQuantizeMatMul", operands), np.float32))


def mat_mul_integer_to_float(d):
    type = d.choice(EIGHT)
    k, n = d.size(1, 20), d.size(1, 8)
    a = d.input(d.integers([*d.shape(d.size(1, 2), 4), k], type))
    b, scales, zeros = columns(d, np.int8 if type == np.int8 else d.choice(EIGHT), k, n)
    bias = d.constant(d.normal([n])) if d.chance() else ""
    operands = [
        a, b, d.number(d.scale()), scales, d.number(d.zero(type)) if d.chance(0.7) else "",
        zeros if d.chance(0.7) else "", bias]
    d.results((d.node("MatMulIntegerToFloat", operands), np.float32))


ALL = [mat_mul_n_bits, dynamic_quantize_mat_mul, mat_mul_integer_to_float]
