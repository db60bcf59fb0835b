"""Layers in aimcc beside the same layers in IBM's Analog Hardware Acceleration Kit, for tools/benchmark."""

import time

# A crossbar, a batch of 1024 vectors, and a convolution: the input of an inference, how many there are in a call, and
# how many vectors each has.
LAYERS = [("256×256", (256,), 1024, 1), ("conv 64→64 3×3 on 32×32", (64, 32, 32), 8, 32 * 32)]
DAY = 86400.0


def network(shape):
    """The layer of PyTorch for inputs of `shape`, without bias."""
    from torch import nn

    if len(shape) == 1:
        return nn.Linear(shape[0], shape[0], bias=False)
    return nn.Conv2d(shape[0], shape[0], 3, padding=1, bias=False)


def write_model(layer, shape, path):
    """The layer as ONNX."""
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    weights = layer.weight.detach().numpy()
    if len(shape) == 1:
        node, weights = helper.make_node("MatMul", ["x", "w"], ["y"]), weights.T.copy()
    else:
        node = helper.make_node("Conv", ["x", "w"], ["y"], pads=[1, 1, 1, 1])
    ends = [helper.make_tensor_value_info(name, TensorProto.FLOAT, [1, *shape]) for name in "xy"]
    graph = helper.make_graph([node], "layer", ends[:1], ends[1:], [numpy_helper.from_array(weights, "w")])
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), path)


def analog(layer):
    """The layer in aihwkit, with its usual converters, on crossbars of 256×256 with HermesNoiseModel, a day old."""
    import torch
    from aihwkit.inference import HermesNoiseModel
    from aihwkit.nn.conversion import convert_to_analog
    from aihwkit.simulator.configs import InferenceRPUConfig

    configuration = InferenceRPUConfig()
    configuration.noise_model = HermesNoiseModel()
    configuration.mapping.max_input_size = configuration.mapping.max_output_size = 256
    model = convert_to_analog(torch.nn.Sequential(layer), configuration).eval()
    model.program_analog_weights()
    model.drift_analog_weights(DAY)
    return model


def seconds_of_calls(model, data, count):
    import torch

    with torch.no_grad():
        start = time.perf_counter()
        for _ in range(count):
            model(data)
        return time.perf_counter() - start


def rows(compiled, simulated, spread, median, runs, folder):
    """A row for each layer: microseconds a vector in both, and the ratio with and without errors of circuits.

    `compiled` gives the program of a model, `simulated` the seconds an inference of a program and data, with or without
    these errors.
    """
    import numpy
    import torch

    torch.set_num_threads(1)
    torch.manual_seed(0)
    made = []
    for name, shape, batch, vectors in LAYERS:
        layer = network(shape)
        model, data = folder / "layer.onnx", folder / "layer.npz"
        write_model(layer, shape, model)
        program = compiled(model)
        calls = 16
        inputs = numpy.random.default_rng(0).uniform(-1, 1, (batch * calls, *shape)).astype(numpy.float32)
        numpy.savez(data, x=inputs)
        part = torch.from_numpy(inputs[:batch])
        other = analog(layer)
        seconds_of_calls(other, part, 2)
        ours, theirs, devices, ratios = [], [], [], []
        for _ in range(runs):
            theirs.append(seconds_of_calls(other, part, calls) / (calls * batch * vectors))
            ours.append(simulated(program, data, True) / vectors)
            devices.append(simulated(program, data, False) / vectors)
            ratios.append(theirs[-1] / ours[-1])
        made.append([
            name, str(batch), f"{median(ours) * 1e6:.2f}", f"{median(theirs) * 1e6:.2f}", *spread(ratios),
            spread([other / own for other, own in zip(theirs, devices)])[0],
        ])
    return made
