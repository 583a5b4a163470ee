"""How calls move places: against networks that only move, run on the coordinates themselves, and against refusals."""

import keras
import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional

import xai_widgets as xai
from xai_widgets.models.places import Places, PlaceTable

HEIGHT, WIDTH = 6, 8


class Written(nn.Module):
    """What a function does to a picture, seen by the layer `here`; before it a convolution of single pixels."""

    def __init__(self, function, channels=4):
        super().__init__()
        self.pixel = nn.Conv2d(3, channels, 1)
        self.function, self.here = function, nn.Identity()

    def forward(self, x):
        x = self.here(self.function(self.pixel(x)))
        return x.flatten(1)[:, :2] + x.flatten(1)[:, 2:4]


def torch_layout(function, shape=(3, HEIGHT, WIDTH)):
    torch.manual_seed(0)
    return xai.wrap(Written(function), input_shape=shape).layouts["here"]


def assign(x):
    made = torch.zeros(len(x), HEIGHT + 2, WIDTH, 4)
    made[:, 1:-1] = x.permute(0, 2, 3, 1)
    made[:, 1:-1].flip(2).add_(0)
    return made.tanh_()


def turned(x):
    """As rotary positions do it: pairs of channels as complex numbers."""
    pairs = x.permute(0, 2, 3, 1).reshape(len(x), HEIGHT, WIDTH, 2, 2).contiguous()
    return torch.view_as_real(torch.view_as_complex(pairs) * 1j).flatten(3)


def shuffled_in_place(x):
    y = x.clone()
    y[:, :, ::2], y[:, :, 1::2] = y[:, :, 1::2].clone(), y[:, :, ::2].clone()
    return y.transpose(1, 3)


MOVES = {
    "permute": lambda x: x.permute(0, 3, 1, 2),
    "tokens": lambda x: x.flatten(2).transpose(1, 2),
    "class token": lambda x: torch.cat([torch.full((len(x), 2, 4), torch.nan), x.flatten(2).mT], 1),
    "roll and flip": lambda x: x.roll((2, -3), (2, 3)).flip(3),
    "windows": lambda x: x.reshape(len(x), 4, 3, 2, 2, 4).permute(0, 2, 4, 3, 5, 1).reshape(len(x), -1, 6, 4),
    "pad": lambda x: functional.pad(x, (1, 2, 0, 3), value=torch.nan),
    "unfold": lambda x: functional.unfold(x, 2, stride=2).mT,
    "unshuffle": lambda x: functional.pixel_unshuffle(x, 2),
    "picked": lambda x: x[:, :, [5, 0, 2]].index_select(3, torch.tensor([3, 1, 7])),
    "stacked": lambda x: torch.stack([x[:, :, row] for row in range(HEIGHT)], 1),
    "split": lambda x: torch.cat([*x.chunk(2, 3)[::-1]], 3),
    "strides": lambda x: torch.as_strided(x.contiguous(), (len(x), 4, 3, 4), (4 * 48, 48, 16, 2)),
    "half precision": lambda x: x.half().float().mT,
    "in place": shuffled_in_place,
}


@pytest.mark.parametrize("name", MOVES)
def test_moves_move_places(name):
    """The oracle is the same function of a picture of the coordinates."""
    moved = MOVES[name]
    found = torch_layout(moved)
    assert found.known
    coordinates = torch.stack(torch.meshgrid(torch.arange(HEIGHT), torch.arange(WIDTH), indexing="ij")).float()
    expected = np.stack([moved(one.expand(1, 4, -1, -1).contiguous())[0].numpy() for one in coordinates])
    others = tuple(1 + axis for axis in range(len(found.shape)) if axis not in found.space)
    np.testing.assert_array_equal(found.places, np.fmax.reduce(expected, axis=others))
    for axis in range(len(found.shape)):
        with np.errstate(invalid="ignore"):
            changes = (
                np.nanmax(np.diff(expected, axis=axis + 1), initial=0) != 0
                or np.nanmin(np.diff(expected, axis=axis + 1), initial=0) != 0
            )
        assert changes == (axis in found.space)


ACTIVATIONS = (
    "ELU CELU SELU GELU SiLU Mish ReLU ReLU6 LeakyReLU PReLU Softplus Softsign Sigmoid LogSigmoid Tanh "
    "Tanhshrink Hardtanh Hardsigmoid Hardswish Hardshrink Softshrink Threshold"
)


@pytest.mark.parametrize("activation", ACTIVATIONS.split())
def test_activations_leave_every_number_where_it_is(activation):
    found = torch_layout(getattr(nn, activation)(*(0.1, 20) if activation == "Threshold" else ()))
    assert found.roles == ("channel", "height", "width")
    np.testing.assert_array_equal(found.places, np.indices((HEIGHT, WIDTH)))


def test_work_in_place_on_views_moves_places():
    """Zeros stand nowhere; what is copied into a part of them stands where it came from."""
    found = torch_layout(assign)
    assert found.roles == ("height", "width", "channel")
    assert found.grid == (HEIGHT, WIDTH)
    assert found.placeless == 2 * WIDTH
    assert torch_layout(turned).words == "height, width, channels"


@pytest.mark.parametrize(
    "function",
    [
        nn.Conv2d(4, 4, 3, padding=1),
        nn.Conv2d(4, 4, 5, padding=4, dilation=2, groups=2),
        nn.Sequential(nn.Conv2d(4, 4, 2, 2), nn.ConvTranspose2d(4, 4, 2, 2)),
        nn.Sequential(nn.AvgPool2d(2), nn.Upsample(scale_factor=2, mode="bilinear")),
        nn.Sequential(nn.MaxPool2d(2), nn.Upsample(scale_factor=2)),
        lambda x: functional.pixel_shuffle(torch.cat([functional.avg_pool2d(x, 2)] * 4, 1), 2),
        lambda x: x[:, :, ::2, ::2].repeat_interleave(2, 2).repeat_interleave(2, 3) - 0.5,
        lambda x: functional.fold(functional.unfold(x, 3, padding=1), (HEIGHT, WIDTH), 3, padding=1),
        nn.Sequential(nn.MaxPool2d(3, 1, 1), nn.GroupNorm(2, 4), nn.PReLU()),
    ],
    ids=[
        "padded",
        "dilated",
        "transposed",
        "bilinear",
        "nearest",
        "shuffled",
        "repeated",
        "laid over each other",
        "pooled",
    ],
)
def test_what_keeps_the_size_keeps_the_places(function):
    """Down and up again: every element is where the pixel of the same number is; a strided one half a pixel before."""
    found = torch_layout(function)
    assert found.roles == ("channel", "height", "width")
    np.testing.assert_allclose(found.places, np.indices((HEIGHT, WIDTH)), atol=0.5)


@pytest.mark.parametrize(
    ("function", "roles", "grid"),
    [
        (lambda x: x * x.mean((2, 3), keepdim=True).sigmoid(), ("channel", "height", "width"), (6, 8)),
        (lambda x: x * x.mean(3, keepdim=True), ("channel", "height", "width"), (6, 8)),
        (lambda x: x.mean(3), ("channel", "height"), (6, 1)),
        (lambda x: x + torch.fft.fft2(x).real, ("channel", "height", "width"), (6, 8)),
        (
            lambda x: torch.cat([x, x.mean((2, 3), keepdim=True).expand_as(x)], 1),
            ("channel", "height", "width"),
            (6, 8),
        ),
        (
            lambda x: torch.cat([x, functional.interpolate(functional.avg_pool2d(x, 2), (6, 8))], 1),
            ("channel", "height", "width"),
            (6, 8),
        ),
        (lambda x: torch.einsum("bchw,bdhw->bhwcd", x, x), ("height", "width", "channel", "channel"), (6, 8)),
        (lambda x: x.flatten(2) @ torch.ones(48, 3), (None, None), None),
    ],
    ids=["gate", "gate of rows", "rows", "residual", "pooled branch", "up and skip", "outer product", "mixed"],
)
def test_branches(function, roles, grid):
    found = torch_layout(function)
    assert found.roles == roles, found
    if grid is not None:
        assert found.grid == grid


REFUSED = {
    "the operation _fft": lambda x: torch.fft.fft2(x).real,
    "different places": lambda x: x + x.flip(3),
    "see": lambda x: (
        x.flatten(2).mT @ torch.ones(4, 3) @ torch.ones(3, 48) if False else x.flatten(2) @ torch.ones(48, 5)
    ),
    "chosen by the data": lambda x: x.flatten(2).gather(2, x.flatten(2).topk(5).indices),
    "two places": lambda x: (x.flatten(2).mT @ x.flatten(2)).softmax(-1),
    "does not depend": lambda x: torch.ones(len(x), 4, 6),
}


@pytest.mark.parametrize("why", REFUSED)
def test_what_is_not_known_says_why(why):
    found = torch_layout(REFUSED[why])
    assert not found.known
    assert why in found.why


def test_recurrent_layers_are_not_followed():
    class Recurrent(nn.Module):
        def __init__(self):
            super().__init__()
            self.rnn, self.here, self.head = nn.LSTM(3, 4, batch_first=True), nn.Identity(), nn.Linear(4, 2)

        def forward(self, x):
            return self.head(self.here(self.rnn(x)[0]).mean(1))

    assert not xai.wrap(Recurrent(), input_shape=(7, 3), bounds=None).layouts["here"].known
    inputs = keras.Input((7, 3))
    x = keras.layers.LSTM(4, return_sequences=True, name="here")(inputs)
    net = keras.Model(inputs, keras.layers.Dense(2)(keras.layers.GlobalMaxPooling1D()(x)))
    assert not xai.wrap(net, bounds=None).layouts["here"].known


KERAS = {
    "permute": lambda x: keras.layers.Permute((3, 1, 2))(x),
    "tokens": lambda x: keras.layers.Reshape((HEIGHT * WIDTH, 4))(x),
    "roll and flip": lambda x: keras.ops.flip(keras.ops.roll(x, (2, -3), (1, 2)), 2),
    "windows": lambda x: keras.ops.reshape(
        keras.ops.transpose(keras.ops.reshape(x, (-1, 3, 2, 2, 4, 4)), (0, 1, 3, 2, 4, 5)), (-1, 6, 8, 4)
    ),
    # In a layer, because Keras 3.8 and before do not say the shape of these patches without computing them.
    "patches": lambda x: keras.ops.transpose(
        keras.layers.Lambda(lambda x: keras.ops.image.extract_patches(x, 1, 2))(x), (0, 3, 2, 1)
    ),
    "unshuffle": lambda x: keras.ops.transpose(keras.ops.reshape(x, (-1, 3, 2, 4, 2, 4)), (0, 1, 3, 2, 4, 5)),
    "picked": lambda x: keras.ops.take(keras.ops.take(x, [5, 0, 2], 1), [3, 1, 7], 2),
    "split": lambda x: keras.ops.concatenate(keras.ops.split(x, 2, 2)[::-1], 2),
    "stacked": lambda x: keras.ops.stack([x[:, row] for row in range(HEIGHT)], 2),
    "crop": lambda x: keras.layers.Cropping2D(((1, 2), (3, 0)))(x),
}


def keras_layout(function):
    inputs = keras.Input((HEIGHT, WIDTH, 3))
    made = function(keras.layers.Conv2D(4, 1, name="pixel")(inputs))
    x = keras.layers.Flatten()(keras.layers.Identity(name="here")(made))
    return xai.wrap(keras.Model(inputs, keras.layers.Dense(2)(x))).layouts["here"]


@pytest.mark.parametrize("name", KERAS)
def test_moves_move_places_in_keras(name):
    moved = KERAS[name]
    found = keras_layout(moved)
    assert found.known
    coordinates = np.indices((HEIGHT, WIDTH), np.float32)
    pictures = [np.broadcast_to(one[None, :, :, None], (1, HEIGHT, WIDTH, 4)) for one in coordinates]
    expected = np.stack([keras.ops.convert_to_numpy(moved(keras.ops.convert_to_tensor(one)))[0] for one in pictures])
    others = tuple(1 + axis for axis in range(len(found.shape)) if axis not in found.space)
    np.testing.assert_array_equal(found.places, np.fmax.reduce(expected, axis=others))


@pytest.mark.parametrize(
    "function",
    [
        lambda x: keras.layers.Conv2D(4, 3, padding="same")(x),
        lambda x: keras.layers.SeparableConv2D(4, 5, padding="same", dilation_rate=2)(x),
        lambda x: keras.layers.Conv2DTranspose(4, 2, 2)(keras.layers.Conv2D(4, 2, 2)(x)),
        lambda x: keras.layers.Conv2DTranspose(4, 3, 2, "same")(keras.layers.Conv2D(4, 3, 2, "same")(x)),
        lambda x: keras.layers.UpSampling2D(2, interpolation="bilinear")(keras.layers.AveragePooling2D(2)(x)),
        lambda x: keras.layers.UpSampling2D(2)(keras.layers.MaxPooling2D(2)(x)),
        lambda x: keras.layers.GroupNormalization(2)(keras.layers.MaxPooling2D(3, 1, "same")(x)),
        lambda x: keras.layers.Add()([x, keras.layers.ZeroPadding2D(((2, 0), (0, 3)))(x)[:, 2:, :-3]]),
    ],
    ids=["padded", "separable", "transposed", "same and back", "bilinear", "nearest", "pooled", "zeros"],
)
def test_what_keeps_the_size_keeps_the_places_in_keras(function):
    found = keras_layout(function)
    assert found.roles == ("height", "width", "channel")
    np.testing.assert_allclose(found.places, np.indices((HEIGHT, WIDTH)), atol=0.5)


@pytest.mark.parametrize(
    ("why", "function"),
    [
        ("different places", lambda x: x + keras.ops.flip(x, 2)),
        ("see", lambda x: keras.layers.Dense(5)(keras.layers.Reshape((4, 48))(keras.layers.Permute((3, 1, 2))(x)))),
        (
            "FFT",
            lambda x: keras.ops.fft2((keras.ops.transpose(x, (0, 3, 1, 2)), 0 * keras.ops.transpose(x, (0, 3, 1, 2))))[
                0
            ],
        ),
    ],
)
def test_what_is_not_known_says_why_in_keras(why, function):
    found = keras_layout(function)
    assert not found.known
    assert why in found.why


def line(numbers, shape=(1, -1)):
    return np.asarray(numbers, np.float32).reshape(shape)


def test_the_centre_of_a_window_and_not_the_mean_of_what_is_in_it():
    """At a border half of a window is padding, and a mean would pull two branches apart."""
    places = Places((1, 4), ((line([0, 1, 2, 3]),),))
    made = PlaceTable().windows(places, {1: np.arange(4.0)})
    np.testing.assert_array_equal(made.candidates[0][0], line([0, 1, 2, 3]))
    half = PlaceTable().windows(places, {1: np.array([0.5, 2.5])})
    np.testing.assert_array_equal(half.candidates[0][0], line([0.5, 2.5]))
    beyond = PlaceTable().windows(places, {1: np.array([-1.0, 4.5])})
    np.testing.assert_array_equal(beyond.candidates[0][0], line([-1, 4.5]))


def test_attention_keeps_both_places_until_it_is_known_over_which_is_summed():
    table = PlaceTable()
    tokens = Places((1, 4, 3), ((np.broadcast_to(line([0, 1, 2, 3], (1, 4, 1)), (1, 4, 3)),),))
    for first, second in (("bqd", "bkd"), ("bkd", "bqd")):
        scores = table.product([(tokens, first), (tokens, second)], "bqk", (1, 4, 4))
        assert len(scores.candidates) == 2
        out = table.product([(scores, "bqk"), (tokens, "bkd")], "bqd", (1, 4, 3))
        ((found,),) = out.candidates
        np.testing.assert_array_equal(found, tokens.candidates[0][0])
    assert not table.product([(tokens, "btd"), (tokens, "bte")], "bde", (1, 3, 3)).candidates


def test_attention_within_windows_stands_where_the_query_does():
    """And not in the middle of the window, where what is summed over stands."""
    table = PlaceTable()
    tokens = Places((2, 3, 4), ((np.broadcast_to(line(range(6), (2, 3, 1)), (2, 3, 4)),),))
    scores = table.product([(tokens, "wkd"), (tokens, "wqd")], "wqk", (2, 3, 3))
    ((found,),) = table.product([(scores, "wqk"), (tokens, "wkd")], "wqd", (2, 3, 4)).candidates
    np.testing.assert_array_equal(found, tokens.candidates[0][0])


def test_what_is_made_of_two_places_is_in_none_of_them():
    one, other = (Places((1, 2), ((np.full((1, 2), place, np.float32),),)) for place in (1, 2))
    assert not PlaceTable().merged([one, other], (1, 2)).candidates
    assert PlaceTable().merged([one, one], (1, 2)).candidates
