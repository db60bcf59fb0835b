"""Arithmetic, minima, maxima and casts."""

import numpy as np

from .case import case


@case("arithmetic", 13)
def arithmetic(m):
    """Add, Sub, Mul and Div with broadcasting in both directions, of inputs and constants."""
    a = m.input("a", ["N", 3, 4])
    b = m.input("b", [3, 1])
    c = m.input("c", ["N", 1, 4])
    scalar = m.constant("scalar", np.float32(1.5))
    vector = m.constant("vector", m.random([4]))
    for operator in ("Add", "Sub", "Mul", "Div"):
        name = operator.lower()
        m.result(operator, [a, a], f"{name}-same")
        m.result(operator, [b, c], f"{name}-both-ways")
        m.result(operator, [scalar, a], f"{name}-scalar-left")
        m.result(operator, [a, vector], f"{name}-vector-right")


@case("arithmetic-opset7", 7)
def arithmetic_opset7(m):
    """Arithmetic of opset 7, which already broadcasts, and Max and Min of equal shapes."""
    a = m.input("a", ["N", 3, 4])
    b = m.input("b", ["N", 3, 4])
    m.result("Add", [a, m.constant("column", m.random([3, 1]))], "add")
    m.result("Sub", [a, b], "sub")
    m.result("Mul", [m.constant("row", m.random([4])), b], "mul")
    m.result("Div", [a, m.constant("two", np.float32(2))], "div")
    m.result("Max", [a, b], "max")
    m.result("Min", [a, b, a], "min")


@case("arithmetic-integer", 14)
def arithmetic_integer(m):
    """Integer arithmetic: division truncates towards zero, products wrap."""
    a = m.input("a", ["N", 6], np.int64)
    b = m.input("b", [6], np.int64)
    c = m.input("c", ["N", 6], np.int32)
    large = m.constant("large", np.full(6, 2**62 + 1), np.int64)
    for operator in ("Add", "Sub", "Mul", "Div"):
        m.result(operator, [a, b], f"{operator.lower()}-int64")
        m.result(operator, [c, c], f"{operator.lower()}-int32")
    m.result("Mul", [a, large], "mul-wraps")
    m.result("Max", [a, b], "max-int64")
    m.result("Min", [c, m.constant("four", np.int32(4), np.int32)], "min-int32")


@case("arithmetic-special", 14)
def arithmetic_special(m):
    """Infinities, NaN, signed zeros and subnormals through arithmetic and activations."""
    x = m.input("x", ["N", 1])
    special = [0.0, -0.0, np.inf, -np.inf, np.nan, 1e-40, 3e38, -3e38]
    s = m.constant("special", special)
    zero = m.constant("zero", np.float32(0))
    m.result("Add", [x, s], "add")
    m.result("Mul", [s, s], "mul")
    m.result("Div", [x, s], "div")
    m.result("Sub", [s, s], "sub")
    sum = m.node("Add", [m.node("Mul", [x, zero], "nothing"), s], "shifted")
    m.result("Relu", [sum], "relu")
    m.result("Max", [sum, zero], "max")
    m.result("Min", [sum, zero], "min")
    m.result("Sigmoid", [sum], "sigmoid")
    m.result("Tanh", [sum], "tanh")


@case("max-min", 13)
def max_min(m):
    """Max and Min of one to four values with broadcasting."""
    a = m.input("a", ["N", 3, 4])
    b = m.input("b", [3, 1])
    c = m.input("c", [4])
    scalar = m.constant("scalar", np.float32(0.1))
    for operator in ("Max", "Min"):
        name = operator.lower()
        m.result(operator, [a], f"{name}-one")
        m.result(operator, [b, c], f"{name}-two")
        m.result(operator, [scalar, b, a], f"{name}-three")
        m.result(operator, [c, a, scalar, b], f"{name}-four")


@case("cast", 13)
def cast(m):
    """Cast between float32, float16, integers and bool; floats truncate towards zero."""
    x = m.input("x", ["N", 8], scale=5.0)
    whole = m.input("whole", ["N", 8], np.int64)
    flags = m.input("flags", ["N", 8], np.bool_)
    small = m.input("small", ["N", 8], np.uint8)
    types = {"uint8": 2, "int8": 3, "int32": 6, "int64": 7, "bool": 9, "float16": 10}
    for name in ("int8", "int32", "int64", "bool", "float16"):
        m.result("Cast", [x], f"float-to-{name}", to=types[name])
    for name in ("int8", "int32", "bool", "float16"):
        m.result("Cast", [whole], f"int64-to-{name}", to=types[name])
    for value in ("whole", "flags", "small", "float-to-float16", "float-to-int8"):
        m.result("Cast", [value], f"{value}-to-float", to=1)
    m.result("Cast", [flags], "flags-to-int64", to=7)
    m.result("Cast", [small], "small-to-int32", to=6)
    m.result("Cast", [x], "float-to-float", to=1)
