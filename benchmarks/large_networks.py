"""Networks for pictures of 224 x 224, as people have them today, with random weights: the same in both frameworks."""

from __future__ import annotations

from typing import Any

CLASSES = 1000

WIDTHS = (64, 128, 256, 512)
"""The channels of the stages of ResNet-18."""

DIMENSIONS, DEPTHS = (40, 80, 160, 320), (2, 2, 6, 2)
"""The channels and the blocks of the stages of ConvNeXt-Atto."""

PATCH, WIDTH, BLOCKS, HEADS = 16, 192, 12, 3
"""Of ViT-Tiny."""


def resnet_torch() -> Any:
    """Return a ResNet-18 in PyTorch (He, Zhang, Ren, Sun 2016)."""
    import torch
    from torch import nn

    class Block(nn.Module):
        def __init__(self, before: int, width: int, stride: int) -> None:
            super().__init__()
            self.conv1 = nn.Conv2d(before, width, 3, stride, 1, bias=False)
            self.conv2 = nn.Conv2d(width, width, 3, 1, 1, bias=False)
            self.bn1, self.bn2, self.relu = nn.BatchNorm2d(width), nn.BatchNorm2d(width), nn.ReLU(inplace=True)
            self.shortcut = nn.Identity()
            if stride > 1:
                self.shortcut = nn.Sequential(nn.Conv2d(before, width, 1, stride, bias=False), nn.BatchNorm2d(width))

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            y = self.bn2(self.conv2(self.relu(self.bn1(self.conv1(x)))))
            y += self.shortcut(x)
            found: torch.Tensor = self.relu(y)
            return found

    torch.manual_seed(0)
    stem = [nn.Conv2d(3, 64, 7, 2, 3, bias=False), nn.BatchNorm2d(64), nn.ReLU(inplace=True), nn.MaxPool2d(3, 2, 1)]
    blocks = []
    for before, width in zip((64, *WIDTHS), WIDTHS, strict=False):
        blocks += [Block(before, width, 1 if before == width else 2), Block(width, width, 1)]
    return nn.Sequential(*stem, *blocks, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(WIDTHS[-1], CLASSES))


def convnext_torch() -> Any:
    """Return a ConvNeXt-Atto in PyTorch (Liu et al. 2022)."""
    import torch
    from torch import nn

    class Norm(nn.LayerNorm):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return super().forward(x.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)

    class Block(nn.Module):
        def __init__(self, width: int) -> None:
            super().__init__()
            self.depthwise = nn.Conv2d(width, width, 7, padding=3, groups=width)
            self.norm = nn.LayerNorm(width, 1e-6)
            self.wide, self.narrow, self.gelu = nn.Linear(width, 4 * width), nn.Linear(4 * width, width), nn.GELU()
            self.scale = nn.Parameter(0.1 * torch.ones(width))

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            y = self.norm(self.depthwise(x).permute(0, 2, 3, 1))
            y = self.scale * self.narrow(self.gelu(self.wide(y)))
            return x + y.permute(0, 3, 1, 2)

    torch.manual_seed(0)
    layers: list[nn.Module] = [nn.Conv2d(3, DIMENSIONS[0], 4, 4), Norm(DIMENSIONS[0], 1e-6)]
    for before, width, depth in zip((0, *DIMENSIONS), DIMENSIONS, DEPTHS, strict=False):
        if before:
            layers += [Norm(before, 1e-6), nn.Conv2d(before, width, 2, 2)]
        layers += [Block(width) for _ in range(depth)]
    head = [nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.LayerNorm(DIMENSIONS[-1], 1e-6)]
    return nn.Sequential(*layers, *head, nn.Linear(DIMENSIONS[-1], CLASSES))


def vit_torch(side: int = 224) -> Any:
    """Return a ViT-Tiny with patches of 16 x 16 in PyTorch (Dosovitskiy et al. 2021, Touvron et al. 2021)."""
    import torch
    from torch import nn
    from torch.nn import functional

    class Block(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.norm1, self.norm2 = nn.LayerNorm(WIDTH, 1e-6), nn.LayerNorm(WIDTH, 1e-6)
            self.qkv, self.out = nn.Linear(WIDTH, 3 * WIDTH), nn.Linear(WIDTH, WIDTH)
            self.wide, self.narrow, self.gelu = nn.Linear(WIDTH, 4 * WIDTH), nn.Linear(4 * WIDTH, WIDTH), nn.GELU()

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            rows, tokens, _ = x.shape
            heads = self.qkv(self.norm1(x)).reshape(rows, tokens, 3, HEADS, -1).permute(2, 0, 3, 1, 4)
            seen = functional.scaled_dot_product_attention(*heads)
            x = x + self.out(seen.transpose(1, 2).reshape(rows, tokens, WIDTH))
            return x + self.narrow(self.gelu(self.wide(self.norm2(x))))

    class VisionTransformer(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            tokens = (side // PATCH) ** 2
            self.patches = nn.Conv2d(3, WIDTH, PATCH, PATCH)
            self.cls = nn.Parameter(0.02 * torch.randn(1, 1, WIDTH))
            self.places = nn.Parameter(0.02 * torch.randn(1, 1 + tokens, WIDTH))
            self.blocks = nn.Sequential(*(Block() for _ in range(BLOCKS)))
            self.norm, self.head = nn.LayerNorm(WIDTH, 1e-6), nn.Linear(WIDTH, CLASSES)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            tokens = self.patches(x).flatten(2).transpose(1, 2)
            tokens = torch.cat([self.cls.expand(len(x), -1, -1), tokens], dim=1) + self.places
            found: torch.Tensor = self.head(self.norm(self.blocks(tokens))[:, 0])
            return found

    torch.manual_seed(0)
    return VisionTransformer()


def resnet_keras(side: int = 224) -> Any:
    """Return the same ResNet-18 in Keras."""
    from keras import Input, Model, layers

    def convolved(x: Any, width: int, kernel: int, stride: int) -> Any:
        x = layers.Conv2D(width, kernel, stride, padding="same", use_bias=False)(x)
        return layers.BatchNormalization()(x)

    inputs = Input((side, side, 3))
    x = layers.ReLU()(convolved(inputs, 64, 7, 2))
    x = layers.MaxPooling2D(3, 2, padding="same")(x)
    for before, width in zip((64, *WIDTHS), WIDTHS, strict=False):
        for stride in (1 if before == width else 2, 1):
            shortcut = x if stride == 1 else convolved(x, width, 1, stride)
            y = convolved(layers.ReLU()(convolved(x, width, 3, stride)), width, 3, 1)
            x = layers.ReLU()(layers.Add()([y, shortcut]))
    return Model(inputs, layers.Dense(CLASSES)(layers.GlobalAveragePooling2D()(x)))


def convnext_keras(side: int = 224) -> Any:
    """Return the same ConvNeXt-Atto in Keras."""
    from keras import Input, Model, layers
    from keras.src.applications.convnext import LayerScale  # that of keras.applications, which has no smaller ConvNeXt

    inputs = Input((side, side, 3))
    x = layers.LayerNormalization(epsilon=1e-6)(layers.Conv2D(DIMENSIONS[0], 4, 4)(inputs))
    for before, width, depth in zip((0, *DIMENSIONS), DIMENSIONS, DEPTHS, strict=False):
        if before:
            x = layers.Conv2D(width, 2, 2)(layers.LayerNormalization(epsilon=1e-6)(x))
        for _ in range(depth):
            y = layers.LayerNormalization(epsilon=1e-6)(layers.DepthwiseConv2D(7, padding="same")(x))
            y = layers.Dense(width)(layers.Dense(4 * width, activation="gelu")(y))
            x = layers.Add()([x, LayerScale(0.1, width)(y)])
    x = layers.LayerNormalization(epsilon=1e-6)(layers.GlobalAveragePooling2D()(x))
    return Model(inputs, layers.Dense(CLASSES)(x))


def vit_keras(side: int = 224) -> Any:
    """Return the same ViT-Tiny in Keras."""
    from keras import Input, Model, layers, ops

    class Tokens(layers.Layer):
        def build(self, shape: Any) -> None:
            self.cls = self.add_weight(shape=(1, 1, WIDTH), name="cls")
            self.places = self.add_weight(shape=(1, 1 + shape[1], WIDTH), name="places")

        def call(self, x: Any) -> Any:
            cls = ops.broadcast_to(self.cls, (ops.shape(x)[0], 1, WIDTH))
            return ops.concatenate([cls, x], axis=1) + self.places

    inputs = Input((side, side, 3))
    x = Tokens()(layers.Reshape((-1, WIDTH))(layers.Conv2D(WIDTH, PATCH, PATCH)(inputs)))
    for _ in range(BLOCKS):
        y = layers.LayerNormalization(epsilon=1e-6)(x)
        x = layers.Add()([x, layers.MultiHeadAttention(HEADS, WIDTH // HEADS)(y, y)])
        y = layers.Dense(4 * WIDTH, activation="gelu")(layers.LayerNormalization(epsilon=1e-6)(x))
        x = layers.Add()([x, layers.Dense(WIDTH)(y)])
    return Model(inputs, layers.Dense(CLASSES)(layers.LayerNormalization(epsilon=1e-6)(x)[:, 0]))
