"""Changes of an ONNX model that keep it a file of messages, and some that do not."""

import onnx
from onnx import AttributeProto

NUMBERS = [0, 1, -1, 2, 3, 5, 7, 16, 255, -2, -3, 64, 1000, 2**31 - 1, 2**31, -(2**31), 2**32, 2**40,
           2**62, 2**63 - 1, -(2**63), 10**9]
FLOATS = [0.0, -0.0, 1.0, -1.0, 0.5, 1e-30, 1e30, -1e38, float("inf"), float("-inf"), float("nan")]


def mutated(data, generator):
    """The bytes of the model `data` with one to four changes; `generator` chooses them."""
    model = onnx.load_from_string(data)
    changes = generator.choices([0, 1, 2, 3, 4], [1, 6, 4, 2, 1])[0]
    for _ in range(changes):
        generator.choice(CHANGES)(model, generator)
    data = model.SerializeToString()
    return spoiled(data, generator) if changes == 0 or generator.random() < 0.1 else data


EXTREMES = [0, -1, 2**31, 2**62, 2**63 - 1, -(2**63)]


def single_changes(data):
    """What single_change may do to the model `data`: an integer of an attribute at an extreme, an operand that is
    left out, or all from one on."""
    changes = []
    for place, node in enumerate(all_nodes(onnx.load_from_string(data))):
        for number, attribute in enumerate(node.attribute):
            last = 0 if attribute.type == AttributeProto.INT else len(attribute.ints) - 1
            indices = sorted({0, last}) if last >= 0 else []
            changes += [(place, "attribute", number, index, value) for index in indices for value in EXTREMES]
        changes += [(place, what, index) for index in range(len(node.input)) for what in ("leave", "end")]
    return changes


def single_change(data, change):
    """The bytes of the model `data` with one of its single_changes."""
    model = onnx.load_from_string(data)
    place, what, number, *values = change
    node = all_nodes(model)[place]
    if what == "leave":
        node.input[number] = ""
    elif what == "end":
        del node.input[number:]
    elif node.attribute[number].type == AttributeProto.INT:
        node.attribute[number].i = values[1]
    else:
        node.attribute[number].ints[values[0]] = values[1]
    return model.SerializeToString()


def all_nodes(model):
    """The nodes of a model, of graphs inside of others, and of its functions."""
    return [node for graph in graphs(model.graph) for node in graph.node] + [
        node for function in model.functions for node in function.node]


def spoiled(data, generator):
    """`data` with bytes changed, cut out, doubled, or cut off."""
    data = bytearray(data)
    for _ in range(generator.randint(1, 4)):
        start = generator.randrange(max(len(data), 1))
        end = min(start + generator.randint(1, 16), len(data))
        kind = generator.randrange(5)
        if kind == 0 and data:
            data[start] = generator.randrange(256)
        elif kind == 1 and data:
            data[start] ^= 1 << generator.randrange(8)
        elif kind == 2:
            del data[start:end]
        elif kind == 3:
            data[start:start] = data[start:end]
        elif generator.random() < 0.3:
            del data[start:]
    return bytes(data)


def graphs(graph):
    """A graph, and all inside of its nodes."""
    found = [graph]
    for node in graph.node:
        for attribute in node.attribute:
            if attribute.HasField("g"):
                found += graphs(attribute.g)
    return found


def pick_graph(model, generator):
    return generator.choice(graphs(model.graph))


def pick_node(model, generator):
    nodes = all_nodes(model)
    return generator.choice(nodes) if nodes else None


def names(model):
    return [name for graph in graphs(model.graph) for node in graph.node
            for name in [*node.input, *node.output]] + [""]


def change_attribute(model, generator):
    node = pick_node(model, generator)
    if node is None or not node.attribute:
        return
    attribute = generator.choice(node.attribute)
    if attribute.type == AttributeProto.INT:
        attribute.i = generator.choice(NUMBERS)
    elif attribute.type == AttributeProto.FLOAT:
        attribute.f = generator.choice(FLOATS)
    elif attribute.type == AttributeProto.INTS:
        change_list(attribute.ints, generator)
    elif attribute.type == AttributeProto.STRING:
        attribute.s = generator.choice([b"", b"SAME_UPPER", b"SAME_LOWER", b"VALID", b"linear",
                                        b"cubic", b"reflect", b"wrap", b"\xff\xfe"])
    elif attribute.type == AttributeProto.TENSOR:
        change_tensor(attribute.t, generator)


def change_list(values, generator):
    kind = generator.randrange(4)
    if kind == 0 and values:
        values[generator.randrange(len(values))] = generator.choice(NUMBERS)
    elif kind == 1 and values:
        del values[generator.randrange(len(values))]
    elif kind == 2:
        values.insert(generator.randint(0, len(values)), generator.choice(NUMBERS))
    elif values:
        place = generator.randrange(len(values))
        values[place] = max(min(values[place] + generator.choice([-1, 1]), 2**63 - 1), -(2**63))


def drop_attribute(model, generator):
    node = pick_node(model, generator)
    if node is not None and node.attribute:
        del node.attribute[generator.randrange(len(node.attribute))]


def retype_attribute(model, generator):
    node = pick_node(model, generator)
    if node is not None and node.attribute:
        generator.choice(node.attribute).type = generator.randrange(15)


def add_attribute(model, generator):
    node = pick_node(model, generator)
    donor = pick_node(model, generator)
    if node is not None and donor.attribute:
        node.attribute.append(generator.choice(donor.attribute))


def change_operator(model, generator):
    node = pick_node(model, generator)
    if node is not None:
        schemas = [schema.name for schema in onnx.defs.get_all_schemas() if schema.domain == ""]
        node.op_type = generator.choice(sorted(schemas))


def change_operand(model, generator):
    node = pick_node(model, generator)
    if node is None:
        return
    kind = generator.randrange(4)
    if kind == 0 and node.input:
        node.input[generator.randrange(len(node.input))] = generator.choice(names(model))
    elif kind == 1 and node.input:
        del node.input[generator.randrange(len(node.input))]
    elif kind == 2:
        node.input.append(generator.choice(names(model)))
    elif node.output:
        node.output[generator.randrange(len(node.output))] = generator.choice(names(model))


def change_nodes(model, generator):
    graph = pick_graph(model, generator)
    if not graph.node:
        return
    first = generator.randrange(len(graph.node))
    kind = generator.randrange(3)
    if kind == 0:
        del graph.node[first]
    elif kind == 1:
        graph.node.append(graph.node[first])
    else:
        second = generator.randrange(len(graph.node))
        copy = onnx.NodeProto()
        copy.CopyFrom(graph.node[first])
        graph.node[first].CopyFrom(graph.node[second])
        graph.node[second].CopyFrom(copy)


def change_tensor(tensor, generator):
    kind = generator.randrange(5)
    if kind == 0:
        change_list(tensor.dims, generator)
    elif kind == 1:
        tensor.data_type = generator.randrange(30)
    elif kind == 2:
        tensor.raw_data = tensor.raw_data[:generator.randint(0, len(tensor.raw_data))]
    elif kind == 3 and len(tensor.raw_data) >= 8:
        place = generator.randrange(len(tensor.raw_data) // 8) * 8
        number = generator.choice(NUMBERS).to_bytes(8, "little", signed=True)
        tensor.raw_data = tensor.raw_data[:place] + number + tensor.raw_data[place + 8:]
    elif tensor.int64_data:
        change_list(tensor.int64_data, generator)


def change_initializer(model, generator):
    graph = pick_graph(model, generator)
    if graph.initializer:
        change_tensor(generator.choice(graph.initializer), generator)


def change_port(model, generator):
    graph = pick_graph(model, generator)
    ports = [*graph.input, *graph.output, *graph.value_info]
    if not ports:
        return
    tensor = generator.choice(ports).type.tensor_type
    kind = generator.randrange(3)
    if kind == 0:
        tensor.elem_type = generator.randrange(30)
    elif tensor.shape.dim:
        dimension = generator.choice(tensor.shape.dim)
        if kind == 1:
            dimension.dim_value = generator.choice(NUMBERS)
        else:
            dimension.dim_param = generator.choice(["N", "M", ""])


def change_ports(model, generator):
    graph = pick_graph(model, generator)
    ports = generator.choice([graph.input, graph.output])
    if not ports:
        return
    if generator.random() < 0.5:
        del ports[generator.randrange(len(ports))]
    else:
        ports.append(generator.choice(ports))


def change_opset(model, generator):
    if model.opset_import:
        generator.choice(model.opset_import).version = generator.choice(
            list(range(1, 30)) + NUMBERS)


CHANGES = (
    [change_attribute] * 6 + [change_operand] * 4 + [change_initializer] * 4 + [change_port] * 3
    + [change_operator] * 3 + [change_nodes] * 2
    + [drop_attribute, retype_attribute, add_attribute, change_ports, change_opset])
