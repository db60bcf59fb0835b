"""Layers whose results need other ranges than the largest of them says."""

import numpy as np

from .case import case


@case("ranges/two-magnitudes", 13, sizes=({"N": 6},))
def two_magnitudes(m):
    """One product whose columns differ in size by 3,000, and one that is longer than a crossbar."""
    x = m.input("x", ["N", 32])
    scale = np.where(np.arange(8) < 4, 10.0, 0.003)
    weights = m.constant("w", m.random([32, 8], scale=0.2) * scale)
    y = m.node("Gemm", [x, weights, m.constant("b", m.random([8]) * scale)], "y")
    sizes = m.constant("sizes", [4, 4])
    m.output(*m.node("Split", [y, sizes], "split", outputs=["big", "small"], axis=1))
    z = m.input("z", ["N", 260])
    y = m.node("MatMul", [z, m.constant("tall.w", m.random([260, 8], scale=0.05) * scale)], "tall")
    m.output(*m.node("Split", [y, sizes], "tall.split", outputs=["tall.big", "tall.small"], axis=1))


def wide(m, shape, scale):
    return m.constant(f"w{len(m.initializers)}", m.random(shape, scale=scale))


@case("ranges/lstm-wide-sums", 14, sizes=({},))
def lstm_wide_sums(m):
    """An LSTM whose sums are far beyond where its gates are flat."""
    x = m.input("x", [6, 4, 8])
    weights = wide(m, [1, 32, 8], 12.0)
    state, bias = wide(m, [1, 32, 8], 0.7), wide(m, [1, 64], 0.5)
    m.output(*m.node("LSTM", [x, weights, state, bias], "lstm", outputs=["y", "h"], hidden_size=8))


@case("ranges/flat-functions", 13, sizes=({"N": 24},))
def flat_functions(m):
    """Sigmoid, tanh, hard sigmoid, a clipping and a softmax of results that are mostly where they are flat."""
    x = m.input("x", ["N", 16])
    for name, operator in [("s", "Sigmoid"), ("t", "Tanh"), ("h", "HardSigmoid")]:
        m.result(operator, [m.node("MatMul", [x, wide(m, [16, 8], 8.0)], f"{name}.sum")], name)
    six = [m.constant("zero", np.float32(0)), m.constant("six", np.float32(6))]
    m.result("Clip", [m.node("MatMul", [x, wide(m, [16, 8], 8.0)], "c.sum"), *six], "c")
    y = m.node("Reshape", [m.node("MatMul", [x, wide(m, [16, 8], 8.0)], "r.sum"), m.constant("rows", [0, 2, 4])], "r.rows")
    m.result("Sigmoid", [y], "r")
