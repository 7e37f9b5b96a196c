"""MONAI's UNet, DynUNet and BasicUNet, built from the arguments of their constructors.

The modules are named so that MONAI's weights load strictly (names as from MONAI 0.7 on); Cardoso et al. 2022
(arXiv:2211.02701).
"""
import json
import pathlib

import torch
from torch import nn

from .layers import BATCH_NORM, CONVOLUTION, INSTANCE_NORM, MAX_POOL, TRANSPOSED, per_axis


def refuse(what, expected, found, remedy="export a network of the standard layers"):
    raise ValueError(f"{what}: expected {expected}, found {found}\n  {remedy}")


def name_and_settings(value):
    """MONAI names a layer by a string, or by a pair of string and arguments."""
    return (value, {}) if isinstance(value, str) else (value[0], dict(value[1]))


def norm_layer(norm, channels, dimensions):
    name, settings = name_and_settings(norm)
    kinds = {"instance": INSTANCE_NORM, "instance_nvfuser": INSTANCE_NORM, "batch": BATCH_NORM}
    if name.lower() == "group":
        return nn.GroupNorm(num_channels=channels, **settings)
    if name.lower() not in kinds:
        refuse("norm", "instance, batch or group", name)
    return kinds[name.lower()][dimensions](channels, **settings)


def activation_layer(activation):
    name, settings = name_and_settings(activation)
    kinds = {"prelu": nn.PReLU, "leakyrelu": nn.LeakyReLU, "relu": nn.ReLU}
    if name.lower() not in kinds:
        refuse("act", "PReLU, LeakyReLU or ReLU", name)
    return kinds[name.lower()](**settings)


class Style:
    """What all blocks of one network have in common. Dropout does nothing here and holds no weights."""

    def __init__(self, dimensions, act, norm, bias=True, adn_ordering="NDA"):
        self.dimensions, self.act, self.norm, self.bias = dimensions, act, norm, bias
        self.order = [letter for letter in adn_ordering.upper() if letter != "D"]

    def after(self, channels):
        layers = nn.Sequential()
        for letter in self.order:
            part = (self.norm and norm_layer(self.norm, channels, self.dimensions)) if letter == "N" else (self.act and activation_layer(self.act))
            if part:
                layers.add_module(letter, part)
        return layers


def same_padding(kernel):
    if any(k % 2 == 0 for k in kernel):
        refuse("kernel_size", "odd numbers", kernel)
    return [(k - 1) // 2 for k in kernel]


class Convolution(nn.Sequential):
    """Convolution, or its transposed one that multiplies the size by the stride; then norm and activation."""

    def __init__(self, style, inputs, outputs, kernel, stride=1, transposed=False, bare=False, bias=None, padding=None, output_padding=None):
        super().__init__()
        d = style.dimensions
        kernel, stride = per_axis(kernel, d), per_axis(stride, d)
        settings = {"stride": stride, "padding": same_padding(kernel) if padding is None else padding, "bias": style.bias if bias is None else bias}
        if transposed:
            settings["output_padding"] = [s - 1 for s in stride] if output_padding is None else output_padding
        self.add_module("conv", (TRANSPOSED if transposed else CONVOLUTION)[d](inputs, outputs, kernel, **settings))
        if not bare:
            self.add_module("adn", style.after(outputs))


class ResidualUnit(nn.Module):
    """Convolutions in a row beside a convolution that fits the input to their output."""

    def __init__(self, style, inputs, outputs, kernel, stride, units, last_bare=False):
        super().__init__()
        d = style.dimensions
        kernel, stride = per_axis(kernel, d), per_axis(stride, d)
        self.conv = nn.Sequential()
        for unit in range(units):
            self.conv.add_module(f"unit{unit}", Convolution(style, outputs if unit else inputs, outputs, kernel, 1 if unit else stride,
                                                            bare=last_bare and unit == units - 1))
        self.residual = nn.Identity()
        strided = any(s != 1 for s in stride)
        if strided or inputs != outputs:
            fitting = kernel if strided else [1] * d
            self.residual = CONVOLUTION[d](inputs, outputs, fitting, stride, same_padding(fitting), bias=style.bias)

    def forward(self, x):
        residual = self.residual(x)
        return self.conv(x) + residual


class SkipConnection(nn.Module):
    def __init__(self, submodule):
        super().__init__()
        self.submodule = submodule

    def forward(self, x):
        return torch.cat([x, self.submodule(x)], dim=1)


class UNet(nn.Module):
    def __init__(self, spatial_dims, in_channels, out_channels, channels, strides, kernel_size=3, up_kernel_size=3, num_res_units=0,
                 act="PRELU", norm="INSTANCE", dropout=0.0, bias=True, adn_ordering="NDA"):
        super().__init__()
        style = Style(spatial_dims, act, norm, bias, adn_ordering)

        def down(inputs, outputs, stride):
            if num_res_units:
                return ResidualUnit(style, inputs, outputs, kernel_size, stride, num_res_units)
            return Convolution(style, inputs, outputs, kernel_size, stride)

        def level(inputs, outputs, depth):
            top, here, deepest = depth == 0, channels[depth], depth == len(channels) - 2
            below = down(here, channels[depth + 1], 1) if deepest else level(here, here, depth + 1)
            up = Convolution(style, here + (channels[depth + 1] if deepest else here), outputs, up_kernel_size, strides[depth], transposed=True,
                             bare=top and num_res_units == 0)
            if num_res_units:
                up = nn.Sequential(up, ResidualUnit(style, outputs, outputs, kernel_size, 1, 1, last_bare=top))
            return nn.Sequential(down(inputs, here, strides[depth]), SkipConnection(below), up)

        self.model = level(in_channels, out_channels, 0)

    def forward(self, x):
        return self.model(x)


class DynamicBlock(nn.Module):
    """Two convolutions with norm and activation, and where `residual` a fitted skip beside them."""

    def __init__(self, style, inputs, outputs, kernel, stride, residual):
        super().__init__()
        d = style.dimensions
        kernel, stride = per_axis(kernel, d), per_axis(stride, d)

        def convolution(channels, size, step):
            padding = [(k - s + 1) // 2 for k, s in zip(size, step)]
            return Convolution(style, channels, outputs, size, step, bare=True, bias=False, padding=padding)

        self.conv1, self.conv2 = convolution(inputs, kernel, stride), convolution(outputs, kernel, [1] * d)
        self.norm1, self.norm2 = norm_layer(style.norm, outputs, d), norm_layer(style.norm, outputs, d)
        self.lrelu = activation_layer(style.act)
        self.residual = residual
        self.fitted = residual and (inputs != outputs or any(s != 1 for s in stride))
        if self.fitted:
            self.conv3, self.norm3 = convolution(inputs, [1] * d, stride), norm_layer(style.norm, outputs, d)

    def forward(self, x):
        skip = self.norm3(self.conv3(x)) if self.fitted else x
        x = self.norm2(self.conv2(self.lrelu(self.norm1(self.conv1(x)))))
        return self.lrelu(x + skip if self.residual else x)


class DynamicUp(nn.Module):
    def __init__(self, style, inputs, outputs, kernel, factor, bias):
        super().__init__()
        factor = per_axis(factor, style.dimensions)
        self.transp_conv = Convolution(style, inputs, outputs, factor, factor, transposed=True, bare=True, bias=bias,
                                       padding=[0] * style.dimensions, output_padding=[0] * style.dimensions)
        self.conv_block = DynamicBlock(style, 2 * outputs, outputs, kernel, 1, False)

    def forward(self, x, skip):
        return self.conv_block(torch.cat([self.transp_conv(x), skip], dim=1))


class DynamicHead(nn.Module):
    def __init__(self, style, inputs, outputs):
        super().__init__()
        self.conv = Convolution(style, inputs, outputs, 1, bare=True, bias=True)

    def forward(self, x):
        return self.conv(x)


class DynUNet(nn.Module):
    """The heads of deep supervision are there for their weights only."""

    def __init__(self, spatial_dims, in_channels, out_channels, kernel_size, strides, upsample_kernel_size, filters=None, dropout=None,
                 norm_name=("INSTANCE", {"affine": True}), act_name=("leakyrelu", {"negative_slope": 0.01}), deep_supervision=False,
                 deep_supr_num=1, res_block=False, trans_bias=False):
        super().__init__()
        style = Style(spatial_dims, act_name, norm_name)
        levels = len(strides)
        filters = (filters or [min(2 ** (5 + i), 320 if spatial_dims == 3 else 512) for i in range(levels)])[:levels]
        inputs = [in_channels, *filters[:-1]]
        blocks = [DynamicBlock(style, i, o, k, s, res_block) for i, o, k, s in zip(inputs, filters, kernel_size, strides)]
        self.input_block, self.downsamples, self.bottleneck = blocks[0], nn.ModuleList(blocks[1:-1]), blocks[-1]
        self.upsamples = nn.ModuleList(DynamicUp(style, filters[l + 1], filters[l], kernel_size[l + 1], upsample_kernel_size[l], trans_bias)
                                       for l in range(levels - 2, -1, -1))
        self.output_block = DynamicHead(style, filters[0], out_channels)
        if deep_supervision:
            self.deep_supervision_heads = nn.ModuleList(DynamicHead(style, filters[l + 1], out_channels) for l in range(deep_supr_num))

    def forward(self, x):
        skips = [self.input_block(x)]
        for block in self.downsamples:
            skips.append(block(skips[-1]))
        x = self.bottleneck(skips[-1])
        for up, skip in zip(self.upsamples, skips[::-1]):
            x = up(x, skip)
        return self.output_block(x)


class PadLike(nn.Module):
    """Repeats the last values along each axis until the size is that of `reference`."""

    def forward(self, x, reference):
        missing = [r - s for s, r in zip(x.shape[2:], reference.shape[2:])]
        return nn.functional.pad(x, [m for behind in reversed(missing) for m in (0, behind)], mode="replicate")


class TwoConvolutions(nn.Sequential):
    def __init__(self, style, inputs, outputs):
        super().__init__()
        self.add_module("conv_0", Convolution(style, inputs, outputs, 3))
        self.add_module("conv_1", Convolution(style, outputs, outputs, 3))


class BasicDown(nn.Sequential):
    def __init__(self, style, inputs, outputs):
        super().__init__()
        self.add_module("max_pooling", MAX_POOL[style.dimensions](2))
        self.add_module("convs", TwoConvolutions(style, inputs, outputs))


class Upsampling(nn.Sequential):
    def __init__(self, style, inputs, outputs):
        super().__init__()
        self.add_module("deconv", TRANSPOSED[style.dimensions](inputs, outputs, 2, 2))


class BasicUp(nn.Module):
    def __init__(self, style, inputs, skip, outputs, halves=True):
        super().__init__()
        up = inputs // 2 if halves else inputs
        self.upsample, self.pad = Upsampling(style, inputs, up), PadLike()
        self.convs = TwoConvolutions(style, skip + up, outputs)

    def forward(self, x, skip):
        return self.convs(torch.cat([skip, self.pad(self.upsample(x), skip)], dim=1))


class BasicUNet(nn.Module):
    def __init__(self, spatial_dims=3, in_channels=1, out_channels=2, features=(32, 32, 64, 128, 256, 32),
                 act=("LeakyReLU", {"negative_slope": 0.1}), norm=("instance", {"affine": True}), bias=True, dropout=0.0, upsample="deconv"):
        super().__init__()
        if upsample != "deconv":
            refuse("upsample of BasicUNet", "deconv", upsample)
        style, f = Style(spatial_dims, act, norm, bias), features
        self.conv_0 = TwoConvolutions(style, in_channels, f[0])
        for level in (1, 2, 3, 4):
            self.add_module(f"down_{level}", BasicDown(style, f[level - 1], f[level]))
        for level in (4, 3, 2):
            self.add_module(f"upcat_{level}", BasicUp(style, f[level], f[level - 1], f[level - 1]))
        self.upcat_1 = BasicUp(style, f[1], f[0], f[5], halves=False)
        self.final_conv = CONVOLUTION[spatial_dims](f[5], out_channels, 1)

    def forward(self, x):
        x0 = self.conv_0(x)
        x1 = self.down_1(x0)
        x2 = self.down_2(x1)
        x3 = self.down_3(x2)
        x = self.down_4(x3)
        for up, skip in ((self.upcat_4, x3), (self.upcat_3, x2), (self.upcat_2, x1), (self.upcat_1, x0)):
            x = up(x, skip)
        return self.final_conv(x)


ARCHITECTURES = {"UNet": UNet, "DynUNet": DynUNet, "BasicUNet": BasicUNet}


def build(architecture, arguments):
    if architecture not in ARCHITECTURES:
        refuse("architecture", f"one of {sorted(ARCHITECTURES)}", architecture)
    arguments = {k: v for k, v in arguments.items() if not k.startswith("_")}  # a bundle's _target_ and the like
    if "dimensions" in arguments:  # its name before MONAI 0.9
        arguments["spatial_dims"] = arguments.pop("dimensions")
    try:
        return ARCHITECTURES[architecture](**arguments)
    except TypeError as error:
        refuse(f"arguments of {architecture}", "those of MONAI's constructor", str(error), "correct the JSON file")


def own_weights(state):
    """Each array once (DynUNet lists its blocks in `skip_layers` too), without the prefix of parallel training."""
    return {key.removeprefix("module."): value for key, value in state.items() if not key.removeprefix("module.").startswith("skip_layers.")}


def weights_of(path):
    """A state dict, alone or under the names that training scripts give it."""
    stored = torch.load(path, map_location="cpu")
    for key in ("state_dict", "model", "network"):
        if isinstance(stored, dict) and isinstance(stored.get(key), dict):
            stored = stored[key]
    return stored


PREPROCESSING = ("spacing_mm", "patch_size", "normalisation")


def read(architecture, config, weights):
    """Network, and the arguments for format.write. `config` is a JSON file: {"network": constructor arguments, "modality",
    "labels", "spacing_mm", "patch_size", "normalisation", and optionally "name", "orientation", "axes", "mirror_axes",
    "crop"}; a bundle's configuration with "network_def" supplies "network"."""
    settings = json.loads(pathlib.Path(config).read_text())
    arguments = settings.get("network") or settings.get("network_def")
    if arguments is None:
        refuse(str(config), "\"network\" with the constructor's arguments", sorted(settings), "write them as docs/model_format.md tells")
    if missing := [key for key in ("modality", "labels", *PREPROCESSING) if key not in settings]:
        refuse(str(config), "preprocessing and labels", f"no {', '.join(missing)}", "write them as docs/model_format.md tells")
    network = build(architecture, arguments)
    network.load_state_dict(own_weights(weights_of(weights)))
    dimensions = arguments.get("spatial_dims", arguments.get("dimensions", 3))
    return network, {
        "dimensions": dimensions, "name": settings.get("name", pathlib.Path(weights).stem), "modality": settings["modality"],
        "orientation": settings.get("orientation", "any"), "input_channels": arguments.get("in_channels", 1), "labels": settings["labels"],
        "preprocessing": {key: settings[key] for key in (*PREPROCESSING, "axes", "mirror_axes", "crop") if key in settings},
        "training": {"framework": "MONAI", "architecture": architecture, **settings.get("training", {})}}
