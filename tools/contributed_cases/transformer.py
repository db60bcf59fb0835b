"""What ONNX Runtime's optimizer makes of transformers."""

import numpy as np

MASK = (None, -10000.0, -1e4, -3.4e38)


def close(d):
    # Where a mask leaves a query no key, 10,000 is taken from all its logits, whose last bits go.
    d.tolerance = (1e-3, 1e-3)


def simplified_layer_normalization(d):
    rank = d.size(1, 4)
    shape = d.shape(rank)
    axis = int(d.random.integers(-rank, rank))
    x = d.input(d.normal(shape, 2))
    gain = d.constant(d.normal(shape[axis:] if axis >= 0 else shape[rank + axis:]))
    count = d.choice([1, 2])
    names = d.node(
        "SimplifiedLayerNormalization", [x, gain], domain="", results=count,
        axis=axis, epsilon=d.choice([None, 1e-6, 1e-2]), stash_type=d.choice([None, 1]))
    d.results(*[(name, np.float32) for name in (names if count > 1 else [names])])


def skipping(d, operator, has_offset):
    batch, length, width = d.size(1, 3), d.size(), d.size(2, 12)
    shape = [batch, length, width]
    x = d.input(d.normal(shape))
    skip = d.input(d.normal(d.choice([shape, shape, shape, [1, length, width], [length, width]])))
    vectors = [d.constant(d.normal([width])) for _ in range(3)]
    operands = [x, skip, vectors[0]]
    if has_offset:
        operands.append(vectors[1] if d.chance(0.7) else "")
    operands.append(vectors[2] if d.chance() else "")
    count = d.choice([1, 4])
    names = d.node(operator, operands, results=count, epsilon=d.choice([None, 1e-5, 1e-2]))
    if count == 4:
        d.nodes[-1].output[1] = d.nodes[-1].output[2] = ""
    d.results(*[(name, np.float32) for name in ([names[0], names[3]] if count == 4 else [names])])
    close(d)


def skip_layer_normalization(d):
    skipping(d, "SkipLayerNormalization", True)


def skip_simplified_layer_normalization(d):
    skipping(d, "SkipSimplifiedLayerNormalization", False)


def embed_layer_normalization(d):
    batch, length, width = d.size(1, 3), d.size(), d.size(2, 12)
    words, positions, segments = d.size(4, 20), length + d.size(0, 4), 2

    def ids(count, shape):
        return d.input(d.random.integers(0, count, shape).astype(np.int32))

    def table(rows):
        return d.constant(d.normal([rows, width]))

    has_segments = d.chance(0.7)
    operands = [
        ids(words, [batch, length]), ids(segments, [batch, length]) if has_segments else "",
        table(words), table(positions), table(segments) if has_segments else "",
        d.constant(d.normal([width])), d.constant(d.normal([width]))]
    has_mask = d.chance()
    operands.append(ids(2, [batch, length]) if has_mask else "")
    if d.chance():
        operands.append(ids(positions, [d.choice([1, batch]), length]))
    count = d.choice([2, 3]) if has_mask else d.choice([1, 3])
    names = d.node(
        "EmbedLayerNormalization", operands, results=count, epsilon=d.choice([None, 1e-5]),
        mask_index_type=1 if has_mask else 0)
    if count == 3 and not has_mask:
        d.nodes[-1].output[1] = ""
    types = [np.float32, np.int32, np.float32]
    d.results(*[
        (name, type) for name, type in zip(d.nodes[-1].output, types) if name])
    close(d)


def mask(d, batch, queries, keys):
    """A mask of any form, which leaves a key to see."""
    form = d.choice(["none", "numbers", "numbers", "square", "lengths", "ends"])
    if form == "none":
        return ""
    if form == "lengths":
        return d.input(d.random.integers(1, keys + 1, [batch]).astype(np.int32))
    if form == "ends":
        starts = d.random.integers(0, keys, [batch])
        ends = starts + 1 + d.random.integers(0, keys - starts)
        return d.input(np.concatenate([ends, starts]).astype(np.int32))
    shape = [batch, keys] if form == "numbers" else [batch, queries, keys]
    numbers = (d.random.random(shape) < 0.7).astype(np.int32)
    numbers[..., 0] = 1
    return d.input(numbers)


def addend(d, batch, heads, queries, keys):
    if d.chance(0.7):
        return ""
    return d.input(d.normal([d.choice([1, batch]), d.choice([1, heads]), queries, keys]))


def attention(d):
    batch, length, inputs, heads = d.size(1, 3), d.size(), d.size(2, 8), d.size(1, 3)
    size = 2 * d.size(1, 3)
    past = d.size(1, 4) if d.chance(0.3) else 0
    value = heads * size if past or d.chance(0.6) else heads * d.size(1, 6)
    hidden = [heads * size, heads * size, value]
    weights = d.normal([inputs, sum(hidden)], 0.4)
    x = d.input(d.normal([batch, length, inputs]))
    operands = [x, d.constant(weights) if d.chance(0.8) else d.input(weights)]
    operands.append(d.constant(d.normal([sum(hidden)], 0.3)))
    operands.append(mask(d, batch, length, past + length))
    operands.append(d.input(d.normal([2, batch, heads, past, size])) if past else "")
    operands.append(addend(d, batch, heads, length, past + length))
    count = 2 if past else 1
    names = d.node(
        "Attention", operands, results=count, num_heads=heads, unidirectional=int(d.chance(0.4)),
        qkv_hidden_sizes=hidden if value != heads * size or d.chance() else None,
        scale=d.choice([None, None, 0.3]), mask_filter_value=d.choice(MASK))
    d.results(*[(name, np.float32) for name in (names if count > 1 else [names])])
    close(d)


def multi_head_attention(d):
    batch, queries, heads = d.size(1, 3), d.size(), d.size(1, 3)
    size, value = 2 * d.size(1, 3), None
    value = size if d.chance() else d.size(1, 6)
    form = d.choice(["flat", "flat", "flat", "heads"])
    past = d.size(1, 4) if form == "flat" and d.chance(0.3) else 0
    keys = queries if past or d.chance() else d.size()
    if past:
        value = size
    operands = [d.input(d.normal([batch, queries, heads * size]))]
    if form == "heads":
        operands += [d.input(d.normal([batch, heads, keys, n])) for n in (size, value)]
    else:
        operands += [d.input(d.normal([batch, keys, heads * n])) for n in (size, value)]
    has_bias = form == "flat" and d.chance()
    operands.append(d.constant(d.normal([heads * (2 * size + value)], 0.3)) if has_bias else "")
    operands.append(mask(d, batch, queries, past + keys))
    operands.append(addend(d, batch, heads, queries, past + keys))
    if past:
        operands += [d.input(d.normal([batch, heads, past, size])) for _ in range(2)]
    count = 3 if past else d.choice([1, 3]) if form == "flat" else 1
    names = d.node(
        "MultiHeadAttention", operands, results=count, num_heads=heads,
        unidirectional=d.choice([None, 0, 1]) if past or keys <= queries else None, scale=d.choice([None, None, 0.3]),
        mask_filter_value=d.choice(MASK))
    d.results(*[(name, np.float32) for name in (names if count > 1 else [names])])
    close(d)


def table(d, rows, size):
    angles = d.random.uniform(-3, 3, [rows, size])
    return [d.constant(f(angles).astype(np.float32)) for f in (np.cos, np.sin)]


def rotary_embedding(d):
    batch, length, heads = d.size(1, 3), d.size(), d.size(1, 3)
    size = 2 * d.size(1, 4)
    turned = 2 * d.size(1, size // 2) if d.chance(0.4) else 0
    rows = length + d.size(0, 5)
    rank = d.choice([3, 4])
    shape = [batch, length, heads * size] if rank == 3 else [batch, heads, length, size]
    x = d.input(d.normal(shape))
    if d.chance():
        positions = np.array([d.random.integers(0, rows - length + 1)])
    else:
        positions = d.random.integers(0, rows, [batch, length])
    operands = [x, d.input(positions.astype(np.int64)), *table(d, rows, (turned or size) // 2)]
    d.results((
        d.node(
            "RotaryEmbedding", operands, interleaved=int(d.chance()),
            num_heads=heads if turned or d.chance() else None,
            rotary_embedding_dim=turned or None),
        np.float32))
    close(d)


def group_query_attention(d):
    batch, keys, group = d.size(1, 3), d.size(1, 3), d.size(1, 3)
    heads, size = keys * group, 16 * d.size(1, 2)
    past = d.size(1, 6) if d.chance(0.4) else 0
    if past:
        length = 1 if batch > 1 or d.chance() else d.size(1, 3)
    else:
        length = d.size()
    total = past + length
    if d.chance(0.3):
        operands = [d.input(d.normal([batch, length, (heads + 2 * keys) * size])), "", ""]
    else:
        operands = [
            d.input(d.normal([batch, length, n * size])) for n in (heads, keys, keys)]
    for _ in range(2):
        operands.append(d.input(d.normal([batch, keys, past, size])) if past else "")
    operands.append(d.input(np.full([batch], total - 1, np.int32)))
    operands.append(d.constant(np.array(total, np.int32)))
    turns = d.chance()
    operands += table(d, total + 3, size // 2) if turns else ["", ""]
    operands.append("")
    operands.append(addend(d, batch, heads, length, total))
    operands.append(d.constant(d.normal([heads])) if d.chance(0.2) else "")
    names = d.node(
        "GroupQueryAttention", operands, results=3, num_heads=heads, kv_num_heads=keys,
        do_rotary=int(turns), rotary_interleaved=int(d.chance(0.3)) if turns else None,
        local_window_size=d.choice([None, None, 1, 2, 3]), softcap=d.choice([None, None, 2.0]),
        scale=d.choice([None, None, 0.3]), smooth_softmax=d.choice([None, None, 0, 1]))
    d.results(*[(name, np.float32) for name in names])
    close(d)


ALL = [
    simplified_layer_normalization, skip_layer_normalization, skip_simplified_layer_normalization,
    embed_layer_normalization, attention, multi_head_attention, rotary_embedding,
    group_query_attention,
]
