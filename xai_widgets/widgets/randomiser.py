"""The randomiser: whether maps change while the layers of a network forget what they learnt, live."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from xai_widgets.errors import InputError, InputTypeError, shown
from xai_widgets.evaluation.randomisation import RandomisationEstimate
from xai_widgets.models.base import Model
from xai_widgets.widgets.catalogue import catalogue
from xai_widgets.widgets.choices import Choices
from xai_widgets.widgets.comparing import Comparing
from xai_widgets.widgets.kept import read
from xai_widgets.widgets.models import checked_models
from xai_widgets.widgets.pictures import Pictures
from xai_widgets.widgets.randomisations import Randomisations
from xai_widgets.widgets.randomise_choices import RandomiseChoices
from xai_widgets.widgets.randomise_image import randomise_image
from xai_widgets.widgets.widget import Chosen, front_end


class Randomiser(Comparing):
    """Does a map show what the network learnt? Layers are reset one after the other; made by `randomise`.

    Every attribute below can be set, observed and linked. A value that is none raises and changes nothing.

    Attributes
    ----------
    depth : int
        How many groups of layers are reset, the top ones first; 0 is the trained network.
    order : {"cascading", "independent"}
        Whether layers stay reset while the next one below is, or one is reset at a time.
    draws : int
        How often the weights are drawn.
    measure : {"signed_spearman", "spearman", "ssim", "hog"}
        How maps are compared with that of the trained network.
    target : int or None
        The class that is explained, None for the top class of the trained network. Can be set by name.
    index : int
        Which picture.
    grid : list
        The methods, one to four, each a dict of its method, options and layer; can be set by names or examples.
    focus : int
        Which of them `method`, `options` and `layer` are about.
    method : str
        The name of that method.
    options : dict
        All options of it.
    layer : str or None
        The layer that it attributes to; None for the input.
    display : dict
        How maps are drawn: layout, colormap, sign, clip, opacity, smoothing, scale, presenter.

    Examples
    --------
    >>> randomiser = xai.randomise(model, images, ["saliency", "guided_backpropagation"], draws=1)
    >>> randomiser.depth = 1
    >>> randomiser.result["Saliency"].layers[0]
    'dense'
    >>> randomiser.close()
    """

    _esm, _css = front_end("randomise")
    _made_by = "randomise"

    depth: Any = Chosen(0).tag(sync=True)
    order: Any = Chosen("").tag(sync=True)
    draws: Any = Chosen(1).tag(sync=True)
    measure: Any = Chosen("").tag(sync=True)

    def __init__(
        self,
        model: Model,
        images: Any,
        methods: Any = None,
        *,
        display: Mapping[str, Any] | None = None,
        state: Any = None,
        **choices: Any,
    ) -> None:
        kept = read(state, self._made_by)
        named = checked_models(model)
        if len(named) > 1:
            first = next(iter(named))
            raise InputError(
                f"There are {len(named)} models; expected one, whose layers are reset: randomise(models[{first!r}], "
                "images)."
            )
        questions = Choices(named, Pictures(images, named))
        offered = RandomiseChoices(questions)
        given = {name: value for name, value in choices.items() if value is not None}
        if methods is not None:
            given["grid"] = _listed(methods)
        begun = offered.changed(kept.onto(offered, offered.first()), given)
        told = {**catalogue(questions), **offered.catalogue()}
        told["drawing"] = offered.drawing(told["drawing"])
        super().__init__(offered, Randomisations(offered), randomise_image, begun, display, told, kept)

    def set(self, *, method: Any = None, display: Mapping[str, Any] | None = None, **changes: Any) -> None:
        """Change several things at once, for instance ``set(depth=2, order="independent")``.

        Parameters
        ----------
        method : str or Method, optional
            In place of the one in focus: by name, or an example whose options are taken over.
        display : dict, optional
            What to change of the drawing.
        **changes
            `depth`, `order`, `draws`, `measure`, `target`, `index`, `grid`, `focus`, `options`, `layer`.

        Raises
        ------
        ValueError, TypeError
            If there is no such thing to choose; nothing has changed then.
        """
        self._set(method, display, changes)

    @property
    def result(self) -> dict[str, RandomisationEstimate]:
        """How alike the maps are at all depths, by what stands above each method.

        Waits until they are final.

        Raises
        ------
        ValueError, TypeError
            What went wrong in the model or a method.
        """
        answers = self._answers()
        return {title: found.measured for title, found in zip(self._screen.asked.titles, answers, strict=True)}


def _listed(methods: Any) -> list[Any]:
    """Return the methods as they were given, if they are a list of some."""
    if isinstance(methods, str | bytes) or not isinstance(methods, Sequence):
        raise InputTypeError(f"methods is {shown(methods)}; expected a list of them, by name or as examples.")
    return list(methods)


def randomise(
    model: Model,
    images: Any,
    methods: Sequence[Any] | None = None,
    *,
    order: str | None = None,
    depth: int | None = None,
    draws: int | None = None,
    measure: str | None = None,
    index: int | None = None,
    target: int | str | None = None,
    display: Mapping[str, Any] | None = None,
    state: Any = None,
) -> Randomiser:
    """Return a widget that resets a network from the top, layer by layer, and shows whether its maps change.

    A map that explains what the network learnt changes when that is forgotten. The slider asks for the maps at one
    depth; beside them grows the curve of how alike each map stays to that of the trained network, and in grey what
    likeness means nothing. The class is that of the trained network throughout, and your network is left as it is.

    Parameters
    ----------
    model : Model
        One network wrapped by `wrap`.
    images : array, PIL picture, or list of these
        Channels last, whatever the model's layout, as in `explore`.
    methods : sequence of str or Method, optional
        One to four, by name, or examples whose options are taken over; by default saliency and guided backpropagation.
    order : {"cascading", "independent"}, optional
        Whether layers stay reset while the next one below is, or one is reset at a time; by default "cascading".
    depth : int, optional
        How many groups of layers are reset at first, the top ones first, at most 8 groups; by default 0, the trained
        network.
    draws : int, optional
        How often the weights are drawn; the curves are means over these, the maps are of the first. By default 3.
    measure : {"signed_spearman", "spearman", "ssim", "hog"}, optional
        How maps are compared: the rank correlation of their values, the default, or of their sizes, structural
        similarity, or the directions of edges.
    index : int, optional
        Which picture; by default the first.
    target : int or str, optional
        The class that is explained; by default the top class of the trained network.
    display : dict, optional
        How maps are drawn: layout, colormap, sign, clip, opacity, smoothing, scale, presenter.
    state : dict, str or path, optional
        What to begin with: the `state` or `state_text` of a randomiser, or a file of it. All else that is given changes
        it.

    Returns
    -------
    Randomiser
        It computes already.

    Raises
    ------
    ValueError, TypeError
        If something does not fit, or no layer of the network can be reset.

    References
    ----------
    Adebayo, Gilmer, Muelly, Goodfellow, Hardt, Kim (2018), Sanity Checks for Saliency Maps.

    Examples
    --------
    >>> randomiser = xai.randomise(model, images, ["saliency", xai.IntegratedGradients(steps=8)], draws=1)
    >>> list(randomiser.result)
    ['Saliency', 'Integrated gradients']
    >>> randomiser.close()
    """
    return Randomiser(
        model,
        images,
        methods,
        order=order,
        depth=depth,
        draws=draws,
        measure=measure,
        index=index,
        target=target,
        display=display,
        state=state,
    )
