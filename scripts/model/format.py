"""The model file: one HDF5 file with a network graph, its weights and everything needed to use it. See docs/model_format.md."""
import hashlib
import json
import operator

import h5py
import numpy as np
import torch
import torch.fx
from torch import nn

from .layers import per_axis
from .monai import PadLike

VERSION = [1, 1]


def dimensions_of(module):
    return int(type(module).__name__.rstrip("d")[-1])


def refuse(what):
    raise ValueError(f"cannot be exported: {what}; the model format has no such operation")


def module_node(module):
    """Operation, attributes and weights of a PyTorch layer; None for one that does nothing at inference."""
    if isinstance(module, (nn.Conv2d, nn.Conv3d, nn.ConvTranspose2d, nn.ConvTranspose3d)):
        transposed = isinstance(module, (nn.ConvTranspose2d, nn.ConvTranspose3d))
        if module.groups != 1 or any(d != 1 for d in module.dilation) or module.padding_mode != "zeros" or isinstance(module.padding, str):
            refuse(f"{module} (grouped, dilated or padded otherwise than with zeros)")
        d = len(module.kernel_size)
        sizes = {"kernel": per_axis(module.kernel_size, d), "stride": per_axis(module.stride, d), "padding": per_axis(module.padding, d)}
        weights = {"weight": module.weight, "bias": module.bias if module.bias is not None else torch.zeros(module.out_channels)}
        if not transposed:
            return "convolution", sizes, weights
        return "transposed_convolution", {**sizes, "output_padding": per_axis(module.output_padding, d)}, weights
    if isinstance(module, (nn.InstanceNorm2d, nn.InstanceNorm3d)):
        one, zero = torch.ones(module.num_features), torch.zeros(module.num_features)
        affine = {"scale": module.weight if module.affine else one, "shift": module.bias if module.affine else zero}
        if module.track_running_stats:  # then inference uses those, as batch norm does
            return "batch_norm", {"epsilon": module.eps}, {**affine, "mean": module.running_mean, "variance": module.running_var}
        return "instance_norm", {"epsilon": module.eps}, affine
    if isinstance(module, nn.GroupNorm):
        one, zero = torch.ones(module.num_channels), torch.zeros(module.num_channels)
        return ("group_norm", {"epsilon": module.eps, "groups": module.num_groups},
                {"scale": module.weight if module.affine else one, "shift": module.bias if module.affine else zero})
    if isinstance(module, (nn.BatchNorm2d, nn.BatchNorm3d)):
        if not (module.affine and module.track_running_stats):
            refuse(f"{module} (without running statistics or affine weights)")
        return "batch_norm", {"epsilon": module.eps}, {"scale": module.weight, "shift": module.bias,
                                                      "mean": module.running_mean, "variance": module.running_var}
    if isinstance(module, nn.LeakyReLU):
        return "leaky_relu", {"slope": module.negative_slope}, {}
    if isinstance(module, nn.ReLU):
        return "leaky_relu", {"slope": 0.0}, {}
    if isinstance(module, nn.PReLU):
        return ("leaky_relu", {"slope": module.weight.item()}, {}) if module.num_parameters == 1 else ("leaky_relu", {}, {"slope": module.weight})
    if isinstance(module, PadLike):
        return "pad_like", {}, {}
    if isinstance(module, (nn.MaxPool2d, nn.MaxPool3d, nn.AvgPool2d, nn.AvgPool3d)):
        d = dimensions_of(module)
        if module.ceil_mode or any(p != 1 for p in per_axis(getattr(module, "dilation", 1), d)):
            refuse(f"{module} (ceil mode or dilation)")
        if isinstance(module, (nn.AvgPool2d, nn.AvgPool3d)) and not module.count_include_pad and any(per_axis(module.padding, d)):
            refuse(f"{module} (padding left out of the average)")
        return ("max_pool" if isinstance(module, (nn.MaxPool2d, nn.MaxPool3d)) else "average_pool",
                {"kernel": per_axis(module.kernel_size, d), "stride": per_axis(module.stride, d), "padding": per_axis(module.padding, d)}, {})
    if isinstance(module, nn.Upsample):
        modes = {"nearest": "nearest", "bilinear": "linear", "trilinear": "linear"}
        if module.mode not in modes or module.align_corners or module.scale_factor is None:
            refuse(f"{module}")
        scale = module.scale_factor if isinstance(module.scale_factor, tuple) else [module.scale_factor]
        if any(s != int(s) for s in scale):
            refuse(f"{module} (fractional scale)")
        return "upsample", {"scale": [int(s) for s in scale], "mode": modes[module.mode]}, {}
    if isinstance(module, (nn.Dropout, nn.Dropout2d, nn.Dropout3d, nn.Identity)):
        return None
    refuse(f"{type(module).__name__}")


class Tracer(torch.fx.Tracer):
    """Takes PadLike, whose sizes are known only when it runs, as one layer."""

    def is_leaf_module(self, module, name):
        return isinstance(module, PadLike) or super().is_leaf_module(module, name)


def graph_of(network, dimensions):
    """Nodes in an order in which each comes after its inputs, and the weights by "node/name"."""
    network.eval()
    graph = Tracer().trace(network)
    layers = dict(network.named_modules())
    nodes, weights, name_of = [], {}, {}
    for node in graph.nodes:
        if node.op == "placeholder":
            if nodes:
                refuse("a network with several inputs")
            nodes.append({"name": "input", "operation": "input", "inputs": []})
            name_of[node] = "input"
        elif node.op == "call_module":
            made = module_node(layers[node.target])
            source = name_of[node.args[0]]
            if made is None:
                name_of[node] = source
                continue
            operation, attributes, values = made
            for key in ("scale",):
                if operation == "upsample" and len(attributes[key]) == 1:
                    attributes[key] = attributes[key] * dimensions
            nodes.append({"name": node.name, "operation": operation, "inputs": [name_of[i] for i in node.args], **attributes})
            for key, value in values.items():
                weights[f"{node.name}/{key}"] = value.detach().numpy().astype("<f4")
            name_of[node] = node.name
        elif node.op == "call_function" and node.target in (torch.cat, torch.add, operator.add, operator.iadd):
            if node.target is torch.cat:
                inputs, axis = node.args[0], node.kwargs.get("dim", node.args[1] if len(node.args) > 1 else 0)
                if axis != 1:
                    refuse(f"concatenation along axis {axis}")
            else:
                inputs = node.args
            nodes.append({"name": node.name, "operation": "concatenate" if node.target is torch.cat else "add",
                          "inputs": [name_of[i] for i in inputs]})
            name_of[node] = node.name
        elif node.op == "output":
            if node.args[0] not in name_of or name_of[node.args[0]] != nodes[-1]["name"]:
                refuse("a network with several outputs")
        else:
            refuse(f"{node.op} {node.target}")
    return nodes, weights


def digest(description, weights):
    """SHA-256 over the description and all weights: what makes a model this model."""
    sha = hashlib.sha256(description.encode())
    for name in sorted(weights):
        sha.update(name.encode())
        sha.update(np.ascontiguousarray(weights[name], dtype="<f4").tobytes())
    return sha.hexdigest()


def write(path, network, *, dimensions, name, modality, orientation, labels, preprocessing, training, input_channels=1):
    """Writes the model file and returns its hash."""
    nodes, weights = graph_of(network, dimensions)
    description = json.dumps({
        "name": name, "modality": modality, "orientation": orientation, "dimensions": dimensions, "input_channels": input_channels,
        "labels": labels, "preprocessing": preprocessing, "graph": nodes, "training": training}, indent=1)
    sha = digest(description, weights)
    with h5py.File(path, "w") as file:
        file.attrs["format"] = np.bytes_("cardiotwin network")
        file.attrs["version"] = np.array(VERSION, dtype=np.int64)
        file.create_dataset("description", data=np.bytes_(description.encode()))
        file.create_dataset("sha256", data=np.bytes_(sha))
        for key, value in weights.items():
            file.create_dataset(f"weights/{key}", data=value)
    return sha
