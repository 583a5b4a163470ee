"""The channel of a layer that matters most, and the part of a picture that it looks at: two slices in a row."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import ndimage

from xai_widgets.answers.quantity import Channel, Quantity
from xai_widgets.attribution.gradients.methods import InputXGradient
from xai_widgets.attribution.gradients.open_query import Influence
from xai_widgets.attribution.method import Method
from xai_widgets.attribution.result import Attribution
from xai_widgets.errors import InputError, InputTypeError, is_finite, warn
from xai_widgets.models.base import Model
from xai_widgets.models.cut import Cut
from xai_widgets.models.objective import Array

PIECE = 32
"""So many pictures are asked about at once: the influence of a whole layer is large, what is kept of it small."""


LARGEST_BLUR = 10_000
"""No picture is as wide; a Gaussian that is would take all memory."""


def channel_influence(
    model: Model, x: ArrayLike, layer: str, quantity: Quantity | None = None, method: Method | None = None
) -> Array:
    """Return how much each channel of a layer has influence on a quantity (Leino et al. 2018).

    The influence of the layer's output, its maximum over all places, the mean over the pictures. A channel that
    is zero all over a picture, shut off by its activation function, counts as 0 there: nothing in the picture moves it.

    Parameters
    ----------
    model : Model
        A network wrapped by `xai_widgets.wrap`.
    x : array
        One picture or a batch, in the model's own layout.
    layer : str
        Whose channels. Name the convolution itself to ask before its activation function. The units of a layer without
        height and width count as channels.
    quantity : Quantity, optional
        On what; by default the top class of each picture.
    method : Method, optional
        How influence is measured; by default `Influence()`, the gradient at the picture: the distribution of interest
        is a point.

    Returns
    -------
    array of shape (channels,)
        In units of the quantity per unit of the layer's output.

    Raises
    ------
    ValueError, TypeError
        If there is no such layer, or the picture, quantity or method does not fit.

    References
    ----------
    Leino, Sen, Datta, Fredrikson, Li (2018), Influence-Directed Explanations for Deep Convolutional Networks.

    Examples
    --------
    >>> xai.channel_influence(model, batch, "conv2", xai.Logit("cross")).shape
    (8,)
    """
    measured = _checked_method(method, Influence())
    cut = _checked_cut(model, layer)
    batch, _ = model.prepare(x)
    if quantity is not None and not isinstance(quantity, Quantity):
        raise InputTypeError(f"quantity is {quantity!r}; expected a quantity such as Logit({quantity!r}).")
    if quantity is not None:
        quantity.objective(model, len(batch))  # one target per picture must be counted before they are parted
    layout = cut.known_layout
    total = np.zeros(layout.channels)
    for start in range(0, len(batch), PIECE):
        rows = slice(start, start + PIECE)
        asked = None if quantity is None else quantity.rows(rows)
        largest = layout.by_channel(measured(model, batch[rows], asked, layer).values).max(axis=2)
        on = layout.by_channel(cut.activations(batch[rows])).any(axis=2)
        total += np.where(on, largest, 0).sum(axis=0, dtype=np.float64)
    mean: Array = total / len(batch)
    return mean


def influential_channel(
    model: Model, x: ArrayLike, layer: str, quantity: Quantity | None = None, method: Method | None = None
) -> int:
    """Return the channel of a layer that has most influence on a quantity (Leino et al. 2018).

    Parameters
    ----------
    model : Model
        A network wrapped by `xai_widgets.wrap`.
    x : array
        One picture or a batch, in the model's own layout.
    layer : str
        Whose channels, as in `channel_influence`.
    quantity : Quantity, optional
        On what; by default the top class of each picture.
    method : Method, optional
        How influence is measured; by default `Influence()`.

    Returns
    -------
    int
        The number of the channel: where `channel_influence` is largest.

    Raises
    ------
    ValueError, TypeError
        As `channel_influence`.

    References
    ----------
    Leino, Sen, Datta, Fredrikson, Li (2018), Influence-Directed Explanations for Deep Convolutional Networks.

    Examples
    --------
    >>> channel = xai.influential_channel(model, batch, "conv2", xai.Logit("cross"))
    >>> 0 <= channel < 8
    True
    """
    return int(channel_influence(model, x, layer, quantity, method).argmax())


@dataclass(frozen=True, eq=False, repr=False)
class ChannelMask:
    """What a channel looks at; made by `channel_mask`.

    Attributes
    ----------
    layer : str
        Whose channel it is.
    channel : int
        The number of the channel.
    map : array of shape (H, W) or (batch, H, W)
        The influence of the picture on the channel, mean over colours, blurred.
    mask : bool array of the shape of `map`
        Where the picture is left visible.
    picture : array of shape (H, W), (H, W, colours), or a batch of them
        The picture, channels last, dimmed where the mask is False.
    attribution : Attribution
        The influence itself, from which all of this is made.

    Examples
    --------
    >>> xai.channel_mask(model, x, "conv2", channel=3, blur=1)
    Mask of channel 3 of conv2: (8, 8), 11 % of the pixels visible
    """

    layer: str
    channel: int
    map: Array
    mask: Array
    picture: Array
    attribution: Attribution

    def __repr__(self) -> str:
        shown = f"{100 * self.mask.mean():.0f} % of the pixels"
        return f"Mask of channel {self.channel} of {self.layer}: {self.mask.shape}, {shown} visible"

    def _repr_png_(self) -> bytes:
        """Return the picture that a notebook shows: map and masked picture of the first input of a batch."""
        from xai_widgets.render import Display, Panel, as_picture, figure_png

        question = self.attribution.question
        first = slice(None) if question.single else 0
        x = question.batch[0]
        bounds = question.model.bounds or (float(x.min()), float(x.max()))
        picture = as_picture(question.model.input.channels_last(x), bounds)
        influence = Panel("influence", "blurred", picture, self.map[first])
        masked = Panel(
            "mask", f"{100 * self.mask[first].mean():.0f} % visible", as_picture(self.picture[first], bounds)
        )
        return figure_png(f"What channel {self.channel} of {self.layer} looks at", [influence, masked], Display())


def channel_mask(
    model: Model,
    x: ArrayLike,
    layer: str,
    channel: int | None = None,
    quantity: Quantity | None = None,
    blur: float = 3.0,
    threshold: float = 0.9,
    opacity: float = 0.2,
    method: Method | None = None,
) -> ChannelMask:
    """Return the part of a picture that has most influence on a channel of a layer.

    The influence of the input on the channel's sum over space, its mean over colours, sign kept, blurred by a Gaussian;
    the pixels above the `threshold` quantile of each picture stay visible. These are the steps, and with ``blur=3,
    threshold=0.9`` the settings, of the channel masks of TruLens (Datta, Fredrikson, Leino, Lu, Sen, Wang 2021).

    Parameters
    ----------
    model : Model
        A network wrapped by `xai_widgets.wrap`.
    x : array
        One picture or a batch, in the model's own layout.
    layer : str
        Whose channel. Name the convolution itself to ask before its activation function.
    channel : int, optional
        Which channel; by default the one with most influence on `quantity` over the pictures of `x`, see
        `influential_channel`.
    quantity : Quantity, optional
        What that choice is about, by default the top class of each picture; not used where `channel` is given.
    blur : float, default 3
        The standard deviation of the Gaussian in pixels, borders reflected; 0 for none.
    threshold : float, default 0.9
        The share of each picture's pixels that is masked.
    opacity : float, default 0.2
        How much is left of the picture where it is masked: 0 is the lower end of the model's bounds.
    method : Method, optional
        How influence on the channel is measured; by default `InputXGradient()`, the gradient at the picture times the
        picture.

    Returns
    -------
    ChannelMask
        The blurred influence, the mask and the masked picture.

    Raises
    ------
    ValueError, TypeError
        If there is no such layer or channel, the input is no picture, or a setting is out of range.

    References
    ----------
    Datta, Fredrikson, Leino, Lu, Sen, Wang (2021), Machine Learning Explainability and Robustness: Connected at the
    Hip.

    Examples
    --------
    >>> found = xai.channel_mask(model, x, "conv2", blur=1, threshold=0.75)
    >>> found.channel == xai.influential_channel(model, x, "conv2"), float(found.mask.mean())
    (True, 0.25)
    """
    _check_number("blur", blur, 0, LARGEST_BLUR)
    _check_number("threshold", threshold, 0, 1)
    _check_number("opacity", opacity, 0, 1)
    measured = _checked_method(method, InputXGradient())
    _checked_cut(model, layer)
    batch, single = model.prepare(x)
    layout = model.input.layout
    if len(layout.space) != 2:
        raise InputError(f"The model takes a {model.input.words}; expected a picture, with height and width.")
    if channel is None:
        channel = influential_channel(model, batch, layer, quantity)
    attribution = measured(model, batch[0] if single else batch, Channel(layer, channel))
    values = attribution.values[None] if single else attribution.values
    if not values.any():
        warn(
            f"Nothing in the input has influence on channel {channel} of {layer!r}: it is shut off there. Name the "
            "layer before its activation function, or another channel."
        )
    planes = layout.by_channel(values.astype(np.float64)).mean(axis=1).reshape(len(values), *layout.grid)
    maps = ndimage.gaussian_filter(planes, (0, blur, blur)).astype(np.float32)
    mask = maps > np.quantile(maps, threshold, axis=(1, 2), keepdims=True)
    low = float(batch.min()) if model.bounds is None else model.bounds[0]
    kept = np.where(mask, 1.0, opacity).astype(batch.dtype)
    masked = np.stack([model.input.channels_last(one) for one in low + layout.spread(kept) * (batch - low)])
    first = 0 if single else slice(None)
    return ChannelMask(layer, int(channel), maps[first], mask[first], masked[first], attribution)


def _checked_cut(model: Model, layer: str) -> Cut:
    if not isinstance(model, Model):
        raise InputTypeError(f"Found a {type(model).__name__}; expected a network in xai_widgets.wrap(network).")
    if layer is None:
        raise InputTypeError("layer is None; expected the name of the layer whose channels are asked about.")
    return model.at(layer)


def _checked_method(method: Method | None, default: Method) -> Method:
    if method is not None and not isinstance(method, Method):
        raise InputTypeError(f"method is {method!r}; expected a method such as {default!r}.")
    return method or default


def _check_number(name: str, value: float, low: float, high: float) -> None:
    expected = f"a number from {low} to {high}"
    if isinstance(value, bool) or not isinstance(value, int | float | np.integer | np.floating):
        raise InputTypeError(f"{name} is {value!r}; expected {expected}.")
    if not (is_finite(value) and low <= value <= high):
        raise InputError(f"{name} is {value!r}; expected {expected}.")
