"""If, Loop and Scan: cases that evaluate them, and files in which they are wrong."""

import numpy as np
from onnx import TensorProto, helper, numpy_helper

from .case import case
from .wire import bad, model, odd, one_node, tensor, value

node = helper.make_node
FLOAT, INT, BOOL = TensorProto.FLOAT, TensorProto.INT64, TensorProto.BOOL


def info(name, type=FLOAT, shape=None):
    return helper.make_tensor_value_info(name, type, shape)


def graph(nodes, inputs, outputs, initializers=(), name="region"):
    """A graph inside a node; outputs are names of floats, or value infos."""
    infos = [info(o) if isinstance(o, str) else o for o in outputs]
    return helper.make_graph(nodes, name, inputs, infos, list(initializers))


@case("if", 16, sizes=({"N": 2}, {"N": 1}))
def if_(m):
    """Branches by a condition that comes with the input, or that follows from a shape; branches that
    read values around them, also from branches inside branches."""
    x = m.input("x", ["N", 3])
    c = m.input("c", [], np.bool_)
    d = m.input("d", [1], np.bool_)
    for data, flags in zip(m.data, ((True, False), (False, True))):
        data["c"], data["d"] = np.array(flags[0]), np.array(flags[1:])
    w = m.constant("w", m.random([3]))
    m.node("Abs", [x], "size")
    inner = node(
        "If",
        [d],
        ["picked"],
        name="inner",
        then_branch=graph([node("Add", ["size", w], ["sum"], name="add")], [], ["sum"]),
        else_branch=graph(
            [node("Mul", ["twice", "k"], ["product"], name="mul")],
            [],
            ["product"],
            [tensor("k", [0.5])],
        ),
    )
    m.result(
        "If",
        [c],
        "outer",
        outputs=["y", "z"],
        then_branch=graph(
            [node("Add", [x, x], ["twice"], name="twice"), inner], [], ["picked", "twice"]
        ),
        else_branch=graph(
            [
                node("Relu", [x], ["positive"], name="relu"),
                node("Identity", ["size"], ["same_size"], name="size"),
            ],
            [],
            ["positive", "same_size"],
        ),
    )
    m.node("Shape", [x], "shape")
    m.node("Gather", ["shape", m.constant("zero", 0)], "batch")
    m.node("Equal", ["batch", m.constant("one", 1)], "single")
    m.node(
        "If",
        ["single"],
        "by_shape",
        then_branch=graph(
            [node("Squeeze", [x, "axes"], ["flat"], name="flat")],
            [],
            ["flat"],
            [tensor("axes", [0])],
        ),
        else_branch=graph([node("Identity", [x], ["same"], name="same")], [], ["same"]),
    )
    for name in ("y", "z"):
        m.declare(name, ["N", 3])
    m.result("Reshape", ["by_shape", m.constant("all", [-1])], "elements")
    m.declare("elements", [None])


@case("loop", 16)
def loop(m):
    """Loops of a known and of an unknown number of iterations, that end early, that carry several
    values or none, that collect what each iteration gives, and that read values around them."""
    x = m.input("x", [3])
    trips = m.input("trips", [], np.int64)
    m.constant("five", 5)
    m.constant("yes", True, np.bool_)
    for data in m.data:
        data["trips"] = np.array(4)
    formal = [info("i", INT, []), info("go", BOOL, [])]
    go = info("go", BOOL)
    add = [
        node("Cast", ["i"], ["number"], name="number", to=1),
        node("Add", ["before", "number"], ["sum"], name="add"),
        node("Mul", ["sum", x], ["scaled"], name="scale"),
    ]
    m.result(
        "Loop",
        [trips, "yes", x],
        "counted",
        outputs=["last", "all"],
        body=graph(
            add + [node("Identity", ["go"], ["on"], name="on")],
            [*formal, info("before", FLOAT, [3])],
            [info("on", BOOL), "sum", "scaled"],
        ),
    )
    until = [
        node("Add", ["a", "b"], ["next"], name="fibonacci"),
        node("Less", ["next", "bound"], ["below"], name="less"),
        node("Identity", ["b"], ["older"], name="older"),
        node("Reshape", ["i", "single"], ["step"], name="step"),
    ]
    m.result(
        "Loop",
        [m.constant("many", 100), "yes", m.constant("a0", 1), m.constant("b0", 1)],
        "fibonacci",
        outputs=["f0", "f1", "steps"],
        body=graph(
            until,
            [*formal, info("a", INT, []), info("b", INT, [])],
            [info("below", BOOL), info("older", INT), info("next", INT), info("step", INT)],
            [numpy_helper.from_array(np.array(50), "bound"), tensor("single", [1])],
        ),
    )
    m.result(
        "Loop",
        ["five", "yes", x],
        "grown",
        body=graph(
            [
                node("Concat", ["row", x], ["longer"], name="grow", axis=0),
                node("Identity", ["go"], ["on"], name="on"),
            ],
            [*formal, info("row", FLOAT, [None])],
            [info("on", BOOL), "longer"],
        ),
    )
    m.declare("last", [3])
    m.declare("all", [None, 3])
    m.declare("grown", [None])
    for name in ("f0", "f1", "steps"):
        m.declare(name, (INT, [None, 1] if name == "steps" else []))


@case("scan", 16)
def scan(m):
    """Scans of rows and columns, from the front and from the back, with and without states."""
    m.compared = False  # it knows the first axis and the forward direction only
    m.data_prop = False  # onnx fails on the same product in two elements
    x = m.input("x", [3, 4])
    y = m.input("y", [2, 3])
    running = graph(
        [
            node("Add", ["sum", "row"], ["next"], name="add"),
            node("Mul", ["row", "next"], ["product"], name="mul"),
        ],
        [info("sum", FLOAT, [4]), info("row", FLOAT, [4])],
        ["next", "product"],
    )
    start = m.constant("start", np.zeros(4))
    m.result(
        "Scan", [start, x], "down", outputs=["total", "products"], body=running, num_scan_inputs=1
    )
    m.result(
        "Scan",
        [start, x],
        "up",
        outputs=["total_up", "products_up"],
        body=running,
        num_scan_inputs=1,
        scan_input_directions=[1],
        scan_output_directions=[1],
        scan_output_axes=[1],
    )
    pairs = graph(
        [node("Concat", ["row", "column"], ["joined"], name="join", axis=0)],
        [info("row", FLOAT, [4]), info("column", FLOAT, [2])],
        ["joined"],
    )
    m.result(
        "Scan",
        [x, y],
        "pairs",
        body=pairs,
        num_scan_inputs=2,
        scan_input_axes=[0, -1],
        scan_output_axes=[-1],
    )
    for name, shape in (("total", [4]), ("products", [3, 4]), ("total_up", [4])):
        m.declare(name, shape)
    m.declare("products_up", [4, 3])
    m.declare("pairs", [6, 3])


def branches(then, otherwise, condition=BOOL):
    """A model of an If `culprit` by an input."""
    branch = node("If", ["c"], ["y"], name="culprit", then_branch=then, else_branch=otherwise)
    return model([branch], ["x", value("c", [], condition)], ["y"])


SAME = graph([node("Identity", ["x"], ["same"], name="same")], [], ["same"])

bad(
    "if-branch-fault",
    branches(SAME, graph([node("Flatten", ["x"], ["z"], name="inner", axis=7)], [], ["z"])),
    "a faulty node in a branch",
    "culprit.inner",
    "Flatten",
)
bad(
    "if-condition-float",
    branches(SAME, SAME, FLOAT),
    "a condition that is no truth value",
    "culprit",
    "bool",
)
bad(
    "if-elements-differ",
    branches(SAME, graph([node("Cast", ["x"], ["i"], name="cast", to=7)], [], ["i"])),
    "branches that give numbers of different types",
    "culprit",
    "i64",
)
bad(
    "if-outputs-differ",
    branches(SAME, graph([node("Identity", ["x"], ["a"], name="a")], [], ["a", "a"])),
    "a branch with one output and one with two",
    "culprit",
)
bad(
    "if-output-missing",
    branches(SAME, graph([], [], ["nowhere"])),
    "a branch whose output nothing makes",
    "culprit",
    "nowhere",
)
bad(
    "if-inputs",
    branches(SAME, graph([node("Relu", ["z"], ["a"])], [info("z", FLOAT, [4])], ["a"])),
    "a branch that has an input",
    "culprit",
    "else_branch",
)
bad(
    "if-sees-other-branch",
    branches(SAME, graph([node("Relu", ["same"], ["a"], name="reader")], [], ["a"])),
    "a branch that reads a value of the other",
    "culprit.reader",
    "same",
)
bad("if-no-branch", one_node("If", ["x"]), "an If without branches", "culprit", "then_branch")


def nested(depth):
    branch = SAME
    for level in range(depth):
        inner = node("If", ["c"], ["y"], name=f"level{level}", then_branch=branch, else_branch=SAME)
        branch = graph([inner], [], ["y"])
    return branches(branch, SAME)


bad("if-nested-15", nested(15), "15 Ifs inside each other", "culprit", "up to 8 levels")


def repeat(inputs, body, outputs=("y",)):
    """A model of a Loop `culprit`."""
    return model(
        [node("Loop", inputs, list(outputs), name="culprit", body=body)],
        ["x", value("n", [], INT)],
        ["y"],
    )


FORMAL = [info("i", INT, []), info("go", BOOL, [])]
bad(
    "loop-inputs-few",
    repeat(["n", "", "x"], graph([], FORMAL, [info("go", BOOL), "x"])),
    "a loop that carries a value which its body does not take",
    "culprit",
    "body",
)
bad(
    "loop-condition",
    repeat(["n", "", "x"], graph([], [*FORMAL, info("v", FLOAT)], [info("i", INT), "v"])),
    "a loop whose body gives a number as condition",
    "culprit",
)
bad(
    "loop-carries-another-type",
    repeat(
        ["n", "", "x"],
        graph(
            [node("Cast", ["v"], ["w"], name="cast", to=7)],
            [*FORMAL, info("v", FLOAT)],
            [info("go", BOOL), info("w", INT)],
        ),
    ),
    "a loop that carries a float and passes an integer on",
    "culprit",
    "i64",
)
bad(
    "scan-too-few",
    model(
        [
            node(
                "Scan",
                ["x"],
                ["y"],
                name="culprit",
                num_scan_inputs=3,
                body=graph([], [info("v", FLOAT)], ["v"]),
            )
        ],
        ["x"],
        ["y"],
    ),
    "a Scan of three operands that has one",
    "culprit",
)
bad(
    "scan-axis",
    model(
        [
            node(
                "Scan",
                ["x"],
                ["y"],
                name="culprit",
                num_scan_inputs=1,
                scan_input_axes=[5],
                body=graph([], [info("v", FLOAT)], ["v"]),
            )
        ],
        ["x"],
        ["y"],
    ),
    "a Scan along an axis that is not there",
    "culprit",
    "5",
)
odd(
    "loop-without-end",
    model(
        [
            node(
                "Loop",
                ["", "yes", "x"],
                ["y"],
                name="forever",
                body=graph([], [*FORMAL, info("v", FLOAT)], [info("go", BOOL), "v"]),
            )
        ],
        ["x"],
        ["y"],
        [numpy_helper.from_array(np.array(True), "yes")],
    ),
    "a loop that never ends",
    "Allows it.",
)
