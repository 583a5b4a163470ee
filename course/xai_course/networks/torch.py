"""The course's networks in PyTorch."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from xai_course.networks.architecture import (
    DIGITS,
    Architecture,
    BatchNorm,
    Convolution,
    Dense,
    Embedding,
    Flatten,
    Gelu,
    Input,
    Layer,
    LayerNorm,
    MaxPool,
    Relu,
    Sigmoid,
    Upsample,
)
from xai_course.networks.architecture import Add as AddLayer
from xai_course.networks.architecture import ClassToken as ClassTokenLayer
from xai_course.networks.architecture import FirstToken as FirstTokenLayer
from xai_course.networks.architecture import Join as JoinLayer
from xai_course.networks.architecture import MaxOverPlaces as MaxOverPlacesLayer
from xai_course.networks.architecture import MaxOverWords as MaxOverWordsLayer
from xai_course.networks.architecture import MeanOverPlaces as MeanOverPlacesLayer
from xai_course.networks.architecture import MeanOverTokens as MeanOverTokensLayer
from xai_course.networks.architecture import MinMax as MinMaxLayer
from xai_course.networks.architecture import Positions as PositionsLayer
from xai_course.networks.architecture import Prototypes as PrototypesLayer
from xai_course.networks.architecture import SelfAttention as SelfAttentionLayer
from xai_course.networks.architecture import Times as TimesLayer
from xai_course.networks.architecture import Tokens as TokensLayer
from xai_course.networks.architecture import WordConvolution as WordConvolutionLayer
from xai_course.networks.weights import (
    Beside,
    Inputs,
    Weights,
    batches,
    count_of,
    count_steps,
    fit,
    in_parts,
    initial_weights,
    rows_of,
)
from xai_course.progress import Progress

FRAMEWORK = "PyTorch"
BACKEND = "torch"
"""What `xai_widgets.wrap` calls it."""


class MinMax(nn.Module):
    """Sort channel i and channel i + n / 2: the smaller to the first half, the larger to the second."""

    def forward(self, z: torch.Tensor) -> torch.Tensor:
        """Return the sorted channels of z (batch, channels, ...)."""
        a, b = z.chunk(2, dim=1)
        excess = torch.relu(a - b)  # what a has more than b moves over; faster to differentiate than min and max
        return torch.cat([a - excess, b + excess], dim=1)


class Join(nn.Module):
    """Put the channels of two layers' outputs behind each other."""

    def __init__(self, other: str) -> None:
        super().__init__()
        self.other = other

    def forward(self, z: torch.Tensor, earlier: torch.Tensor) -> torch.Tensor:
        """Return the channels of z (batch, channels, ...), then those of the earlier layer's output."""
        return torch.cat([z, earlier], dim=1)


class Joined(nn.Sequential):
    """Layers in a row, some of which take the output of an earlier one as well, or begin with another input.

    Parameters
    ----------
    parts : dict of str to module
    begins : sequence of str
        The layers that take the other inputs, in their order.
    """

    def __init__(self, parts: OrderedDict[str, nn.Module], begins: Sequence[str] = ()) -> None:
        super().__init__(parts)
        self.begins = list(begins)

    def forward(self, z: torch.Tensor, *others: torch.Tensor) -> torch.Tensor:
        """Return what the last layer makes of the inputs."""
        begun = dict(zip(self.begins, others, strict=True))
        outputs: dict[str, torch.Tensor] = {}
        for name, layer in self.named_children():
            taken = begun.get(name, z)
            joins = isinstance(layer, Join | Add | Times)
            z = outputs[name] = layer(taken, outputs[layer.other]) if joins else layer(taken)
        return z


class WordConvolution(nn.Conv1d):
    """A convolution over words, whose channels come last, as those of an embedding do."""

    def forward(self, z: torch.Tensor) -> torch.Tensor:
        """Return the convolution (batch, words, channels) of z (batch, words, size)."""
        return super().forward(z.transpose(1, 2)).transpose(1, 2)


class MaxOverWords(nn.Module):
    """The largest value of each channel, wherever in the text it is."""

    def forward(self, z: torch.Tensor) -> torch.Tensor:
        """Return the largest of each channel (batch, channels) of z (batch, words, channels)."""
        return torch.max(z, dim=1).values


class MeanOverTokens(nn.Module):
    """The mean of each number over the tokens."""

    def forward(self, z: torch.Tensor) -> torch.Tensor:
        """Return (batch, size) of z (batch, tokens, size)."""
        return z.mean(dim=1)


class MeanOverPlaces(nn.Module):
    """The mean of each channel over the picture."""

    def forward(self, z: torch.Tensor) -> torch.Tensor:
        """Return (batch, channels) of z (batch, channels, height, width)."""
        return z.mean(dim=(2, 3))


class MaxOverPlaces(nn.Module):
    """The largest value of each channel over the picture."""

    def forward(self, z: torch.Tensor) -> torch.Tensor:
        """Return (batch, channels) of z (batch, channels, height, width)."""
        return z.amax(dim=(2, 3))


class Prototypes(nn.Module):
    """How like each place is to each prototype."""

    def __init__(self, count: int, size: int, epsilon: float) -> None:
        super().__init__()
        self.vectors, self.epsilon = nn.Parameter(torch.zeros(count, size)), epsilon

    def forward(self, z: torch.Tensor) -> torch.Tensor:
        """Return (batch, prototypes, height, width) of z (batch, channels, height, width)."""
        away = z.unsqueeze(1) - self.vectors[:, :, None, None]
        squares = (away * away).sum(dim=2)
        return torch.log((squares + 1) / (squares + self.epsilon))


class Tokens(nn.Module):
    """The places of a picture in one row, each with its channels."""

    def forward(self, z: torch.Tensor) -> torch.Tensor:
        """Return the tokens (batch, places, channels) of z (batch, channels, height, width)."""
        return z.flatten(2).transpose(1, 2)


class ClassToken(nn.Module):
    """One more token in front of the others, the same for every picture."""

    def __init__(self, size: int) -> None:
        super().__init__()
        self.token = nn.Parameter(torch.zeros(size))

    def forward(self, z: torch.Tensor) -> torch.Tensor:
        """Return (batch, 1 + tokens, size) of z (batch, tokens, size)."""
        return torch.cat([self.token.expand(len(z), 1, -1), z], dim=1)


class Positions(nn.Module):
    """A vector added to each token that says where it stands."""

    def __init__(self, tokens: int, size: int) -> None:
        super().__init__()
        self.vectors = nn.Parameter(torch.zeros(tokens, size))

    def forward(self, z: torch.Tensor) -> torch.Tensor:
        """Return z (batch, tokens, size) with the vectors added."""
        return z + self.vectors


class SelfAttention(nn.Module):
    """Attention of tokens to each other, in several heads."""

    def __init__(self, size: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.inner_weight, self.inner_bias = (
            nn.Parameter(torch.zeros(3 * size, size)),
            nn.Parameter(torch.zeros(3 * size)),
        )
        self.outer_weight, self.outer_bias = nn.Parameter(torch.zeros(size, size)), nn.Parameter(torch.zeros(size))

    def forward(self, z: torch.Tensor) -> torch.Tensor:
        """Return what the tokens make of each other, in the shape of z (batch, tokens, size)."""
        inner = nn.functional.linear(z, self.inner_weight, self.inner_bias)
        query, key, value = (part.unflatten(-1, (self.heads, -1)).transpose(1, 2) for part in inner.chunk(3, dim=-1))
        mixed = nn.functional.scaled_dot_product_attention(query, key, value)
        return nn.functional.linear(mixed.transpose(1, 2).flatten(2), self.outer_weight, self.outer_bias)


class Add(nn.Module):
    """Add the output of an earlier layer."""

    def __init__(self, other: str) -> None:
        super().__init__()
        self.other = other

    def forward(self, z: torch.Tensor, earlier: torch.Tensor) -> torch.Tensor:
        """Return the sum of both."""
        return z + earlier


class Times(nn.Module):
    """Multiply the tokens of an earlier layer."""

    def __init__(self, other: str) -> None:
        super().__init__()
        self.other = other

    def forward(self, z: torch.Tensor, earlier: torch.Tensor) -> torch.Tensor:
        """Return the tokens (batch, tokens, size), each times z (batch, size)."""
        return earlier * z.unsqueeze(1)


class FirstToken(nn.Module):
    """The first token alone."""

    def forward(self, z: torch.Tensor) -> torch.Tensor:
        """Return (batch, size) of z (batch, tokens, size)."""
        return z[:, 0]


class RMSprop(torch.optim.Optimizer):
    """Keras' RMSprop: g / sqrt(v + epsilon), where PyTorch's own divides by sqrt(v) + epsilon."""

    def __init__(
        self, parameters: Iterator[nn.Parameter], lr: float, decay: float = 0.9, epsilon: float = 1e-7
    ) -> None:
        super().__init__(parameters, {"lr": lr, "decay": decay, "epsilon": epsilon})

    @torch.no_grad()
    def step(self) -> None:
        """Take one step along the gradients."""
        for group in self.param_groups:
            for parameter in group["params"]:
                if parameter.grad is None:
                    continue
                mean = self.state[parameter].setdefault("mean", torch.zeros_like(parameter))
                mean.mul_(group["decay"]).addcmul_(parameter.grad, parameter.grad, value=1 - group["decay"])
                parameter.addcdiv_(parameter.grad, (mean + group["epsilon"]).sqrt_(), value=-group["lr"])


OPTIMIZERS = {"adam": torch.optim.Adam, "rmsprop": RMSprop}


def build(architecture: Architecture, weights: Weights | None = None, seed: int = 0) -> nn.Module:
    """Return a network with these weights, or with fresh ones (He et al. 2015) drawn from `seed`.

    Its layers have the architecture's names; it puts out logits.
    """
    given = initial_weights(architecture, seed) if weights is None else weights
    fit(given, architecture)
    parts, before, begins = OrderedDict(), architecture.input_shape, []
    names = list(architecture.layers)
    for (name, layer), after in zip(architecture.layers.items(), architecture.shapes().values(), strict=True):
        if isinstance(layer, Input):
            begins.append(names[names.index(name) + 1])
        else:
            parts[name] = _layer(layer, before)
        before = after
    network = nn.Sequential(parts) if architecture.is_chain else Joined(parts, begins)
    fill(network, given)
    return network.eval()


def fill(network: nn.Module, weights: Weights) -> None:
    """Give a network these weights instead of its own; it stays the same object."""
    network.load_state_dict({name: torch.from_numpy(value.copy()) for name, value in weights.items()})


def digit_network(weights: Weights | None = None, seed: int = 0) -> nn.Module:
    """Return the network for digits, with these weights or with fresh ones; it puts out 10 logits."""
    return build(DIGITS, weights, seed)


def train(
    network: nn.Module,
    x: Inputs,
    y: NDArray[np.int64],
    *,
    epochs: float | None = None,
    steps: int | None = None,
    batch: int = 64,
    rate: float = 2e-3,
    optimizer: str = "adam",
    seed: int = 0,
    schedule: Callable[[float], float] | None = None,
    beside: Beside | None = None,
) -> None:
    """Train a classifier, of pictures or of their pixels, on cross-entropy, with a progress bar.

    Parameters
    ----------
    network : torch.nn.Module
    x : array of shape (pictures, height, width, channels)
        Or a tuple of arrays, one for each input of the network.
    y : array of shape (pictures,), or (pictures, height, width)
        Or (pictures, outputs), of floating-point numbers: for each output by itself whether it is true, 0 or 1.
    epochs : float, optional
        How often each picture is seen.
    steps : int, optional
        Instead of epochs: how many batches. 500 if neither is given.
    batch, rate, seed
        How many pictures in each batch, the learning rate, and the seed of their order.
    optimizer : {"adam", "rmsprop"}
    schedule : callable, optional
        What the rate is multiplied by, as a function of the share of the training that is done, 0 to 1.
    beside : (str, array, float), optional
        A layer that puts out logits, what is true of each of them (pictures, units), and the weight of their binary
        cross-entropy, which is added to the loss.
    """
    if optimizer not in OPTIMIZERS:
        raise ValueError(f"The optimizer is {optimizer!r}; expected one of {', '.join(OPTIMIZERS)}.")
    total = count_steps(count_of(x), batch, epochs, steps)
    # Colours last in memory: half the time on a processor. Parameters stay the same objects.
    network.train().to(memory_format=torch.channels_last)
    descent = OPTIMIZERS[optimizer](network.parameters(), lr=rate)
    seen: list[torch.Tensor] = []
    hooks = []
    if beside is not None:
        layer, truths, weight = beside
        hooks.append(network.get_submodule(layer).register_forward_hook(lambda *said: seen.append(said[-1])))
    with one_thread(), Progress(f"Training in {FRAMEWORK}", total, f"Trained for {total} steps.") as progress:
        for step, index in enumerate(batches(count_of(x), batch, total, seed)):
            if schedule is not None:
                descent.param_groups[0]["lr"] = rate * schedule(step / total)
            loss = _loss(network(*_tensors(rows_of(x, index))), y[index])
            if beside is not None:
                loss = loss + weight * _loss(seen.pop(), truths[index])
            descent.zero_grad()
            loss.backward()
            descent.step()
            progress.update(step + 1)
    for hook in hooks:
        hook.remove()
    network.eval().to(memory_format=torch.contiguous_format)


def predict(network: nn.Module, x: Inputs) -> NDArray[np.float32]:
    """Return the logits (pictures, classes) for pictures (pictures, height, width, channels), or for several inputs.

    A network that judges pixels gives (pictures, height, width, classes).
    """
    with torch.no_grad(), one_thread():
        return np.concatenate([np.moveaxis(network(*_tensors(part)).numpy(), 1, -1) for part in in_parts(x)])


def weights_of(network: nn.Module) -> Weights:
    """Return the network's weights, from which either framework builds its twin."""
    state = network.state_dict().items()
    return {name: value.detach().numpy().copy() for name, value in state if value.is_floating_point()}  # no counters


def layout(pictures: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return pictures (..., height, width, channels) as the network takes them: channels first."""
    return np.ascontiguousarray(np.moveaxis(pictures, -1, -3))


def tensor(array: NDArray[np.float32]) -> torch.Tensor:
    """Return the array as a tensor, to calculate with inside a function that is explained."""
    return torch.from_numpy(array)


def sealed(network: nn.Module) -> Callable[[Any], Any]:
    """Return the network as a function that gives its scores and no slopes."""
    return lambda x: network(x.detach()).detach()


def slopes_alone(network: nn.Module) -> Callable[[Any], Any]:
    """Return the network as a function that gives its scores and their slopes, and shows nothing of what is inside."""

    class Box(torch.autograd.Function):
        @staticmethod
        def forward(context: Any, x: torch.Tensor) -> torch.Tensor:
            context.x = x.detach().requires_grad_()
            # What watches the functions that are called watches those of its own thread.
            with ThreadPoolExecutor(1) as elsewhere:
                context.scores = elsewhere.submit(network, context.x).result()
            return context.scores.detach()

        @staticmethod
        def backward(context: Any, sent: torch.Tensor) -> torch.Tensor:
            return torch.autograd.grad(context.scores, context.x, sent)[0]

    return Box.apply


def beside(network: nn.Module, second: NDArray[Any]) -> Callable[[Any], Any]:
    """Return a network of two inputs as a function of the first, with the same second one beside all of a batch."""
    row = torch.from_numpy(second)
    return lambda x: network(x, row.expand(len(x), *row.shape))


def relu(z: Any) -> Any:
    """Return max(z, 0)."""
    return torch.relu(z)


def _layer(layer: Layer, shape: tuple[int, ...]) -> nn.Module:
    """Return the module for one layer, which takes in `shape`: (height, width, channels) or (units,)."""
    match layer:
        case Convolution(channels, size, stride):
            return nn.Conv2d(shape[-1], channels, size, stride, padding=(size - stride) // 2)
        case Dense(units):
            return nn.Linear(shape[-1], units)
        case MaxPool(size):
            return nn.MaxPool2d(size)
        case Relu():
            return nn.ReLU()
        case MinMaxLayer():
            return MinMax()
        case Embedding(words, size):
            return nn.Embedding(words, size)
        case WordConvolutionLayer(channels, width):
            return WordConvolution(shape[-1], channels, width, padding=width // 2)
        case MaxOverWordsLayer():
            return MaxOverWords()
        case Upsample(size):
            return nn.Upsample(scale_factor=size)
        case JoinLayer(other):
            return Join(other)
        case Flatten():
            return nn.Flatten()
        case MeanOverTokensLayer():
            return MeanOverTokens()
        case MeanOverPlacesLayer():
            return MeanOverPlaces()
        case MaxOverPlacesLayer():
            return MaxOverPlaces()
        case Sigmoid():
            return nn.Sigmoid()
        case PrototypesLayer(count, epsilon):
            return Prototypes(count, shape[-1], epsilon)
        case TokensLayer():
            return Tokens()
        case ClassTokenLayer():
            return ClassToken(shape[-1])
        case PositionsLayer():
            return Positions(*shape)
        case LayerNorm():
            return nn.LayerNorm(shape[-1])
        case BatchNorm(epsilon):
            return nn.BatchNorm2d(shape[-1], epsilon)
        case SelfAttentionLayer(heads):
            return SelfAttention(shape[-1], heads)
        case Gelu():
            return nn.GELU()
        case AddLayer(other):
            return Add(other)
        case TimesLayer(other):
            return Times(other)
        case FirstTokenLayer():
            return FirstToken()
    raise TypeError(f"{layer!r} is no layer of xai_course.networks.architecture.")


def _loss(scores: torch.Tensor, y: NDArray[Any]) -> torch.Tensor:
    """Return the cross-entropy of classes, or that of truths, the mean over what each is of."""
    labels = torch.from_numpy(y)
    if labels.is_floating_point():
        return nn.functional.binary_cross_entropy_with_logits(scores, labels)
    return nn.functional.cross_entropy(scores, labels)


@contextmanager
def one_thread() -> Iterator[None]:
    """Compute on one core: small layers gain nothing from more, and the sums come out the same on any machine."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)


def _tensors(x: Inputs) -> list[torch.Tensor]:
    """Return each input as a tensor."""
    return [_tensor(each) for each in (x if isinstance(x, tuple) else (x,))]


def _tensor(pictures: NDArray[Any]) -> torch.Tensor:
    """Return pictures (n, height, width, channels) as a tensor, channels first by name and last in memory.

    The numbers of words (n, words) stay as they are.
    """
    if pictures.ndim == 2:
        return torch.from_numpy(pictures)
    return torch.from_numpy(np.ascontiguousarray(pictures)).permute(0, 3, 1, 2)
