"""The public functions of the explorers: of one input, of several methods at once, of networks of several inputs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from xai_widgets.errors import InputTypeError, shown
from xai_widgets.models.base import Model
from xai_widgets.widgets.choices import SEVERAL, given_options
from xai_widgets.widgets.explorer import Explorer
from xai_widgets.widgets.inputs_explorer import InputsExplorer


def explore(
    model: Model | Mapping[str, Model],
    images: Any,
    *,
    method: Any = None,
    target: int | str | None = None,
    contrast: int | str | None = None,
    layer: str | None = None,
    index: int | None = None,
    quantity: Any = None,
    channel_layer: str | None = None,
    channel: int | None = None,
    display: Mapping[str, Any] | None = None,
    options: Mapping[str, Any] | None = None,
    state: Any = None,
    resize: str | bool = False,
    predict_first: bool | None = None,
    **more: Any,
) -> Explorer:
    """Return a widget that explains a model live; of several models, side by side with tied sliders.

    Parameters
    ----------
    model : Model or dict of str to Model
        Networks wrapped by `wrap`, all with the same classes.
    images : array, PIL picture, or list of these
        Channels last, whatever the models' layout: (N, H, W, C), (N, H, W), (H, W, C) or (H, W), as 8 bits or as floats
        within the models' bounds. For models that take vectors (N, n) or (n,). For models of several inputs a tuple of
        one for each, or a dict by their names; a batch for each; or a list of such tuples or dicts.
        In the page other pictures can be dropped, pasted, chosen or taken with a camera: they go to this kernel. A
        notebook that is saved with the state of its widgets has them too, and what it drew of them in its outputs; of
        one that was taken away only the name.
    method : str or Method, default "integrated_gradients"
        By name, or an example whose options are taken over; "influence" leaves all open that the gradient methods
        choose. Where there are no bounds, the default is "saliency".
    target, contrast : int or str, optional
        Why this class, rather than that one; by default the top class, and no other.
    layer : str, optional
        Attribute to this layer's output in place of the input.
    index : int, optional
        Which picture; by default the first.
    quantity : str or Quantity, optional
        What is explained of the class: by default its score (the logit, where there is one), "log_probability" or
        "probability"; or "channel". An example such as ``Channel("conv2", 12)`` sets all that belongs to it.
    channel_layer : str, optional
        With ``quantity="channel"``: a channel of this layer; by default the last one before an activation function that
        has height and width.
    channel : int, optional
        Which channel; by default the one with most influence on the class, see `influential_channel`.
    display : dict, optional
        How maps are drawn: layout, colormap, sign, clip, opacity, smoothing, scale, presenter.
    options : dict, optional
        Options of the method, for instance ``{"steps": 128}``.
    state : dict, str or path, optional
        What to begin with: the `state` or `state_text` of an explorer, or a file of it. All else that is given changes
        it. Of another picture, or a model that says something else of it, it warns.
    resize : {"crop", "pad", "stretch"} or False, default False
        How pictures of another size come to that of the models: the edges cut off, black borders added, or height and
        width changed apart. With False they are refused, and the page asks.
    predict_first : bool, optional
        Hide the map of each picture until it is revealed: one marks on the picture where the evidence will be, or
        counts hands for places of it, and sees then how much of the map lies there, beside what chance would bring.
        For pictures; False by default.
    **more
        The same as keywords, for instance ``steps=128``.

    Returns
    -------
    Explorer
        It computes already; for models of several inputs it is an `InputsExplorer`.

    Raises
    ------
    ValueError, TypeError
        If a model, a picture or a choice does not fit.

    Examples
    --------
    >>> explorer = xai.explore(model, images, method="smoothgrad", samples=8, target="cross")
    >>> explorer.result.values.shape
    (1, 8, 8)
    >>> explorer.close()
    """
    return _explorer_of(model)(
        model,
        images,
        method=method,
        target=target,
        contrast=contrast,
        layer=layer,
        index=index,
        quantity=quantity,
        channel_layer=channel_layer,
        channel=channel,
        display=display,
        options={**given_options(options), **more},
        state=state,
        resize=resize,
        predict_first=predict_first,
    )


def _explorer_of(models: Any) -> type[Explorer]:
    """Return which explorer shows what models take."""
    one = next(iter(models.values()), None) if isinstance(models, Mapping) else models
    return InputsExplorer if isinstance(one, Model) and len(one.taken.pieces) > 1 else Explorer


def grid(
    model: Model | Mapping[str, Model],
    images: Any,
    *,
    methods: Sequence[Any] | None = None,
    **more: Any,
) -> Explorer:
    """Return an explorer that shows several methods of one picture at once, each getting better in its turn.

    Each map has a colour scale of its own, since methods measure in different units. A cell that is clicked has its
    sliders at the side; any one can be opened alone, and the rest comes back.

    Parameters
    ----------
    model : Model or dict of str to Model
        Networks wrapped by `wrap`, all with the same classes.
    images : array, PIL picture, or list of these
        As `explore` takes them.
    methods : sequence of str or Method, optional
        By name, or examples whose options are taken over, for instance
        ``["saliency", xai.IntegratedGradients(baseline="white")]``, at most 12. A dict of method, options and layer
        also names a layer. By default one method of each family that has one for the model.
    **more
        What `explore` takes beside the method and its options: `target`, `contrast`, `index`, `quantity`,
        `channel_layer`, `channel`, `display`, `state`, `resize`, `predict_first`, and a `layer` for all methods that
        name none.

    Returns
    -------
    Explorer
        It computes already; its `result` is a dict by what stands above the cells.

    Raises
    ------
    ValueError, TypeError
        If a model, a picture or a choice does not fit, or a method is not for the model.

    Examples
    --------
    >>> explorer = xai.grid(model, images, methods=["saliency", xai.Occlusion(window=2, stride=2)])
    >>> list(explorer.result)
    ['Saliency', 'Occlusion']
    >>> explorer.close()
    """
    if not isinstance(methods, Sequence | None) or isinstance(methods, str | bytes):
        raise InputTypeError(f"methods is {shown(methods)}; expected a list of them, by name or as examples.")
    return Explorer(model, images, grid=SEVERAL if methods is None else list(methods), **more)
