"""Functions that the model defines: one case that uses all of it, and files that misuse it."""

from onnx import AttributeProto, helper

from .case import case
from .wire import bad, model, value

node = helper.make_node
ONNX = helper.make_opsetid("", 18)
LOCAL = helper.make_opsetid("local", 1)


def reference(name, to, type):
    """An attribute that stands for one of the function around it."""
    return AttributeProto(name=name, ref_attr_name=to, type=type)


def with_reference(made, *references):
    made.attribute.extend(references)
    return made


@case("functions", 18)
def functions(m):
    """Functions inside each other, with attributes passed on."""
    m.functions = [
        helper.make_function(
            "local",
            "Leaky",
            ["x"],
            ["y"],
            [
                with_reference(
                    node("LeakyRelu", ["x"], ["y"], name="leak"),
                    reference("alpha", "slope", AttributeProto.FLOAT),
                )
            ],
            [ONNX],
            attributes=["slope"],
        ),
        helper.make_function(
            "local",
            "Squash",
            ["x", "low"],
            ["y", "bent"],
            [
                with_reference(
                    node("Leaky", ["x"], ["bent"], domain="local"),
                    reference("slope", "steepness", AttributeProto.FLOAT),
                ),
                node("Clip", ["bent", "low"], ["clipped"], name="clip"),
                node("Softmax", ["clipped"], ["y"], name="share"),
            ],
            [ONNX, LOCAL],
            attributes=["steepness"],
        ),
    ]
    x = m.input("x", ["N", 2, 3])
    m.result("Leaky", [x], "steep", domain="local", slope=0.5)
    m.result("Leaky", [x], "flat", domain="local", slope=0.0)
    low = m.constant("low", -0.5)
    outputs = ["bounded", "bent"]
    m.result("Squash", [x, low], "squash", outputs=outputs, domain="local", steepness=0.1)
    names = ["twice", "rest"]
    m.result("Squash", ["steep", low], "again", outputs=names, domain="local", steepness=0.3)
    for name in ("steep", "flat", "bounded", "bent", "twice", "rest"):
        m.declare(name, ["N", 2, 3])


def calling(functions, call):
    """A model of a node `culprit` that calls `call`."""
    result = model([node(call, ["x"], ["y"], name="culprit", domain="local")], ["x"], ["y"])
    result.opset_import.append(LOCAL)
    result.functions.extend(functions)
    return result


def function(name, body, inputs=("x",), outputs=("y",), opsets=(ONNX, LOCAL), **more):
    return helper.make_function("local", name, inputs, outputs, body, opsets, **more)


def chain(name, calls):
    """A function that calls others one after the other."""
    values = ["x"] + [f"v{i}" for i in range(len(calls) - 1)] + ["y"]
    body = [node(c, [a], [b], domain="local") for c, a, b in zip(calls, values, values[1:])]
    return function(name, body)


RELU = function("Relu", [node("Relu", ["x"], ["y"], name="relu")])

bad(
    "function-recursive",
    calling([chain("F", ["G"]), chain("G", ["F"])], "F"),
    "two functions that call each other",
    "culprit",
    "local.F",
    "local.G",
)
bad(
    "function-deep",
    calling(
        [chain(f"F{i}", [f"F{i + 1}"]) for i in range(100)] + [chain("F100", ["Relu"]), RELU],
        "F0",
    ),
    "functions that call each other 100 deep",
    "culprit",
    "64",
)
bad(
    "function-explosion",
    calling(
        [chain(f"F{i}", [f"F{i + 1}"] * 10) for i in range(20)] + [chain("F20", ["Relu"]), RELU],
        "F0",
    ),
    "20 functions that call the next ten times each",
    "culprit",
    "50000 nodes",
)
bad(
    "function-twice",
    calling([RELU, RELU], "Relu"),
    "a function that is defined twice",
    "local.Relu",
)
sloped = calling([RELU], "Relu")
sloped.graph.node[0].attribute.append(helper.make_attribute("slope", 0.5))
bad(
    "function-attribute",
    sloped,
    "a call with an attribute that the function does not have",
    "culprit",
    "local.Relu",
    "slope",
)
bad(
    "function-body-fault",
    calling([function("F", [node("Flatten", ["x"], ["y"], name="inner", axis=7)])], "F"),
    "a faulty node in a function",
    "culprit.inner",
    "Flatten",
)
bad(
    "function-result-missing",
    calling([function("F", [node("Relu", ["x"], ["z"])])], "F"),
    "a function that does not define its result",
    "culprit",
    "local.F",
)
bad(
    "function-operands",
    calling([function("F", [node("Constant", [], ["y"], value_float=1.0)], inputs=[])], "F"),
    "a call with more operands than the function takes",
    "culprit",
    "local.F",
)
bad(
    "function-opset",
    calling([function("F", [node("Relu", ["x"], ["y"])], opsets=[LOCAL])], "F"),
    "a function that does not say which operator set it uses",
    "culprit",
    "local.F",
)
outsider = calling([function("F", [node("Add", ["x", "other"], ["y"], name="add")])], "F")
outsider.graph.input.append(value("other", ["N", 4]))
bad(
    "function-sees-graph",
    outsider,
    "a function that reads a value of the graph that calls it",
    "culprit.add",
    "other",
)
