"""Small ONNX models of waveforms, and what they compute, by NumPy."""

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

WIDTH, KERNEL, STRIDE = 3, 16, 8
FILTERS = np.random.default_rng(1).normal(size=(WIDTH, 1, KERNEL)).astype(np.float32)


def save(path, nodes, inputs, outputs, weights=None):
    """Write a model; inputs and outputs are shapes by name, of floats unless a type is given."""

    def declared(values):
        return [
            helper.make_tensor_value_info(name, *value)
            if isinstance(value, tuple)
            else helper.make_tensor_value_info(name, TensorProto.FLOAT, value)
            for name, value in values.items()
        ]

    tensors = [numpy_helper.from_array(array, name) for name, array in (weights or {}).items()]
    graph = helper.make_graph(nodes, "test", declared(inputs), declared(outputs), tensors)
    opset = helper.make_opsetid("", 17)
    onnx.save(helper.make_model(graph, opset_imports=[opset], ir_version=8), path)
    return path


def weights_of(samples, n=4):
    return np.random.default_rng(samples).normal(size=(samples, n)).astype(np.float32)


def linear_model(path, samples, batch="batch", n=4):
    """Write a model of windows of a fixed length: ``wave @ weights_of(samples)``."""
    node = helper.make_node("MatMul", ["wave", "w"], ["embedding"])
    shapes = {"wave": [batch, samples]}, {"embedding": [batch, n]}
    return save(path, [node], *shapes, {"w": weights_of(samples, n)})


def any_length_model(path, *, frames=False, outputs=("embedding",), batch="batch"):
    """Write a model of windows of any length: filters, rectified, and their mean over time.

    With ``frames``, the values over time instead: shape ``(batch, frames, n)``.
    """
    name = outputs[0]
    last = (
        helper.make_node("Transpose", ["r"], [name], perm=[0, 2, 1])
        if frames
        else helper.make_node("ReduceMean", ["r"], [name], axes=[2], keepdims=0)
    )
    nodes = [
        helper.make_node("Unsqueeze", ["wave", "axis"], ["x"]),
        helper.make_node("Conv", ["x", "f"], ["c"], strides=[STRIDE]),
        helper.make_node("Relu", ["c"], ["r"]),
        last,
        *(helper.make_node("ReduceMax", ["wave"], [more], axes=[1]) for more in outputs[1:]),
    ]
    shapes = {
        name: ["batch", None, WIDTH] if frames else ["batch", WIDTH],
        **{more: ["batch", 1] for more in outputs[1:]},
    }
    weights = {"axis": np.array([1]), "f": FILTERS}
    return save(path, nodes, {"wave": [batch, "samples"]}, shapes, weights)


def filtered(window):
    """Return the values over time ``(frames, n)`` that `any_length_model` computes of a window."""
    views = np.lib.stride_tricks.sliding_window_view(window.astype(float), KERNEL)[::STRIDE]
    return np.maximum(views @ FILTERS[:, 0].T.astype(float), 0)
