"""What Brevitas and QONNX write; the package qonnx computes it."""

import importlib

import numpy as np

DOMAINS = ("qonnx.custom_op.general", "onnx.brevitas", "finn.custom_op.general")
ROUNDINGS = (
    "ROUND", "HALF_EVEN", "CEIL", "FLOOR", "UP", "DOWN", "HALF_UP", "HALF_DOWN", "round", "floor")


def reference(module):
    return importlib.import_module(f"qonnx.custom_op.general.{module}")


def tensor(d):
    """An operand that is an input or a constant, with numbers that tie."""
    shape = d.shape(d.size(1, 4))
    x = d.normal(shape, 2)
    if d.chance():
        x = np.round(x * 8).astype(np.float32) / 8
    return x, d.input(x) if d.chance(0.8) else d.constant(x)


def steps(d, x, near):
    """A scale for all, or one each channel."""
    if d.chance(0.6) or x.ndim < 2:
        return np.array(d.scale(near)).reshape(d.choice([[], [1], [1] * x.ndim]))
    shape = [1] * x.ndim
    axis = d.choice([0, 1])
    shape[axis] = x.shape[axis]
    return np.array([d.scale(near) for _ in range(shape[axis])]).reshape(shape)


def zeros(d, scale):
    if d.chance(0.7):
        return np.zeros(d.choice([[], scale.shape]), np.float32)
    return np.array(d.random.integers(-3, 9), np.float32)


def written(d, number):
    """A whole number in a type in which converters to QONNX write it."""
    return number.astype(d.choice([np.float32, np.float32, np.int64, np.int32, np.float64]))


def quant(d, operator="Quant"):
    x, name = tensor(d)
    scale = steps(d, x, 0.2)
    zero = zeros(d, scale)
    bits = np.array(d.choice([1, 2, 3, 4, 5, 8, 8, 8, 16, 24]), np.float32)
    attributes = {"signed": int(d.chance(0.6)), "narrow": int(d.chance(0.4))}
    mode = d.choice(ROUNDINGS)
    operands = [name, d.constant(scale), d.constant(written(d, zero)), d.constant(written(d, bits))]
    y = d.node(operator, operands, domain=d.choice(DOMAINS), rounding_mode=mode, **attributes)
    ensure_input(d, y)
    return [reference("intquant").int_quant(
        x, scale, zero, bits, attributes["signed"], attributes["narrow"], mode)]


def int_quant(d):
    return quant(d, "IntQuant")


def bipolar_quant(d):
    x, name = tensor(d)
    scale = steps(d, x, 0.7)
    y = d.node("BipolarQuant", [name, d.constant(scale)], domain=d.choice(DOMAINS))
    ensure_input(d, y)
    return [reference("bipolar_quant").binary_quant(x, scale)]


def trunc(d):
    x, name = tensor(d)
    scale = steps(d, x, 0.1)
    zero = zeros(d, scale)
    before, after = (np.array(n, np.float32) for n in d.choice([(8, 4), (8, 2), (10, 8), (6, 5), (4, 4)]))
    mode = d.choice(ROUNDINGS)
    operands = [name, d.constant(scale), d.constant(written(d, zero)), d.constant(written(d, before))]
    if d.chance():
        y = d.node("Trunc", operands + [d.constant(after)], domain=DOMAINS[0], rounding_mode=mode)
        ensure_input(d, y)
        return [reference("trunc").trunc_v1(x, scale, zero, before, after, mode)]
    factor = np.float32(2.0 ** d.size(0, 4))
    if d.chance(0.2):
        factor *= np.float32(1.1)
    new = (scale * factor).astype(np.float32)
    narrow, signed = int(d.chance()), int(d.chance(0.7))
    y = d.node(
        "Trunc", operands + [d.constant(new), d.constant(after)], domain=DOMAINS[0], version=2,
        rounding_mode=mode, narrow=narrow, signed=signed)
    ensure_input(d, y)
    return [reference("trunc").trunc_v2(
        x, scale, zero, before, narrow, signed, new, after, mode)]


def ensure_input(d, y):
    """Adds an input where all is constant, so that there is one."""
    d.tolerance = (1e-6, 1e-6)
    d.results((y, np.float32))
    if not d.inputs:
        z = d.node("Identity", [d.input(d.normal([1]))], domain="")
        d.results((z, np.float32))


ALL = [quant, int_quant, bipolar_quant, trunc]
