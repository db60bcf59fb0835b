"""Resize."""

import numpy as np

from .case import case

EMPTY = np.zeros(0, np.float32)


@case("resize-opset10", 10)
def resize_opset10(m):
    """Resize of opset 10: scales alone, asymmetric coordinates, rounded down."""
    x = m.input("x", ["N", 2, 3, 4])
    up = m.constant("up", [1.0, 1.0, 2.0, 3.0])
    m.result("Resize", [x, up], "nearest-up")
    m.result("Resize", [x, up], "linear-up", mode="linear")
    m.result("Resize", [x, m.constant("down", [1.0, 1.0, 1.0, 0.5])], "nearest-down")


@case("resize-nearest", 13)
def resize_nearest(m):
    """Resize to the nearest element: every rounding and every transformation of coordinates."""
    x = m.input("x", ["N", 1, 4, 5])
    scales = m.constant("scales", [1.0, 1.0, 2.0, 1.6])
    down = m.constant("down", [1.0, 1.0, 0.5, 0.8])
    for rounding in ("round_prefer_floor", "round_prefer_ceil", "floor", "ceil"):
        name = rounding.replace("_", "-")
        m.result("Resize", [x, "", scales], f"{name}-up", nearest_mode=rounding)
        m.result("Resize", [x, "", down], f"{name}-down", nearest_mode=rounding)
    sizes = m.constant("sizes", [2, 1, 7, 3])
    for transformation in ("asymmetric", "pytorch_half_pixel", "align_corners"):
        name = transformation.replace("_", "-")
        mode = {"coordinate_transformation_mode": transformation, "nearest_mode": "floor"}
        m.result("Resize", [x, "", "", sizes], f"{name}-sizes", **mode)
        mode["nearest_mode"] = "round_prefer_floor"
        m.result("Resize", [x, "", scales], f"{name}-scales", **mode)


@case("resize-linear", 13)
def resize_linear(m):
    """Resize by linear interpolation: every transformation of coordinates, scales and sizes."""
    x = m.input("x", ["N", 1, 4, 5])
    s = m.input("s", ["N", 2, 5])
    scales = m.constant("scales", [1.0, 1.0, 2.0, 1.6])
    down = m.constant("down", [1.0, 1.0, 0.5, 0.8])
    sizes = m.constant("sizes", [2, 1, 7, 3])
    for transformation in ("half_pixel", "pytorch_half_pixel", "align_corners", "asymmetric"):
        name = transformation.replace("_", "-")
        mode = {"coordinate_transformation_mode": transformation, "mode": "linear"}
        m.result("Resize", [x, "", scales], f"{name}-up", **mode)
        m.result("Resize", [x, "", down], f"{name}-down", **mode)
        m.result("Resize", [x, "", "", sizes], f"{name}-sizes", **mode)
    m.result("Resize", [s, "", m.constant("line", [1.0, 1.0, 1.7])], "one-axis", mode="linear")


@case("resize-opset11-roi", 11)
def resize_opset11_roi(m):
    """Resize with the empty tensors that exporters give for a region and for scales."""
    x = m.input("x", ["N", 2, 3, 3])
    roi, none = m.constant("roi", EMPTY), m.constant("none", EMPTY)
    scales = m.constant("scales", [1.0, 1.0, 2.0, 2.0])
    asymmetric = {"coordinate_transformation_mode": "asymmetric", "nearest_mode": "floor"}
    m.result("Resize", [x, roi, scales], "scales-given", **asymmetric)
    shape = m.node("Shape", [x], "shape")
    kept = m.node("Slice", [shape, m.constant("zero", [0]), m.constant("two", [2])], "kept")
    sizes = m.node("Concat", [kept, m.constant("space", [5, 6])], "sizes", axis=0)
    m.result(
        "Resize",
        [x, roi, none, sizes],
        "sizes-computed",
        mode="linear",
        coordinate_transformation_mode="pytorch_half_pixel",
        cubic_coeff_a=-0.75,
    )


@case("resize-opset19", 19)
def resize_opset19(m):
    """Resize of chosen axes, about the middle, and stretched."""
    x = m.input("x", ["N", 1, 4, 6])
    scales = m.constant("scales", [1.5, 2.0])
    m.result("Resize", [x, "", scales], "axes", axes=[2, 3], mode="linear")
    m.result("Resize", [x, "", scales], "axes-swapped", axes=[3, 2])
    symmetric = {"coordinate_transformation_mode": "half_pixel_symmetric", "mode": "linear"}
    m.result("Resize", [x, "", m.constant("odd", [1.0, 1.0, 1.3, 0.7])], "symmetric", **symmetric)
    sizes = m.constant("sizes", [9, 9])
    m.result(
        "Resize", [x, "", "", sizes], "stretch", axes=[2, 3], keep_aspect_ratio_policy="stretch"
    )


@case("resize-opset10-mixed", 10)
def resize_opset10_mixed(m):
    """Resize of opset 10 that shrinks one axis, rounding up there, and enlarges another, rounding down."""
    x = m.input("x", ["N", 2, 5, 4])
    for name, scales in (("taller", [1.0, 1.0, 2.0, 0.5]), ("wider", [1.0, 1.0, 0.6, 1.5])):
        m.result("Resize", [x, m.constant(f"{name}-scales", scales)], name)


@case("resize-nearest-halves", 13)
def resize_nearest_halves(m):
    """Resize to sizes whose coordinates are whole numbers or halves: 10 to 6, 7 to 4, 3 to 7 and others,
    which rounding before dividing would miss."""
    for size, result in ((10, 5), (7, 4), (3, 6), (6, 9), (9, 6)):
        x = m.input(f"x{size}", [1, 1, size])
        sizes = m.constant(f"to-{result}-of-{size}", np.array([1, 1, result], np.int64))
        for rounding in ("round_prefer_floor", "round_prefer_ceil"):
            m.result(
                "Resize", [x, "", "", sizes], f"{size}-to-{result}-{rounding.replace('_', '-')}",
                coordinate_transformation_mode="asymmetric", nearest_mode=rounding)
