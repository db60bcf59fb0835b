"""Pooling."""

from .case import case


@case("maxpool", 12)
def maxpool(m):
    """MaxPool: strides, pads, dilations, ceil_mode, auto_pad, over one and two axes."""
    x = m.input("x", ["N", 2, 8, 9])
    s = m.input("s", ["N", 3, 11])
    m.result("MaxPool", [x], "plain", kernel_shape=[2, 2])
    m.result("MaxPool", [x], "strided", kernel_shape=[2, 3], strides=[2, 3])
    m.result("MaxPool", [x], "padded", kernel_shape=[3, 3], strides=[2, 2], pads=[1, 0, 1, 2])
    m.result("MaxPool", [x], "dilated", kernel_shape=[2, 3], dilations=[3, 2])
    m.result("MaxPool", [x], "ceil", kernel_shape=[3, 2], strides=[2, 2], ceil_mode=1)
    m.result(
        "MaxPool",
        [x],
        "ceil-padded",
        kernel_shape=[3, 3],
        strides=[3, 2],
        pads=[1] * 4,
        ceil_mode=1,
    )
    m.result(
        "MaxPool",
        [x],
        "ceil-dilated",
        kernel_shape=[2, 2],
        strides=[3, 3],
        dilations=[2, 2],
        ceil_mode=1,
    )
    for mode in ("SAME_UPPER", "SAME_LOWER", "VALID"):
        name = mode.lower().replace("_", "-")
        m.result("MaxPool", [x], name, kernel_shape=[3, 2], strides=[2, 1], auto_pad=mode)
    m.result("MaxPool", [s], "one-axis", kernel_shape=[3], strides=[2], pads=[1, 0])
    m.result("MaxPool", [s], "one-axis-ceil", kernel_shape=[2], strides=[2], ceil_mode=1)


@case("maxpool-opset7", 7)
def maxpool_opset7(m):
    """MaxPool and AveragePool before ceil_mode and dilations."""
    x = m.input("x", ["N", 2, 7, 7])
    m.result("MaxPool", [x], "max", kernel_shape=[3, 3], strides=[2, 2], pads=[1] * 4)
    m.result("AveragePool", [x], "average", kernel_shape=[3, 3], strides=[2, 2], pads=[1] * 4)
    m.result(
        "AveragePool", [x], "with-pads", kernel_shape=[2, 2], pads=[1] * 4, count_include_pad=1
    )


@case("maxpool-negative", 12)
def maxpool_negative(m):
    """MaxPool of negative values with pads: padding is not zero."""
    x = m.input("x", ["N", 2, 5, 5])
    below = m.node("Sub", [x, m.constant("ten", 10.0)], "below")
    m.result("MaxPool", [below], "padded", kernel_shape=[3, 3], strides=[2, 2], pads=[1] * 4)
    m.result("MaxPool", [below], "same", kernel_shape=[2, 2], strides=[2, 2], auto_pad="SAME_UPPER")


@case("averagepool", 11)
def averagepool(m):
    """AveragePool with and without the pads in the count, over one and two axes."""
    x = m.input("x", ["N", 2, 8, 9])
    s = m.input("s", ["N", 3, 11])
    m.result("AveragePool", [x], "plain", kernel_shape=[2, 3], strides=[2, 2])
    for count in (0, 1):
        name = "with-pads" if count else "without-pads"
        common = {"count_include_pad": count}
        m.result("AveragePool", [x], name, kernel_shape=[3, 3], pads=[1, 2, 2, 1], **common)
        m.result(
            "AveragePool",
            [x],
            f"{name}-strided",
            kernel_shape=[3, 2],
            strides=[2, 3],
            pads=[1] * 4,
            **common,
        )
        m.result(
            "AveragePool", [x], f"{name}-same", kernel_shape=[3, 2], auto_pad="SAME_LOWER", **common
        )
        m.result("AveragePool", [s], f"{name}-one-axis", kernel_shape=[4], pads=[1, 2], **common)


@case("averagepool-ceil", 19)
def averagepool_ceil(m):
    """AveragePool with ceil_mode: windows that hang over the end count what is inside; and dilations."""
    x = m.input("x", ["N", 2, 8, 9])
    m.result("AveragePool", [x], "ceil", kernel_shape=[3, 2], strides=[2, 2], ceil_mode=1)
    for count in (0, 1):
        name = "with-pads" if count else "without-pads"
        m.result(
            "AveragePool",
            [x],
            f"ceil-{name}",
            kernel_shape=[3, 3],
            strides=[3, 3],
            pads=[1] * 4,
            ceil_mode=1,
            count_include_pad=count,
        )
        m.result(
            "AveragePool",
            [x],
            f"dilated-{name}",
            kernel_shape=[2, 3],
            dilations=[3, 2],
            pads=[1] * 4,
            count_include_pad=count,
        )


@case("global-pools", 13)
def global_pools(m):
    """GlobalAveragePool and GlobalMaxPool over one, two and three axes."""
    for name, shape in (("s", ["N", 3, 5]), ("x", ["N", 3, 4, 5]), ("v", ["N", 2, 3, 2, 2])):
        m.input(name, shape)
        m.result("GlobalAveragePool", [name], f"{name}-average")
        m.result("GlobalMaxPool", [name], f"{name}-max")


@case("max-unpool", 17)
def max_unpool(m):
    """Maxima put back where they were, and positions that are counted by columns."""
    m.compared = False
    x = m.input("x", [2, 2, 8, 6])  # positions are counted over the batch
    window = {"kernel_shape": [2, 2], "strides": [2, 2]}
    values, places = m.node("MaxPool", [x], "pool", outputs=["values", "places"], **window)
    scaled = m.node("Mul", [values, m.constant("factor", 1.5)], "scaled")
    m.result("MaxUnpool", [scaled, places], "unpool", **window)
    m.declare("unpool", [2, 2, 8, 6])
    outputs = ["columns", "column-places"]
    m.result("MaxPool", [x], "by-columns", outputs=outputs, storage_order=1, pads=[1, 0, 0, 1],
             kernel_shape=[3, 2], strides=[2, 1])
    m.output("places")


@case("col2im", 18)
def col2im(m):
    """Images of columns that overlap, with padding, strides and dilations."""
    m.compared = False
    x = m.input("x", [2, 12, 20])
    size, block = m.constant("size", [5, 6]), m.constant("block", [2, 2])
    m.result("Col2Im", [x, size, block], "plain")
    y = m.input("y", [1, 6, 9])
    m.result(
        "Col2Im", [y, size, m.constant("long", [2, 3])], "spread", strides=[2, 1],
        dilations=[1, 2], pads=[1, 0, 0, 1])
