"""The demonstration network: a plain U-Net, and its description as a graph of named operations."""
import torch
from torch import nn


class Block(nn.Module):
    """Two times convolution, instance normalisation, leaky rectifier."""

    def __init__(self, inputs, outputs, convolution=nn.Conv2d, norm=nn.InstanceNorm2d):
        super().__init__()
        self.conv1 = convolution(inputs, outputs, 3, padding=1, bias=False)
        self.norm1 = norm(outputs, affine=True)
        self.conv2 = convolution(outputs, outputs, 3, padding=1, bias=False)
        self.norm2 = norm(outputs, affine=True)
        self.act = nn.LeakyReLU(0.01)

    def forward(self, x):
        x = self.act(self.norm1(self.conv1(x)))
        return self.act(self.norm2(self.conv2(x)))


class UNet(nn.Module):
    """Max pooling down, transposed convolution up, skips by concatenation; `dimensions` is 2 or 3."""

    def __init__(self, channels=(8, 16, 32, 64, 128), labels=4, inputs=1, dimensions=2):
        super().__init__()
        conv, up, norm, pool = ((nn.Conv2d, nn.ConvTranspose2d, nn.InstanceNorm2d, nn.MaxPool2d) if dimensions == 2 else
                                (nn.Conv3d, nn.ConvTranspose3d, nn.InstanceNorm3d, nn.MaxPool3d))
        self.channels, self.labels, self.inputs, self.dimensions = tuple(channels), labels, inputs, dimensions
        self.down = nn.ModuleList(Block(i, o, conv, norm) for i, o in zip((inputs, *channels[:-1]), channels))
        self.pool = pool(2)
        self.up = nn.ModuleList(up(i, o, 2, stride=2) for i, o in zip(channels[:0:-1], channels[-2::-1]))
        self.merge = nn.ModuleList(Block(2 * o, o, conv, norm) for o in channels[-2::-1])
        self.head = conv(channels[0], labels, 1)

    def forward(self, x):
        skips = []
        for level, block in enumerate(self.down):
            x = block(x if level == 0 else self.pool(x))
            skips.append(x)
        for up, merge, skip in zip(self.up, self.merge, skips[-2::-1]):
            x = merge(torch.cat([skip, up(x)], dim=1))
        return self.head(x)

    def settings(self):
        return {"channels": list(self.channels), "labels": self.labels, "inputs": self.inputs, "dimensions": self.dimensions}
