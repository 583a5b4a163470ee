"""The course's networks as data, from which either framework builds the same one."""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True)
class Convolution:
    """A convolution with `channels` square filters, whose output is 1 / `stride` times as wide and high as its input.

    (size - stride) / 2 rows or columns of zeros are added on each side ("same" padding).
    """

    channels: int
    size: int
    stride: int = 1


@dataclass(frozen=True)
class Dense:
    """A dense layer."""

    units: int


@dataclass(frozen=True)
class BatchNorm:
    """Each channel minus its mean, divided by its standard deviation; then a scale and a shift that are learnt.

    In training mean and variance are those of the batch, afterwards running means of these (Ioffe and Szegedy 2015).
    """

    epsilon: float = 1e-5
    """Added to the variance."""


@dataclass(frozen=True)
class Relu:
    """max(z, 0)."""


@dataclass(frozen=True)
class Sigmoid:
    """1 / (1 + exp(-z)): a probability by itself, beside which others may be large too."""


@dataclass(frozen=True)
class Prototypes:
    """How like each place is to each of `count` prototypes: log((d + 1) / (d + epsilon)), d the squared distance.

    A prototype is a vector that is learnt, of as many numbers as a place has channels (Chen and others 2019).
    """

    count: int
    epsilon: float = 1e-4


@dataclass(frozen=True)
class MinMax:
    """Sort pairs of channels: the smaller of each goes to the first half, the larger to the second (Anil et al. 2019).

    The pairs are channel i and channel i + n / 2 of n. Unlike ReLU it only reorders, so no gradient is lost.
    """


@dataclass(frozen=True)
class MaxPool:
    """The largest value in each square of `size` x `size`; what does not fill a square is left out."""

    size: int


@dataclass(frozen=True)
class Upsample:
    """Each pixel becomes a square of `size` x `size`."""

    size: int


@dataclass(frozen=True)
class Input:
    """Another input, with which the layers begin anew: the numbers of words in a text (words,), or a table (columns,).

    What came before is taken up again by a layer that names it.
    """

    shape: tuple[int, ...]
    words: bool = True
    """Whether it holds the numbers of words."""


@dataclass(frozen=True)
class Join:
    """The channels of an earlier layer's output, of the same places, put behind those that come in."""

    other: str


@dataclass(frozen=True)
class Flatten:
    """All values in one row."""


@dataclass(frozen=True)
class Embedding:
    """For each of a row of word numbers, below `words`, a vector of `size` numbers that is learnt."""

    words: int
    size: int


@dataclass(frozen=True)
class WordConvolution:
    """A convolution over the words of a text: `channels` filters that see an odd number of neighbours, `width`."""

    channels: int
    width: int


@dataclass(frozen=True)
class MaxOverWords:
    """The largest value of each channel, wherever in the text it is."""


@dataclass(frozen=True)
class MeanOverTokens:
    """The mean of each number over the tokens, or over the words of a text."""


@dataclass(frozen=True)
class MeanOverPlaces:
    """The mean of each channel over the picture."""


@dataclass(frozen=True)
class MaxOverPlaces:
    """The largest value of each channel over the picture, wherever it is."""


@dataclass(frozen=True)
class Tokens:
    """The places of a picture in one row, each with its channels: row by row."""


@dataclass(frozen=True)
class ClassToken:
    """One more token in front of the others, which is learnt, and the same for every picture."""


@dataclass(frozen=True)
class Positions:
    """A vector added to each token that says where it stands; learnt."""


@dataclass(frozen=True)
class LayerNorm:
    """Each token minus its mean, divided by its standard deviation; then a scale and a shift that are learnt."""


@dataclass(frozen=True)
class SelfAttention:
    """Each token becomes a mean of the others' values, weighted by the softmax of query times key, in each head."""

    heads: int


@dataclass(frozen=True)
class Gelu:
    """z times the probability that a normal number is below z (Hendrycks and Gimpel 2016)."""


@dataclass(frozen=True)
class Add:
    """The output of an earlier layer, of the same shape, added to what comes in."""

    other: str


@dataclass(frozen=True)
class Times:
    """Each token of an earlier layer's output, each number times one that comes in, which opens or closes it."""

    other: str


@dataclass(frozen=True)
class FirstToken:
    """The first token alone, which is the class token."""


Layer = (
    Convolution
    | Dense
    | BatchNorm
    | Relu
    | Sigmoid
    | Prototypes
    | MinMax
    | MaxPool
    | Upsample
    | Input
    | Join
    | Flatten
    | Embedding
    | WordConvolution
    | MaxOverWords
    | MeanOverTokens
    | MeanOverPlaces
    | MaxOverPlaces
    | Tokens
    | ClassToken
    | Positions
    | LayerNorm
    | SelfAttention
    | Gelu
    | Add
    | Times
    | FirstToken
)


@dataclass(frozen=True)
class Architecture:
    """A feed-forward network.

    Attributes
    ----------
    name : str
    input_shape : tuple of int
        (height, width, channels) of a picture, or (words,) of a text.
    layers : dict of str to layer
        The layers by name, in their order.

    Raises
    ------
    ValueError
        If a layer does not fit what the one before puts out.
    """

    name: str
    input_shape: tuple[int, ...]
    layers: dict[str, Layer]

    def __post_init__(self) -> None:
        self.shapes()

    def shapes(self) -> dict[str, tuple[int, ...]]:
        """Return what each layer puts out: (height, width, channels), or (units,)."""
        shapes: dict[str, tuple[int, ...]] = {}
        shape: tuple[int, ...] = self.input_shape
        for name, layer in self.layers.items():
            shape = shapes[name] = _after(f"{self.name}: {name}", layer, shape, shapes)
        return shapes

    @property
    def inputs(self) -> list[Input]:
        """What it takes, the first input and those that come later."""
        first = Input(self.input_shape, words=len(self.input_shape) == 1)
        return [first, *(layer for layer in self.layers.values() if isinstance(layer, Input))]

    @property
    def is_chain(self) -> bool:
        """Whether each layer takes nothing but what the one before puts out."""
        return not any(isinstance(layer, Input | Join | Add | Times) for layer in self.layers.values())

    def weight_shapes(self) -> dict[str, tuple[int, ...]]:
        """Return the shape of each weight and bias in PyTorch's layout: (out, in, height, width), or (out, in)."""
        found: dict[str, tuple[int, ...]] = {}
        before = self.input_shape
        for (name, layer), after in zip(self.layers.items(), self.shapes().values(), strict=True):
            match layer:
                case Convolution(channels, size):
                    found[f"{name}.weight"] = (channels, before[-1], size, size)
                case WordConvolution(channels, width):
                    found[f"{name}.weight"] = (channels, before[-1], width)
                case Dense(units):
                    found[f"{name}.weight"] = (units, before[-1])
                case Embedding(words, size):
                    found[f"{name}.weight"] = (words, size)
                case ClassToken():
                    found[f"{name}.token"] = before[-1:]
                case Positions():
                    found[f"{name}.vectors"] = before
                case Prototypes(count):
                    found[f"{name}.vectors"] = (count, before[-1])
                case LayerNorm() | BatchNorm():
                    found[f"{name}.weight"] = before[-1:]
                case SelfAttention():
                    size = before[-1]
                    found[f"{name}.inner_weight"], found[f"{name}.inner_bias"] = (3 * size, size), (3 * size,)
                    found[f"{name}.outer_weight"], found[f"{name}.outer_bias"] = (size, size), (size,)
            if isinstance(layer, Convolution | WordConvolution | Dense | LayerNorm | BatchNorm):
                found[f"{name}.bias"] = found[f"{name}.weight"][:1]
            if isinstance(layer, BatchNorm):
                found[f"{name}.running_mean"] = found[f"{name}.running_var"] = before[-1:]
            before = after
        return found


def _after(where: str, layer: Layer, shape: tuple[int, ...], before: dict[str, tuple[int, ...]]) -> tuple[int, ...]:
    """Return what `layer` makes of `shape`, with the shapes of the layers before it by name."""
    planes = len(shape) == 3
    pictures = (
        Convolution | BatchNorm | MaxPool | Upsample | Flatten | MeanOverPlaces | MaxOverPlaces | Prototypes | Tokens
    )
    if isinstance(layer, pictures) and not planes:
        raise ValueError(
            f"{where} takes pictures (height, width, channels); it gets {shape}. Put it before the flatten."
        )
    if isinstance(layer, Dense) and planes:
        raise ValueError(f"{where} takes a row of numbers; it gets planes {shape}. Put a flatten before it.")
    if isinstance(layer, Embedding) and len(shape) != 1:
        raise ValueError(f"{where} takes the numbers of words; it gets {shape}. Put it first.")
    if isinstance(layer, WordConvolution | MaxOverWords | MeanOverTokens) and len(shape) != 2:
        raise ValueError(f"{where} takes the vectors of words (words, size); it gets {shape}. Put an embedding before.")
    if isinstance(layer, ClassToken | Positions | SelfAttention | FirstToken) and len(shape) != 2:
        raise ValueError(
            f"{where} takes tokens (tokens, size); it gets {shape}. Put the places of a picture in a row before it."
        )
    if isinstance(layer, MinMax) and shape[-1] % 2:
        raise ValueError(f"{where} sorts pairs, and {shape[-1]} channels are no pairs; expected an even number.")
    match layer:
        case Convolution(channels, size, stride):
            height, width, _ = shape
            even = (size - stride) % 2 == 0 and size >= stride and height % stride == width % stride == 0
            if not even:
                raise ValueError(
                    f"{where} cannot move a {size} x {size} filter in steps of {stride} over {height} x {width} with "
                    "the same margin on each side; expected a size minus stride that is even, and sides that the "
                    "stride divides."
                )
            return height // stride, width // stride, channels
        case MaxPool(size):
            height, width, channels = shape
            if min(height, width) < size:
                raise ValueError(f"{where} pools {size} x {size}, and its input is {height} x {width} only.")
            return height // size, width // size, channels
        case Upsample(size):
            return size * shape[0], size * shape[1], shape[2]
        case Join(other):
            if other not in before or before[other][:-1] != shape[:-1]:
                found = before.get(other, "no such layer before it")
                raise ValueError(f"{where} joins {shape} with {other!r}, which is {found}; expected the same sides.")
            return *shape[:-1], shape[-1] + before[other][-1]
        case Embedding(_, size):
            return *shape, size
        case WordConvolution(channels, width):
            if width % 2 == 0:
                raise ValueError(f"{where} sees {width} words; expected an odd number, as many on each side.")
            return shape[0], channels
        case Input(other_shape):
            return other_shape
        case MaxOverWords() | MeanOverTokens():
            return shape[1:]
        case MeanOverPlaces() | MaxOverPlaces():
            return shape[2:]
        case Prototypes(count):
            return *shape[:2], count
        case Tokens():
            return shape[0] * shape[1], shape[2]
        case ClassToken():
            return shape[0] + 1, shape[1]
        case SelfAttention(heads):
            if shape[1] % heads:
                raise ValueError(f"{where} divides {shape[1]} numbers among {heads} heads; expected as many for each.")
            return shape
        case Add(other):
            if before.get(other) != shape:
                found = before.get(other, "no such layer before it")
                raise ValueError(f"{where} adds {other!r}, which is {found}, to {shape}; expected the same shape.")
            return shape
        case Times(other):
            found = before.get(other, "no such layer before it")
            if len(shape) != 1 or len(found) != 2 or found[1] != shape[0]:
                raise ValueError(
                    f"{where} multiplies the tokens of {other!r}, which is {found}, by {shape}; expected as many "
                    "numbers in each token as come in."
                )
            return before[other]
        case FirstToken():
            return shape[1:]
        case Dense(units):
            return *shape[:-1], units
        case Flatten():
            return (math.prod(shape),)
        case _:
            return shape


def two_c_two_f(
    activation: type[Relu] | type[MinMax], input_shape: tuple[int, int, int] = (28, 28, 1), classes: int = 10
) -> Architecture:
    """Return the network "2C2F" of Leino, Wang and Fredrikson (2021): two convolutions, two dense layers.

    Parameters
    ----------
    activation : {Relu, MinMax}
    input_shape : tuple of int
        (height, width, channels); multiples of 4.
    classes : int
    """
    label = activation.__name__.lower()
    return Architecture(
        f"2C2F_{label}",
        input_shape,
        {
            "conv1": Convolution(16, 4, stride=2),
            f"{label}1": activation(),
            "conv2": Convolution(32, 4, stride=2),
            f"{label}2": activation(),
            "flatten": Flatten(),
            "dense1": Dense(100),
            f"{label}3": activation(),
            "dense2": Dense(classes),
        },
    )


def u_net(name: str, side: int, colors: int, channels: tuple[int, ...], classes: int) -> Architecture:
    """Return a U-Net (Ronneberger, Fischer, Brox 2015): down in steps, up again, and joined at each level.

    Parameters
    ----------
    name : str
    side, colors : int
        Of a picture; the side is a multiple of 2 to the number of steps.
    channels : tuple of int
        Of each level, from the finest.
    classes : int
        It puts out that many logits for each pixel.
    """
    layers: dict[str, Layer] = {}

    def twice(level: str, count: int) -> None:
        for half in "ab":
            layers[f"conv_{level}{half}"] = Convolution(count, 3)
            layers[f"relu_{level}{half}"] = Relu()

    for level, count in enumerate(channels, start=1):
        if level > 1:
            layers[f"pool_{level}"] = MaxPool(2)
        twice(f"down{level}", count)
    for level, count in reversed(list(enumerate(channels[:-1], start=1))):
        layers[f"upsample_{level}"] = Upsample(2)
        layers[f"join_{level}"] = Join(f"relu_down{level}b")
        twice(f"up{level}", count)
    layers["head"] = Convolution(classes, 1)
    return Architecture(name, (side, side, colors), layers)


def vision_transformer(
    name: str,
    side: int,
    colors: int,
    patch: int,
    size: int,
    blocks: int,
    heads: int,
    hidden: int,
    classes: int,
) -> Architecture:
    """Return a vision transformer (Dosovitskiy and others 2021) that reads its answer from a class token.

    Parameters
    ----------
    name : str
    side, colors : int
        Of a picture.
    patch : int
        The side of a patch, in pixels; it divides that of the picture.
    size : int
        Numbers in a token.
    blocks, heads : int
        How many blocks, and heads of attention in each.
    hidden : int
        Units of the dense layer inside each block.
    classes : int
    """
    layers: dict[str, Layer] = {
        "patches": Convolution(size, patch, stride=patch),
        "tokens": Tokens(),
        "class_token": ClassToken(),
        "positions": Positions(),
    }
    below = "positions"
    for block in range(1, blocks + 1):
        layers[f"norm{block}a"] = LayerNorm()
        layers[f"attention{block}"] = SelfAttention(heads)
        layers[f"add{block}a"] = Add(below)
        layers[f"norm{block}b"] = LayerNorm()
        layers[f"dense{block}a"] = Dense(hidden)
        layers[f"gelu{block}"] = Gelu()
        layers[f"dense{block}b"] = Dense(size)
        layers[f"add{block}b"] = Add(f"add{block}a")
        below = f"add{block}b"
    layers["norm"], layers["first"], layers["head"] = LayerNorm(), FirstToken(), Dense(classes)
    return Architecture(name, (side, side, colors), layers)


def _pooled(
    name: str, side: int, colors: int, channels: tuple[int, int], size: int, pools: tuple[int, int], *units: int
) -> Architecture:
    """Return two convolutions, each with ReLU and max-pooling, and two dense layers with a ReLU between them."""
    return Architecture(
        name,
        (side, side, colors),
        {
            "conv1": Convolution(channels[0], size),
            "relu1": Relu(),
            "pool1": MaxPool(pools[0]),
            "conv2": Convolution(channels[1], size),
            "relu2": Relu(),
            "pool2": MaxPool(pools[1]),
            "flatten": Flatten(),
            "dense1": Dense(units[0]),
            "relu3": Relu(),
            "dense2": Dense(units[1]),
        },
    )


DIGITS = _pooled("digits", 28, 1, (8, 16), 3, (2, 2), 64, 10)
"""For lesson 1."""


def _digits_deep() -> Architecture:
    """Return six convolutions, pooled after every second one, and two dense layers."""
    layers: dict[str, Layer] = {}
    for number, channels in enumerate((8, 8, 16, 16, 24, 24), start=1):
        layers[f"conv{number}"], layers[f"relu{number}"] = Convolution(channels, 3), Relu()
        if number % 2 == 0:
            layers[f"pool{number}"] = MaxPool(2)
    return Architecture(
        "digits_deep",
        (28, 28, 1),
        {**layers, "flatten": Flatten(), "dense1": Dense(64), "relu7": Relu(), "dense2": Dense(10)},
    )


DIGITS_DEEP = _digits_deep()
"""For digits, with more layers to compare; 0.1 MB of weights."""

FACES_AUTHORS = _pooled("faces_authors", 64, 3, (20, 50), 5, (2, 2), 500, 5)
"""The network of Leino et al. (2018), 26 MB of weights."""

FACES = _pooled("faces", 64, 3, (20, 50), 5, (4, 2), 100, 5)
"""The same convolutions with coarser pooling, and a smaller dense layer: an eighteenth of the weights."""

SLICES = u_net("slices", 128, 3, (8, 16, 32, 64), 2)
"""For slices of a brain: two logits for each pixel, tissue and tumour; half a megabyte of weights."""

REVIEWS = Architecture(
    "reviews",
    (40,),
    {
        "embedding": Embedding(250, 16),
        "convolution": WordConvolution(32, 3),
        "relu": Relu(),
        "strongest": MaxOverWords(),
        "dense": Dense(2),
    },
)
"""For reviews of 40 tokens: what three in a row say, and where it is said most strongly."""

SCENES = vision_transformer("scenes", 64, 1, 8, 64, 4, 4, 128, 5)
"""For scenes with a digit from 0 to 4 somewhere: 8 x 8 patches and a class token; 0.3 MB of weights."""

FLOWERS_TRANSFORMER = vision_transformer("flowers_transformer", 64, 3, 8, 64, 4, 4, 128, 6)
"""The same, for drawn flowers in colours."""


def _averaged(name: str, classes: int, head: dict[str, Layer] | None = None) -> Architecture:
    """Return three convolutions whose channels are averaged over the picture, and a dense layer: for drawn flowers.

    Filters of 4 x 4 in steps of 2 read each pixel equally often, as those of 5 x 5 would not. In the place of mean and
    dense layer there may be another head.
    """
    return Architecture(
        name,
        (64, 64, 3),
        {
            "conv1": Convolution(16, 4, stride=2),
            "relu1": Relu(),
            "conv2": Convolution(32, 3),
            "relu2": Relu(),
            "pool2": MaxPool(2),
            "conv3": Convolution(64, 3),
            "relu3": Relu(),
            **({"mean": MeanOverPlaces()} if head is None else head),
            "dense": Dense(classes),
        },
    )


FLOWERS_CONVOLUTIONAL = _averaged("flowers_convolutional", 6)
"""For the same flowers, so that methods for either kind of network can be compared; 0.1 MB of weights."""

FLOWERS_DOUBLE = _averaged("flowers_double", 12)
"""For flowers whose petals and stem tell the class together."""

FLOWERS_BOTTLENECK = _averaged(
    "flowers_bottleneck", 12, {"mean": MeanOverPlaces(), "concept_logits": Dense(11), "concepts": Sigmoid()}
)
"""For the same, which it tells from the probabilities of 11 concepts alone."""

FLOWERS_LOGIT_BOTTLENECK = _averaged("flowers_logit_bottleneck", 12, {"mean": MeanOverPlaces(), "concepts": Dense(11)})
"""From their logits, which can say more than yes and no."""

FLOWERS_PROTOTYPES = _averaged(
    "flowers_prototypes",
    6,
    {"narrow": Convolution(16, 1), "sigmoid": Sigmoid(), "similarities": Prototypes(18), "strongest": MaxOverPlaces()},
)
"""For single flowers, which it tells from how like 18 prototypes their places are, 3 of each class."""

ANSWERING = Architecture(
    "answering",
    (48, 48, 3),
    {
        "conv1": Convolution(16, 4, stride=2),
        "relu1": Relu(),
        "pool1": MaxPool(2),
        "conv2": Convolution(32, 3),
        "relu2": Relu(),
        "pool2": MaxPool(2),
        "conv3": Convolution(48, 3),
        "relu3": Relu(),
        "tokens": Tokens(),
        "positions": Positions(),
        "question": Input((8,)),
        "embedding": Embedding(40, 32),
        "bag": MeanOverTokens(),
        "dense1": Dense(48),
        "relu4": Relu(),
        "gates": Dense(48),
        "asked": Times("positions"),
        "dense2": Dense(48),
        "relu5": Relu(),
        "mean": MeanOverTokens(),
        "both": Join("relu4"),
        "dense3": Dense(64),
        "relu6": Relu(),
        "dense4": Dense(13),
    },
)
"""For a drawn scene and a question of up to 8 words: what is asked opens and closes what is seen at each place."""

THREE_PARTS = Architecture(
    "three_parts",
    (16, 16, 1),
    {
        "conv": Convolution(4, 3),
        "relu1": Relu(),
        "mean": MeanOverPlaces(),
        "values": Input((2,), words=False),
        "numbers": Dense(4),
        "with_scan": Join("mean"),
        "ward": Input((1,)),
        "wards": Embedding(5, 4),
        "one_ward": MeanOverTokens(),
        "all": Join("with_scan"),
        "dense1": Dense(8),
        "relu2": Relu(),
        "dense2": Dense(2),
    },
)
"""For a scan, two numbers and a category, which is read through an embedding: small, to show what holds for any."""
