#!/usr/bin/python3
"""Random networks with their answers, as PyTorch gives them: random_networks.py FOLDER.

For each network: NAME.h5 (model file) and NAME_answer.h5 (input, logits, image, its logits by sliding window). Those of
nnU-Net and MONAI go through checkpoints with the frameworks' own names and scripts/export_model.py.
"""
import itertools
import json
import pathlib
import sys

import h5py
import numpy as np
import torch
from torch import nn

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[3] / "scripts"))
import export_model  # noqa: E402
from model import format, monai, nnunet  # noqa: E402
from model.network import UNet  # noqa: E402


class Mixed(nn.Module):
    """Every operation of the format, with channel counts that fill no vector register."""

    def __init__(self, dimensions):
        super().__init__()
        two = dimensions == 2
        conv, up, batch, inst = ((nn.Conv2d, nn.ConvTranspose2d, nn.BatchNorm2d, nn.InstanceNorm2d) if two else
                                 (nn.Conv3d, nn.ConvTranspose3d, nn.BatchNorm3d, nn.InstanceNorm3d))
        self.first = conv(1, 5, 3, padding=1)
        self.first_norm = batch(5)
        self.act = nn.ReLU()
        self.strided = conv(5, 12, 3, stride=2, padding=1)
        self.soft = nn.LeakyReLU(0.2)
        self.pool = (nn.AvgPool2d if two else nn.AvgPool3d)(2)
        self.low = conv(12, 20, (3, 1) if two else (3, 1, 3), padding=(1, 0) if two else (1, 0, 1))
        self.low_norm = inst(20, affine=False)
        self.back = conv(20, 12, 1)
        self.drop = nn.Dropout(0.5)
        self.residual = conv(12, 12, 3, padding=1)
        self.grow = nn.Upsample(scale_factor=2, mode="bilinear" if two else "trilinear", align_corners=False)
        self.coarse = nn.Upsample(scale_factor=2, mode="nearest")
        self.up = up(24, 7, 4, stride=2, padding=1)
        self.max = (nn.MaxPool2d if two else nn.MaxPool3d)(3, stride=1, padding=1)
        self.last = conv(24, 3, 1)

    def forward(self, x):
        a = self.act(self.first_norm(self.first(x)))
        b = self.soft(self.strided(a))
        c = self.back(self.low_norm(self.low(self.pool(b))))
        d = self.drop(c + self.act(self.residual(c)))
        e = torch.cat([b, self.grow(d)], dim=1)
        f = self.up(e)
        g = self.coarse(self.coarse(d))
        return self.last(torch.cat([self.max(f), a, g], dim=1))


def gaussian(patch):
    """nnU-Net's importance of a patch's pixels, centred on pixel n / 2."""
    axes = [np.exp(-0.5 * ((np.arange(p) - p // 2) / (p / 8)) ** 2) for p in patch]
    weights = axes[0]
    for axis in axes[1:]:
        weights = weights[..., None] * axis
    return weights


def starts(size, patch):
    """nnU-Net's places with a step of half a patch."""
    steps = int(np.ceil((size - patch) / (patch * 0.5))) + 1
    return [int(np.round((size - patch) / max(steps - 1, 1) * s)) for s in range(steps)]


def sliding(network, image, patch, mirror_axes, by_patch):
    """Logits (labels, ...) averaged over patches with Gaussian weights and over all mirrored views; smaller images are padded on both sides."""
    spatial = image.shape[1:]
    missing = [max(p - s, 0) for s, p in zip(spatial, patch)]
    padded = np.pad(image, [(0, 0)] + [(m // 2, m - m // 2) for m in missing])
    weights, sums, total = gaussian(patch), 0, np.zeros(padded.shape[1:])
    combinations = [c for n in range(len(mirror_axes) + 1) for c in itertools.combinations(mirror_axes, n)]
    for origin in itertools.product(*[starts(s, p) for s, p in zip(padded.shape[1:], patch)]):
        window = (slice(None), *(slice(o, o + p) for o, p in zip(origin, patch)))
        crop = padded[window]
        if by_patch:
            low, high = np.quantile(crop, [0.01, 0.99])
            crop = np.clip((crop - low) / max(high - low, 1e-6), 0, 1)
        crop = torch.from_numpy(crop.astype(np.float32))[None]
        views = [torch.flip(network(torch.flip(crop, [a + 2 for a in c])), [a + 2 for a in c]) for c in combinations]
        mean = torch.stack(views).mean(0)[0].numpy()
        if isinstance(sums, int):
            sums = np.zeros((mean.shape[0], *padded.shape[1:]))
        sums[window] += weights * mean
        total[window[1:]] += weights
    inside = (slice(None), *(slice(m // 2, m // 2 + s) for m, s in zip(missing, spatial)))
    return (sums / total)[inside]


def randomise(network):
    """Norms and activations away from their defaults, so that a forgotten weight shows."""
    for module in network.modules():
        if getattr(module, "running_mean", None) is not None:
            module.running_mean.uniform_(-1, 1)
            module.running_var.uniform_(0.3, 2)
        if isinstance(module, nn.PReLU):
            nn.init.uniform_(module.weight, -0.3, 0.5)
        elif getattr(module, "affine", False) or isinstance(module, nn.GroupNorm):
            nn.init.uniform_(module.weight, 0.5, 1.5)
            nn.init.uniform_(module.bias, -0.5, 0.5)
    return network.eval()


def nnunet_settings(dimensions, residual, kernels=None, strides=None):
    stages = 4
    strides = strides or [[1] * dimensions] + [[2] * dimensions] * (stages - 1)
    kernels = kernels or [[3] * dimensions] * stages
    counts = {"n_blocks_per_stage": [1, 2, 1, 1], "n_conv_per_stage_decoder": [1] * 3} if residual else {"n_conv_per_stage": [2] * 4, "n_conv_per_stage_decoder": [2] * 3}
    return {"n_stages": stages, "features_per_stage": [8, 16, 24, 40], "conv_op": f"torch.nn.modules.conv.Conv{dimensions}d", "kernel_sizes": kernels,
            "strides": strides, **counts, "conv_bias": True, "norm_op": f"torch.nn.modules.instancenorm.InstanceNorm{dimensions}d",
            "norm_op_kwargs": {"eps": 1e-5, "affine": True}, "dropout_op": None, "dropout_op_kwargs": None, "nonlin": "torch.nn.LeakyReLU",
            "nonlin_kwargs": {"inplace": True}}


# Names that checkpoints of the frameworks have, as their public sources build them.
KNOWN_NAMES = {
    "nnunet_plain3d": ["encoder.stages.0.0.convs.0.conv.weight", "encoder.stages.3.0.convs.1.norm.bias", "decoder.stages.0.convs.1.conv.bias",
                       "decoder.transpconvs.2.weight", "decoder.transpconvs.2.bias", "decoder.seg_layers.0.weight", "decoder.seg_layers.2.bias"],
    "nnunet_residual3d": ["encoder.stem.convs.0.conv.weight", "encoder.stages.1.blocks.0.conv1.conv.weight", "encoder.stages.1.blocks.1.conv2.norm.weight",
                          "encoder.stages.1.blocks.0.skip.1.conv.weight", "encoder.stages.1.blocks.0.skip.1.norm.bias", "decoder.stages.2.convs.0.norm.weight"],
    "monai_unet2d": ["model.0.conv.unit0.conv.weight", "model.0.conv.unit0.adn.A.weight", "model.0.residual.weight", "model.1.submodule.0.conv.unit1.conv.bias",
                     "model.1.submodule.1.submodule.conv.unit0.conv.weight", "model.2.0.conv.weight", "model.2.0.adn.A.weight", "model.2.1.conv.unit0.conv.weight"],
    "monai_unet3d": ["model.0.conv.weight", "model.0.adn.N.running_mean", "model.1.submodule.2.adn.A.weight", "model.2.conv.bias"],
    "monai_dynunet2d": ["input_block.conv1.conv.weight", "input_block.norm1.weight", "input_block.conv3.conv.weight", "downsamples.0.norm3.bias", "bottleneck.conv2.conv.weight",
                        "upsamples.0.transp_conv.conv.weight", "upsamples.2.conv_block.norm2.weight", "output_block.conv.conv.bias", "deep_supervision_heads.1.conv.conv.weight"],
    "monai_basicunet3d": ["conv_0.conv_0.conv.weight", "conv_0.conv_1.adn.N.weight", "down_4.convs.conv_1.conv.bias", "upcat_4.upsample.deconv.weight",
                          "upcat_1.convs.conv_0.adn.N.bias", "final_conv.weight"],
}


def as_nnunet_stores(state):
    """The same arrays under all the names that nnU-Net gives them."""
    stored = {}
    for key, value in state.items():
        for layer, place in (("conv", 0), ("norm", 1)):
            if f".{layer}." in key:
                stored[key.replace(f".{layer}.", f".all_modules.{place}.")] = value
        stored[key] = value
    return {**stored, **{f"decoder.{key}": value for key, value in stored.items() if key.startswith("encoder.")}}


def write_nnunet(folder, name, settings, patch, channels=1, old_plans=False):
    """A results folder, and the network in it; exported by the command."""
    residual = "n_blocks_per_stage" in settings
    dimensions = len(patch)
    network = randomise(nnunet.build("ResidualEncoderUNet" if residual else "PlainConvUNet", settings, channels, 3))
    results = folder / f"{name}_results"
    (results / "fold_0").mkdir(parents=True)
    names = {str(c): "CT" for c in range(channels)}
    configuration = f"{dimensions}d" if dimensions == 2 else "3d_fullres"
    architecture = ({"UNet_class_name": "PlainConvUNet", "UNet_base_num_features": 8, "unet_max_num_features": 40, "n_conv_per_stage_encoder": settings["n_conv_per_stage"],
                     "n_conv_per_stage_decoder": settings["n_conv_per_stage_decoder"], "conv_kernel_sizes": settings["kernel_sizes"], "pool_op_kernel_sizes": settings["strides"]} if old_plans else
                    {"architecture": {"network_class_name": f"dynamic_network_architectures.architectures.unet.{'ResidualEncoderUNet' if residual else 'PlainConvUNet'}",
                                      "arch_kwargs": settings, "_kw_requires_import": ["conv_op", "norm_op", "dropout_op", "nonlin"]}})
    plans = {"dataset_name": "Dataset001_Test", "plans_name": "nnUNetPlans", "transpose_forward": [0, 1, 2],
             "foreground_intensity_properties_per_channel": {str(c): {"mean": 90.0, "std": 35.0, "percentile_00_5": 10.0, "percentile_99_5": 200.0} for c in range(channels)},
             "configurations": {"base": {"spacing": [1.0] * dimensions, "patch_size": list(patch), "normalization_schemes": ["CTNormalization"] * channels,
                                         "use_mask_for_norm": [False] * channels, **architecture}, configuration: {"inherits_from": "base"}}}
    (results / "plans.json").write_text(json.dumps(plans))
    (results / "dataset.json").write_text(json.dumps({"channel_names": names, "labels": {"background": 0, "heart": 1, "aorta": 2}}))
    torch.save({"network_weights": as_nnunet_stores(network.state_dict()), "init_args": {"configuration": configuration}, "trainer_name": "nnUNetTrainer",
                "inference_allowed_mirroring_axes": tuple(range(dimensions)), "current_epoch": 1000}, results / "fold_0" / "checkpoint_final.pth")
    export_model.main(["nnunet", str(results), str(folder / f"{name}.h5"), "--rename", "heart=lv_cavity"])
    return network


def write_monai(folder, name, architecture, arguments, patch):
    """Weights and configuration, and the network; exported by the command."""
    network = randomise(monai.build(architecture, arguments))
    state = network.state_dict()
    if architecture == "DynUNet":  # MONAI lists the same blocks again in nested layers
        state.update({f"skip_layers.downsample.{key.removeprefix('input_block.')}": value for key, value in state.items() if key.startswith("input_block.")})
    torch.save({"state_dict": state}, folder / f"{name}.pt")
    (folder / f"{name}.json").write_text(json.dumps({
        "network": {"_target_": architecture, **arguments}, "modality": "MR", "labels": ["a", "b", "c"], "spacing_mm": [1.0] * len(patch),
        "patch_size": list(patch), "mirror_axes": list(range(len(patch))), "normalisation": {"kind": "percentiles", "low": 1.0, "high": 99.0}}))
    export_model.main(["monai", "--architecture", architecture, "--config", str(folder / f"{name}.json"), str(folder / f"{name}.pt"), str(folder / f"{name}.h5")])
    return network


def write_plain(folder, name, network, patch):
    randomise(network)
    format.write(folder / f"{name}.h5", network, dimensions=len(patch), name=name, modality="MR", orientation="any",
                 labels=["a", "b", "c"], preprocessing={"spacing_mm": [1.0] * len(patch), "patch_size": list(patch),
                                                        "normalisation": {"kind": "percentiles", "low": 1.0, "high": 99.0}},
                 training={"data": "random weights"})
    return network


def main(folder):
    torch.manual_seed(3)
    random = np.random.default_rng(3)
    torch.set_num_threads(1)
    flat_kernels, flat_strides = [[1, 3, 3], [1, 3, 3], [3, 3, 3], [3, 3, 3]], [[1, 1, 1], [1, 2, 2], [2, 2, 2], [2, 2, 1]]
    affine = ("INSTANCE", {"affine": True})
    # name: (patch, image, how it is made); images are smaller than the patch along some axes, larger along others
    cases = {
        "unet2d": ((32, 48), (50, 75), lambda n, p: write_plain(folder, n, UNet((6, 16, 33), labels=3), p)),
        "unet3d": ((8, 16, 24), (13, 16, 40), lambda n, p: write_plain(folder, n, UNet((8, 16, 24), labels=3, dimensions=3), p)),
        "mixed2d": ((32, 24), (32, 61), lambda n, p: write_plain(folder, n, Mixed(2), p)),
        "mixed3d": ((16, 8, 12), (20, 8, 12), lambda n, p: write_plain(folder, n, Mixed(3), p)),
        "nnunet_plain2d": ((40, 32), (31, 75), lambda n, p: write_nnunet(folder, n, nnunet_settings(2, False), p)),
        "nnunet_plain3d": ((8, 24, 16), (11, 30, 15), lambda n, p: write_nnunet(folder, n, nnunet_settings(3, False, flat_kernels, flat_strides), p, channels=2)),
        "nnunet_old_plans3d": ((16, 16, 16), (16, 20, 16), lambda n, p: write_nnunet(folder, n, {**nnunet_settings(3, False), "features_per_stage": [8, 16, 32, 40]}, p, old_plans=True)),
        "nnunet_residual2d": ((32, 40), (40, 40), lambda n, p: write_nnunet(folder, n, nnunet_settings(2, True), p)),
        "nnunet_residual3d": ((8, 24, 24), (12, 24, 20), lambda n, p: write_nnunet(folder, n, nnunet_settings(3, True, flat_kernels, flat_strides), p)),
        "monai_unet2d": ((32, 32), (32, 40), lambda n, p: write_monai(folder, n, "UNet", {
            "spatial_dims": 2, "in_channels": 1, "out_channels": 3, "channels": [16, 16, 16], "strides": [2, 2], "num_res_units": 2}, p)),
        "monai_unet3d": ((16, 16, 16), (16, 16, 20), lambda n, p: write_monai(folder, n, "UNet", {
            "spatial_dims": 3, "in_channels": 1, "out_channels": 3, "channels": [16, 24, 32], "strides": [2, 2], "norm": "BATCH"}, p)),
        "monai_unet_by_channel2d": ((32, 32), (32, 32), lambda n, p: write_monai(folder, n, "UNet", {
            "spatial_dims": 2, "in_channels": 1, "out_channels": 3, "channels": [3, 3, 3], "strides": [2, 2], "act": ["prelu", {"num_parameters": 3}], "adn_ordering": "AN"}, p)),
        "monai_dynunet2d": ((32, 48), (45, 48), lambda n, p: write_monai(folder, n, "DynUNet", {
            "spatial_dims": 2, "in_channels": 1, "out_channels": 3, "kernel_size": [3, 3, 3, 3], "strides": [1, 2, 2, 2], "upsample_kernel_size": [2, 2, 2],
            "filters": [8, 16, 24, 32], "res_block": True, "deep_supervision": True, "deep_supr_num": 2}, p)),
        "monai_dynunet3d": ((8, 16, 16), (8, 24, 16), lambda n, p: write_monai(folder, n, "DynUNet", {
            "spatial_dims": 3, "in_channels": 1, "out_channels": 3, "kernel_size": [[1, 3, 3], 3, 3], "strides": [1, [1, 2, 2], 2], "upsample_kernel_size": [[1, 2, 2], 2],
            "filters": [8, 16, 24], "norm_name": affine, "trans_bias": True}, p)),
        "monai_basicunet2d": ((39, 50), (39, 60), lambda n, p: write_monai(folder, n, "BasicUNet", {
            "spatial_dims": 2, "out_channels": 3, "features": [8, 16, 16, 24, 32, 8], "norm": ["group", {"num_groups": 4}]}, p)),
        "monai_basicunet3d": ((33, 16, 22), (33, 18, 22), lambda n, p: write_monai(folder, n, "BasicUNet", {
            "spatial_dims": 3, "out_channels": 3, "features": [8, 8, 16, 16, 24, 16]}, p)),
    }
    for name, (patch, size, make) in cases.items():
        network = make(name, patch)
        missing = set(KNOWN_NAMES.get(name, [])) - set(network.state_dict())
        assert not missing, f"{name}: no weights of the names {missing}"
        with h5py.File(folder / f"{name}.h5") as file:
            description = json.loads(file["description"][()])
        channels, by_patch = description["input_channels"], isinstance(description["preprocessing"]["normalisation"], dict)
        mirror_axes = description["preprocessing"].get("mirror_axes", [0, 1] if len(patch) == 2 else [1, 2])
        batch = random.normal(2.0, 3.0, (3, channels, *patch)).astype(np.float32)
        image = random.gamma(2.0, 100.0, (channels, *size)).astype(np.float32)
        with torch.no_grad(), h5py.File(folder / f"{name}_answer.h5", "w") as file:
            file["input"] = batch
            file["logits"] = network(torch.from_numpy(batch)).numpy()
            file["image"] = image
            for mirrored in (False, True):
                file["mirrored" if mirrored else "plain"] = sliding(network, image, patch, mirror_axes if mirrored else [], by_patch).astype(np.float32)


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]))
