"""nnU-Net v2: the networks that its plans describe, and what a results folder says about preprocessing.

The modules are named so that nnU-Net's weights load strictly; Isensee et al. 2021 (doi:10.1038/s41592-020-01008-z),
residual encoders after Isensee et al. 2024 (arXiv:2404.09556).
"""
import json
import pathlib

import torch
from torch import nn

from .layers import AVERAGE_POOL, BATCH_NORM, CONVOLUTION, INSTANCE_NORM, TRANSPOSED, per_axis

NORMS = {"torch.nn.modules.instancenorm.InstanceNorm": INSTANCE_NORM, "torch.nn.InstanceNorm": INSTANCE_NORM,
         "torch.nn.modules.batchnorm.BatchNorm": BATCH_NORM, "torch.nn.BatchNorm": BATCH_NORM}
ACTIVATIONS = {"torch.nn.LeakyReLU": nn.LeakyReLU, "torch.nn.modules.activation.LeakyReLU": nn.LeakyReLU,
               "torch.nn.ReLU": nn.ReLU, "torch.nn.modules.activation.ReLU": nn.ReLU}


def refuse(what, expected, found, remedy="export a network of a standard nnU-Net v2 configuration"):
    raise ValueError(f"{what}: expected {expected}, found {found}\n  {remedy}")


class Style:
    """What all blocks of one network have in common."""

    def __init__(self, settings, dimensions):
        self.dimensions = dimensions
        self.bias = settings.get("conv_bias", False)
        norm, activation = settings.get("norm_op"), settings.get("nonlin")
        if norm is not None and norm[:-2] not in NORMS:
            refuse("norm_op of the plans", "instance or batch norm", norm)
        if activation not in ACTIVATIONS:
            refuse("nonlin of the plans", "LeakyReLU or ReLU", activation)
        self.norm = None if norm is None else NORMS[norm[:-2]][dimensions]
        self.norm_settings = settings.get("norm_op_kwargs") or {}
        self.activation, self.activation_settings = ACTIVATIONS[activation], settings.get("nonlin_kwargs") or {}


class ConvolutionBlock(nn.Module):
    """Convolution that keeps the size (but for the stride), norm, activation."""

    def __init__(self, style, inputs, outputs, kernel, stride, active=True, bias=None):
        super().__init__()
        kernel = per_axis(kernel, style.dimensions)
        self.conv = CONVOLUTION[style.dimensions](inputs, outputs, kernel, tuple(per_axis(stride, style.dimensions)),
                                                  padding=tuple((k - 1) // 2 for k in kernel), bias=style.bias if bias is None else bias)
        self.norm = style.norm(outputs, **style.norm_settings) if style.norm else nn.Identity()
        self.nonlin = style.activation(**style.activation_settings) if active else nn.Identity()

    def forward(self, x):
        return self.nonlin(self.norm(self.conv(x)))


class ConvolutionStack(nn.Module):
    """Blocks in a row; the first one has the stride."""

    def __init__(self, style, count, inputs, outputs, kernel, stride=1):
        super().__init__()
        self.convs = nn.Sequential(*[ConvolutionBlock(style, outputs if i else inputs, outputs, kernel, 1 if i else stride)
                                     for i in range(count)])

    def forward(self, x):
        return self.convs(x)


class ResidualBlock(nn.Module):
    """Two convolutions beside a skip that is pooled by averaging and projected by a kernel of one where sizes differ."""

    def __init__(self, style, inputs, outputs, kernel, stride):
        super().__init__()
        stride = per_axis(stride, style.dimensions)
        self.conv1 = ConvolutionBlock(style, inputs, outputs, kernel, stride)
        self.conv2 = ConvolutionBlock(style, outputs, outputs, kernel, 1, active=False)
        self.nonlin2 = style.activation(**style.activation_settings)
        skip = [AVERAGE_POOL[style.dimensions](tuple(stride), tuple(stride))] if any(s != 1 for s in stride) else []
        if inputs != outputs:
            skip.append(ConvolutionBlock(style, inputs, outputs, 1, 1, active=False, bias=False))
        self.skip = nn.Sequential(*skip)

    def forward(self, x):
        return self.nonlin2(self.conv2(self.conv1(x)) + self.skip(x))


class ResidualStack(nn.Module):
    def __init__(self, style, count, inputs, outputs, kernel, stride):
        super().__init__()
        self.blocks = nn.Sequential(*[ResidualBlock(style, outputs if i else inputs, outputs, kernel, 1 if i else stride)
                                      for i in range(count)])

    def forward(self, x):
        return self.blocks(x)


class Encoder(nn.Module):
    """Returns the features of every stage, finest first."""

    def __init__(self, style, inputs, settings, residual):
        super().__init__()
        features, kernels, strides = settings["features_per_stage"], settings["kernel_sizes"], settings["strides"]
        counts = settings["n_blocks_per_stage" if residual else "n_conv_per_stage"]
        self.stem = None
        if residual:
            stem = settings.get("stem_channels") or features[0]
            self.stem = ConvolutionStack(style, 1, inputs, stem, kernels[0])
            inputs = stem
        stages = []
        for count, outputs, kernel, stride in zip(counts, features, kernels, strides):
            stages.append(ResidualStack(style, count, inputs, outputs, kernel, stride) if residual else
                          nn.Sequential(ConvolutionStack(style, count, inputs, outputs, kernel, stride)))
            inputs = outputs
        self.stages = nn.Sequential(*stages)

    def forward(self, x):
        if self.stem is not None:
            x = self.stem(x)
        features = []
        for stage in self.stages:
            x = stage(x)
            features.append(x)
        return features


class Decoder(nn.Module):
    """Coarsest stage first. The heads of deep supervision are there for their weights; only the last one is used."""

    def __init__(self, style, labels, settings):
        super().__init__()
        features, kernels, strides = settings["features_per_stage"], settings["kernel_sizes"], settings["strides"]
        stages, ups, heads = [], [], []
        for step, level in enumerate(range(len(features) - 2, -1, -1)):
            stride = tuple(per_axis(strides[level + 1], style.dimensions))
            ups.append(TRANSPOSED[style.dimensions](features[level + 1], features[level], stride, stride, bias=style.bias))
            stages.append(ConvolutionStack(style, settings["n_conv_per_stage_decoder"][step], 2 * features[level], features[level], kernels[level]))
            heads.append(CONVOLUTION[style.dimensions](features[level], labels, 1))
        self.stages, self.transpconvs, self.seg_layers = nn.ModuleList(stages), nn.ModuleList(ups), nn.ModuleList(heads)

    def forward(self, features):
        x = features[-1]
        for up, stage, skip in zip(self.transpconvs, self.stages, features[-2::-1]):
            x = stage(torch.cat([up(x), skip], dim=1))
        return self.seg_layers[-1](x)


class UNet(nn.Module):
    """PlainConvUNet, or ResidualEncoderUNet where `residual`; `settings` are the plans' arch_kwargs."""

    def __init__(self, inputs, labels, settings, residual=False):
        super().__init__()
        settings = dict(settings)
        self.dimensions = int(settings["conv_op"][-2])
        stages = settings["n_stages"]
        for key in ("n_blocks_per_stage", "n_conv_per_stage", "n_conv_per_stage_decoder", "features_per_stage", "kernel_sizes", "strides"):
            if isinstance(settings.get(key), int):
                settings[key] = [settings[key]] * (stages - (key == "n_conv_per_stage_decoder"))
        style = Style(settings, self.dimensions)
        self.encoder = Encoder(style, inputs, settings, residual)
        self.decoder = Decoder(style, labels, settings)

    def forward(self, x):
        return self.decoder(self.encoder(x))


KNOWN_SETTINGS = {"n_stages", "features_per_stage", "conv_op", "kernel_sizes", "strides", "n_conv_per_stage", "n_blocks_per_stage",
                  "n_conv_per_stage_decoder", "conv_bias", "norm_op", "norm_op_kwargs", "dropout_op", "dropout_op_kwargs", "nonlin",
                  "nonlin_kwargs", "stem_channels", "deep_supervision"}


def configuration_of(plans, name):
    """A configuration with what it inherits."""
    if name not in plans["configurations"]:
        refuse("plans.json", f"one of the configurations {sorted(plans['configurations'])}", name, "choose with --configuration")
    own = plans["configurations"][name]
    return {**configuration_of(plans, own["inherits_from"]), **own} if "inherits_from" in own else dict(own)


def architecture_of(configuration):
    """Class name and settings of the network; plans from before nnU-Net 2.4 have them under other names."""
    if "architecture" in configuration:
        architecture = configuration["architecture"]
        return architecture["network_class_name"].split(".")[-1], architecture["arch_kwargs"]
    dimensions, counts = len(configuration["patch_size"]), configuration["n_conv_per_stage_encoder"]
    name = configuration["UNet_class_name"]
    return name, {
        "n_stages": len(counts), "conv_op": f"torch.nn.modules.conv.Conv{dimensions}d",
        "features_per_stage": [min(configuration["UNet_base_num_features"] * 2**i, configuration["unet_max_num_features"]) for i in range(len(counts))],
        "kernel_sizes": configuration["conv_kernel_sizes"], "strides": configuration["pool_op_kernel_sizes"],
        "n_conv_per_stage" if name == "PlainConvUNet" else "n_blocks_per_stage": counts,
        "n_conv_per_stage_decoder": configuration["n_conv_per_stage_decoder"], "conv_bias": True,
        "norm_op": f"torch.nn.InstanceNorm{dimensions}d", "norm_op_kwargs": {"eps": 1e-5, "affine": True},
        "nonlin": "torch.nn.LeakyReLU", "nonlin_kwargs": {"inplace": True}}


def build(name, settings, inputs, labels):
    if name not in ("PlainConvUNet", "ResidualEncoderUNet"):
        refuse("network_class_name of the plans", "PlainConvUNet or ResidualEncoderUNet", name)
    if unknown := set(settings) - KNOWN_SETTINGS:
        refuse("arch_kwargs of the plans", f"only {sorted(KNOWN_SETTINGS)}", sorted(unknown))
    return UNet(inputs, labels, settings, name == "ResidualEncoderUNet")


def own_weights(state):
    """Each array once: nnU-Net stores the encoder in the decoder too, and every block's layers also as `all_modules`."""
    def bare(key):
        for prefix in ("module.", "_orig_mod."):
            key = key.removeprefix(prefix)
        return key
    return {bare(key): value for key, value in state.items()
            if ".all_modules." not in key and not bare(key).startswith("decoder.encoder.")}


def normalisation_of(plans, configuration):
    """One entry for each channel, in the words of docs/model_format.md."""
    properties = plans.get("foreground_intensity_properties_per_channel") or plans.get("foreground_intensity_properties_by_modality") or {}
    entries = []
    for channel, (scheme, masked) in enumerate(zip(configuration["normalization_schemes"], configuration["use_mask_for_norm"])):
        if scheme == "ZScoreNormalization":
            entries.append({"kind": "standard_score", "region": "nonzero" if masked else "image"})
        elif scheme == "CTNormalization":
            p = properties[str(channel)]
            entries.append({"kind": "window", "region": "image", "low": p["percentile_00_5"], "high": p["percentile_99_5"],
                            "mean": p["mean"], "deviation": max(p["std"], 1e-8)})
        elif scheme == "NoNormalization":
            entries.append({"kind": "none", "region": "image"})
        elif scheme == "RescaleTo01Normalization":
            entries.append({"kind": "range", "region": "image"})
        else:
            refuse(f"normalisation of channel {channel}", "ZScore, CT, No or RescaleTo01 normalisation", scheme)
    return entries


def labels_of(dataset):
    """Names in the order of the output channels."""
    labels = {name: value for name, value in dataset["labels"].items() if name != "ignore"}
    if any(not isinstance(v, (int, str)) for v in labels.values()):
        refuse("labels of dataset.json", "one value for each label", "regions made of several labels", "train with labels instead of regions")
    ordered = sorted(labels, key=lambda name: int(labels[name]))
    if [int(labels[name]) for name in ordered] != list(range(len(ordered))):
        refuse("labels of dataset.json", "the values 0, 1, 2, ...", sorted(labels.values()))
    return ordered


def modality_of(channels):
    """DICOM's name, from the channel names of dataset.json; None where they do not tell."""
    names = {str(name).upper() for name in channels.values()}
    if names == {"CT"}:
        return "CT"
    return "MR" if all(name in ("MR", "MRI", "CINEMRI", "T1", "T2", "FLAIR", "T1CE", "ADC") for name in names) else None


def read(folder, configuration=None, fold=None, checkpoint="checkpoint_final.pth"):
    """Network, and the arguments for format.write, of a results folder TRAINER__PLANS__CONFIGURATION."""
    folder = pathlib.Path(folder)
    for name in ("plans.json", "dataset.json"):
        if not (folder / name).exists():
            refuse(str(folder), f"an nnU-Net results folder with {name}", "none", "give the folder TRAINER__PLANS__CONFIGURATION")
    plans, dataset = json.loads((folder / "plans.json").read_text()), json.loads((folder / "dataset.json").read_text())
    candidates = [f for f in sorted(folder.glob("fold_*")) if (f / checkpoint).exists()]
    chosen = folder / f"fold_{fold}" if fold is not None else (candidates[0] if candidates else folder)
    if not (chosen / checkpoint).exists():
        refuse(str(chosen), f"a file {checkpoint}", "none", "choose with --fold and --checkpoint")
    stored = torch.load(chosen / checkpoint, map_location="cpu")
    configuration = configuration or stored.get("init_args", {}).get("configuration") or folder.name.split("__")[-1]
    chosen_configuration = configuration_of(plans, configuration)
    if chosen_configuration.get("previous_stage"):
        refuse(f"configuration {configuration}", "a network that sees the image alone", "the second stage of a cascade", "export 2d or 3d_fullres")
    name, settings = architecture_of(chosen_configuration)
    channels = dataset.get("channel_names") or dataset.get("modality")
    labels = labels_of(dataset)
    network = build(name, settings, len(channels), len(labels))
    network.load_state_dict(own_weights(stored["network_weights"]))
    axes = [int(a) for a in plans.get("transpose_forward", [0, 1, 2])]
    mirror = stored.get("inference_allowed_mirroring_axes")
    return network, {
        "dimensions": network.dimensions, "name": f"{plans['dataset_name']} {configuration} {chosen.name}",
        "modality": modality_of(channels), "input_channels": len(channels), "labels": labels,
        "preprocessing": {"spacing_mm": chosen_configuration["spacing"], "patch_size": chosen_configuration["patch_size"],
                          "axes": axes, "crop": "nonzero", "mirror_axes": [] if mirror is None else list(mirror),
                          "normalisation": normalisation_of(plans, chosen_configuration)},
        "training": {"framework": "nnU-Net", "plans": plans.get("plans_name"), "trainer": stored.get("trainer_name"),
                     "fold": chosen.name, "configuration": configuration, "channels": channels,
                     "epochs": stored.get("current_epoch")}}
