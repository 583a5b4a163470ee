"""Networks whose layers a window reaches in all the ways there are; the same kinds in both frameworks."""

import importlib

import torch
from torch import nn

from tests.later import keras, layers

SHAPE = (20, 17, 3)
"""Of a picture, channels last; no side is a multiple of the strides."""

F = nn.functional


class Torch(nn.Module):
    """A network written as a function of itself and a picture."""

    def __init__(self, forward, **modules):
        super().__init__()
        for name, module in modules.items():
            setattr(self, name, module)
        self.run = forward

    def forward(self, x):
        return self.run(self, x)


def normalised(channels):
    norm = nn.BatchNorm2d(channels)
    norm.running_mean.uniform_(-0.5, 0.5)
    norm.running_var.uniform_(0.5, 2)
    return norm


def torch_plain():
    return nn.Sequential(
        nn.Conv2d(3, 6, 5, padding="same"),
        nn.ReLU(inplace=True),
        nn.MaxPool2d(2),
        nn.Conv2d(6, 8, 3),
        nn.ReLU6(),
        nn.Dropout(0.5),
        nn.Flatten(),
        nn.Linear(8 * 8 * 6, 10),
        nn.Sigmoid(),
        nn.Linear(10, 4),
    )


def torch_strides():
    return nn.Sequential(
        nn.ZeroPad2d((1, 2, 1, 2)),
        nn.Conv2d(3, 6, 4, bias=False),
        normalised(6),
        nn.Hardswish(),
        nn.Conv2d(6, 6, 3, stride=2, padding=1, groups=6),
        nn.PReLU(),
        nn.Conv2d(6, 9, 3, padding=2, dilation=2, groups=3),
        nn.GELU(),
        nn.AvgPool2d(3, stride=1, padding=1),
        nn.MaxPool2d(3, stride=2, padding=1),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        nn.Linear(9, 4),
    )


def torch_residual():
    def forward(self, x):
        x = self.norm(self.stem(F.pad(x, (1, 1, 1, 1))))
        x = F.relu(x, inplace=True)
        x = F.leaky_relu(x + self.branch(x))
        x = torch.cat([x, F.max_pool2d(x - 9, 3, 1, 1), self.side(x)], dim=1)
        gate = torch.sigmoid(self.gate(x.mean((2, 3), keepdim=True)))
        return self.head((gate * x).view(x.size(0), -1))

    return Torch(
        forward,
        stem=nn.Conv2d(3, 6, 3),
        norm=normalised(6),
        branch=nn.utils.parametrizations.weight_norm(nn.Conv2d(6, 6, 3, padding=1)),
        side=nn.Conv2d(6, 2, 1),
        gate=nn.Conv2d(14, 14, 1),
        head=nn.Linear(14 * 20 * 17, 4),
    )


def torch_odd():
    """Reads the other way round, rolls, and pools in windows that end beyond the border: not local, or not told."""

    def forward(self, x):
        x = F.avg_pool2d(self.one(x).relu(), 2, ceil_mode=True)
        x = F.max_pool2d(torch.roll(self.two(x), 1, 2), 2, ceil_mode=True)
        return self.head(F.interpolate(x, scale_factor=2).amax((2, 3))) + self.side(x.flip(1)).mean((2, 3))

    return Torch(
        forward, one=nn.Conv2d(3, 5, 3), two=nn.Conv2d(5, 6, 3), head=nn.Linear(6, 4), side=nn.ConvTranspose2d(6, 4, 2)
    )


def torch_channels_last():
    """As ConvNeXt has them: norms and products on channels that come last, a product without a bias, a scale."""

    def forward(self, x):
        x = self.stem(x)
        y = self.norm(self.depthwise(x).permute(0, 2, 3, 1))
        y = self.narrow(F.gelu(self.wide(y))) * self.scale
        y = torch.cat([y, self.again(y).tanh()], dim=-1)
        x = x + y.permute(0, 3, 1, 2)
        return self.head(self.end(x.permute(0, 2, 3, 1)).mean((1, 2)))

    return Torch(
        forward,
        stem=nn.Conv2d(3, 6, 2, 2),
        depthwise=nn.Conv2d(6, 6, 5, padding=2, groups=6),
        norm=nn.LayerNorm(6),
        wide=nn.Linear(6, 12),
        narrow=nn.Linear(12, 3, bias=False),
        scale=nn.ParameterList([torch.rand(3)])[0],
        again=nn.Linear(3, 3),
        end=nn.LayerNorm(6),
        head=nn.Linear(6, 4),
    )


TORCH = [torch_plain, torch_strides, torch_residual, torch_odd, torch_channels_last]


def keras_plain():
    return keras.Sequential(
        [
            keras.Input(SHAPE),
            layers.Rescaling(2.0, offset=-1.0),
            layers.Conv2D(6, 5, padding="same", activation="relu"),
            layers.MaxPooling2D(),
            layers.Conv2D(8, 3, activation=keras.activations.relu6),
            layers.Dropout(0.5),
            layers.Flatten(),
            layers.Dense(10, activation="sigmoid"),
            layers.Dense(4, activation="softmax"),
        ]
    )


def keras_strides():
    norm = layers.BatchNormalization()
    network = keras.Sequential(
        [
            keras.Input(SHAPE),
            layers.Conv2D(6, 4, padding="same", use_bias=False),
            norm,
            layers.Activation("hard_silu"),
            layers.DepthwiseConv2D(3, strides=2, padding="same"),
            layers.PReLU(shared_axes=[1, 2]),
            layers.Conv2D(9, 3, padding="same", dilation_rate=2, groups=3),
            layers.SeparableConv2D(9, 3, padding="same", activation="gelu"),
            layers.AveragePooling2D(3, strides=1, padding="valid"),
            layers.MaxPooling2D(3, strides=2, padding="same"),
            layers.GlobalAveragePooling2D(),
            layers.Dense(4),
        ]
    )
    gamma, beta, mean, variance = norm.get_weights()
    norm.set_weights([gamma, beta, mean + 0.3, variance + 0.5])
    return network


def keras_residual():
    inner_input = keras.Input((20, 17, 6))
    inner = keras.Model(inner_input, layers.Conv2D(6, 3, padding="same")(layers.ReLU()(inner_input)), name="inner")
    x = picture = keras.Input(SHAPE)
    x = layers.Conv2D(6, 3)(layers.ZeroPadding2D(((1, 1), (1, 1)))(x))
    x = keras.ops.relu(layers.Add()([x, inner(x)]) + x * 0.5)
    x = layers.Concatenate()([x, layers.MaxPooling2D(3, 1, "same")(x - 9.0), layers.Conv2D(2, 1)(x)])
    gate = layers.Dense(14, activation="sigmoid")(layers.GlobalAveragePooling2D(keepdims=True)(x))
    x = layers.Multiply()([x, gate])
    return keras.Model(picture, layers.Dense(4)(layers.Flatten()(x)))


def keras_odd():
    """Averages that leave the border out, transposed convolutions and activations of one's own: not told."""
    x = picture = keras.Input(SHAPE)
    x = layers.Conv2D(5, 3, activation="relu")(x)
    x = layers.Conv2D(5, 1, activation=lambda x: keras.ops.roll(x, 1, axis=1))(x)
    x = layers.AveragePooling2D(3, strides=2, padding="same")(x)
    x, y = keras.ops.split(layers.Conv2DTranspose(6, 2)(x), 2, axis=-1)
    return keras.Model(picture, layers.Dense(4)(layers.GlobalMaxPooling2D()(x * y)))


def keras_channels_last():
    """As ConvNeXt has them: norms and products on channels, and a scale that is a layer of Keras' own."""
    scale = importlib.import_module("keras.src.applications.convnext").LayerScale
    inputs = keras.Input(SHAPE)
    x = layers.Conv2D(6, 2, 2)(inputs)
    y = layers.LayerNormalization()(layers.DepthwiseConv2D(5, padding="same")(x))
    y = layers.Dense(6, use_bias=False)(layers.Dense(12, activation="gelu")(y))
    x = layers.Add()([x, scale(0.5, 6)(y)])
    return keras.Model(inputs, layers.Dense(4)(layers.GlobalAveragePooling2D()(x)))


KERAS = [keras_plain, keras_strides, keras_residual, keras_odd, keras_channels_last]
