"""Odd files: legal but rare, or such that the specification leaves the result open."""

import numpy as np
from onnx import TensorProto, helper

from .wire import block, model, number, odd, one_node, sound, spoiled, tag, tensor, value

node = helper.make_node

odd(
    "nodes-unsorted",
    model(
        [node("Relu", ["a"], ["y"], name="b"), node("Tanh", ["x"], ["a"], name="a")], ["x"], ["y"]
    ),
    "a node before the one whose output it reads",
    "Forbids it; other tools accept it or not.",
)
odd(
    "node-names-twice",
    model(
        [node("Relu", ["x"], ["a"], name="n"), node("Tanh", ["a"], ["y"], name="n")], ["x"], ["y"]
    ),
    "two nodes with one name",
    "Forbids it.",
)
odd(
    "cast-not-a-number",
    model(
        [
            node("Cast", ["c"], ["i"], name="cast", to=7),
            node("Identity", ["i"], ["y"], name="same"),
        ],
        [],
        [value("y", [5], TensorProto.INT64)],
        [tensor("c", [np.nan, np.inf, -np.inf, 1e30, -1e30])],
    ),
    "NaN, infinities and ±10³⁰ cast to int64",
    "Leaves the result open.",
)
for name, numerator, divisor, reason in (
    ("divide-smallest", -(2**63), -1, "−2⁶³ divided by −1"),
    ("divide-by-zero", 7, 0, "an integer divided by 0"),
):
    odd(
        name,
        model(
            [node("Div", ["a", "b"], ["y"], name="divide")],
            [],
            [value("y", [1], TensorProto.INT64)],
            [tensor("a", [numerator]), tensor("b", [divisor])],
        ),
        f"{reason}, both constants",
        "Leaves the result open.",
    )
odd(
    "no-nodes",
    model([], ["x"], ["x"]),
    "no nodes; the output is the input",
    "Allows it.",
)
odd(
    "no-inputs",
    model(
        [node("Relu", ["c"], ["y"], name="relu")],
        [],
        [value("y", [4])],
        [tensor("c", [-1.0, 1, 2, 3])],
    ),
    "no inputs; the output is a constant",
    "Allows it.",
)
odd(
    "output-is-initializer",
    model([], ["x"], [value("c", [2])], [tensor("c", [1.0, 2.0])]),
    "an output that is an initializer",
    "Allows it.",
)
odd(
    "output-twice",
    model([node("Relu", ["x"], ["y"], name="relu")], ["x"], ["y", "y"]),
    "one value given twice as an output",
    "Is silent; other tools accept it or not.",
)
odd(
    "input-without-shape",
    model([node("Relu", ["x"], ["y"], name="relu")], [value("x", None)], [value("y", None)]),
    "an input whose number of axes is not given",
    "Allows it.",
)
odd(
    "input-has-default",
    spoiled(lambda m: m.graph.input.append(value("bias", [3]))),
    "an initializer that is a graph input too, so that a caller may replace it",
    "Allows it.",
)
odd(
    "input-dims-minus-one",
    spoiled(lambda m: m.graph.input[0].CopyFrom(value("image", [-1, 4]))),
    "−1 for a dimension that is not known, as some exporters write it",
    "Has other ways to say it.",
)
odd(
    "pad-reflects-twice",
    one_node("Pad", ["x", "c"], tensor("c", [0, 4, 0, 0]), mode="reflect"),
    "4 elements reflected from an axis of 4, which has 3 to reflect",
    "Is silent.",
)
odd(
    "output-dims-wrong",
    spoiled(lambda m: m.graph.output[0].CopyFrom(value("scores", ["N", 7]))),
    "an output declared N×7 that is N×3",
    "Forbids it; ONNX Runtime warns.",
)
odd(
    "ir-version-unknown",
    spoiled(lambda m: setattr(m, "ir_version", 99)),
    "IR version 99",
    "Has no such version.",
)
odd(
    "ir-version-missing",
    spoiled(lambda m: m.ClearField("ir_version")),
    "no IR version",
    "Requires one.",
)
odd(
    "graph-without-name",
    spoiled(lambda m: m.graph.ClearField("name")),
    "a graph without a name",
    "Requires one.",
)
odd(
    "domain-spelled-out",
    spoiled(lambda m: setattr(m.opset_import[0], "domain", "ai.onnx")),
    "the default domain under its name `ai.onnx`",
    "Says that both names are one domain.",
)
odd(
    "domain-unused",
    spoiled(lambda m: m.opset_import.append(helper.make_opsetid("com.example", 1))),
    "an import of a domain that no node uses",
    "Allows it.",
)
odd(
    "fields-unknown",
    sound().SerializeToString(deterministic=True) + number(1000, 7) + block(1001, "later"),
    "fields that onnx.proto does not have",
    "Protobuf skips them.",
)
odd(
    "varint-padded",
    tag(1, 0) + b"\x88\x80\x80\x00" + sound().SerializeToString(deterministic=True)[2:],
    "a varint longer than it need be",
    "Protobuf allows it.",
)
odd(
    "fields-reversed",
    block(8, number(2, 17))
    + block(7, sound().graph.SerializeToString(deterministic=True))
    + number(1, 8),
    "the fields of the model in the opposite order",
    "Protobuf allows it.",
)
odd(
    "metadata",
    spoiled(lambda m: helper.set_model_props(m, {"author": "nobody", "": "", "größe": "☃"})),
    "metadata with an empty key and other scripts",
    "Allows it.",
)
half = sound()
half.graph.initializer.append(helper.make_tensor("half", TensorProto.FLOAT16, [1], [1.0]))
half.graph.initializer[-1].int32_data[0] = 0x12345
odd("half-too-wide", half, "a float16 in 17 bits, in an initializer without use", "Forbids it.")
odd(
    "broadcast-huge",
    model(
        [
            node("ConstantOfShape", ["tall"], ["a"], name="a"),
            node("ConstantOfShape", ["wide"], ["b"], name="b"),
            node("Add", ["a", "b"], ["y"], name="add"),
        ],
        [],
        [value("y", [100_000, 100_000])],
        [tensor("tall", [100_000, 1]), tensor("wide", [1, 100_000])],
    ),
    "a sum of two constants that has 10¹⁰ elements",
    "Allows it; folding it would take 40 GB.",
)
chain = ["x", *(f"{i:x}" for i in range(2999)), "y"]
odd(
    "chain-of-3000",
    model([node("Relu", [a], [b]) for a, b in zip(chain, chain[1:])], ["x"], ["y"]),
    "3,000 nodes in a row",
    "Allows it.",
)
odd(
    "weights-not-finite",
    one_node("Gemm", ["x", "w"], tensor("w", np.full([4, 2], np.nan))),
    "weights that are not numbers",
    "Allows it; no conductance can hold them.",
)
