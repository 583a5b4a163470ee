"""The eraser: whether a map is right about what matters, seen by taking it away."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from numpy.typing import ArrayLike

from xai_widgets.evaluation.curves import CurveEstimate
from xai_widgets.models.base import Model
from xai_widgets.widgets.catalogue import catalogue
from xai_widgets.widgets.choices import Choices
from xai_widgets.widgets.comparing import Comparing
from xai_widgets.widgets.eraser_choices import EraserChoices
from xai_widgets.widgets.eraser_image import eraser_image
from xai_widgets.widgets.erasures import Erasures
from xai_widgets.widgets.kept import read
from xai_widgets.widgets.models import checked_models
from xai_widgets.widgets.pictures import Pictures
from xai_widgets.widgets.widget import Chosen, front_end


class Eraser(Comparing):
    """Is the map right about what matters? What is left when it is taken away; made by `judge`.

    Every attribute below can be set, observed and linked. A value that is none raises and changes nothing.

    Attributes
    ----------
    share : float
        How much of the picture is erased or revealed, 0 to 1.
    way : {"erase", "reveal"}
        Whether the most relevant is erased first, or revealed first.
    fill : {"mean", "black", "blur", "noise"} or float
        What stands where something is erased.
    features : {"pixels", "squares", "superpixels"}
        What is erased at once.
    size : int
        The side of a square, about that of a superpixel.
    steps : int
        At how many shares the curves are taken.
    controls : bool
        Whether maps that know nothing of the network are judged as well: a random one, and a blob in the middle.
    grid : list
        The methods, each a dict of its method, options and layer; can be set by names or examples.
    focus : int
        Which of them `method`, `options` and `layer` are about.
    method : str
    options : dict
    layer : str or None
        Of that method, as in `explore`.
    target : int or None
        The class that is explained, None for the top class; can be set by name.
    index : int
        Which picture.
    display : dict
        How maps are drawn: layout, colormap, sign, clip, opacity, smoothing, presenter.

    Examples
    --------
    >>> eraser = xai.judge(model, images, ["saliency", "occlusion"], fill="black")
    >>> eraser.share = 0.5
    >>> sorted(eraser.result)
    ['Occlusion', 'Saliency']
    >>> eraser.close()
    """

    _esm, _css = front_end("eraser")
    _made_by = "judge"

    way: Any = Chosen("").tag(sync=True)
    share: Any = Chosen(0.0).tag(sync=True)
    fill: Any = Chosen("").tag(sync=True)
    features: Any = Chosen("").tag(sync=True)
    size: Any = Chosen(1).tag(sync=True)
    steps: Any = Chosen(1).tag(sync=True)
    controls: Any = Chosen(False).tag(sync=True)

    def __init__(
        self,
        model: Model | Mapping[str, Model],
        images: Any,
        methods: Sequence[Any] | None = None,
        *,
        masks: ArrayLike | None = None,
        display: Mapping[str, Any] | None = None,
        state: Any = None,
        **choices: Any,
    ) -> None:
        kept = read(state, self._made_by)
        named = checked_models(model)
        questions = Choices(named, Pictures(images, named))
        offered = EraserChoices(questions, masks)
        given = {name: value for name, value in choices.items() if value is not None}
        if methods is not None:
            given["grid"] = methods
        begun = offered.changed(kept.onto(offered, offered.first()), given)
        told = {**catalogue(questions), **offered.catalogue()}
        super().__init__(offered, Erasures(offered), eraser_image, begun, display, told, kept)

    def set(self, *, method: Any = None, display: Mapping[str, Any] | None = None, **changes: Any) -> None:
        """Change several things at once, for instance ``set(share=0.5, fill="black")``.

        Parameters
        ----------
        method : str or Method, optional
            What the method in focus becomes, by name, or an example whose options are taken over.
        display : dict, optional
            What to change of the drawing.
        **changes
            `share`, `way`, `fill`, `features`, `size`, `steps`, `controls`, `grid`, `focus`, `layer`, `target`,
            `index`, `options`.

        Raises
        ------
        ValueError, TypeError
            If there is no such thing to choose; nothing has changed then.
        """
        self._set(method, display, changes)

    @property
    def result(self) -> dict[str, CurveEstimate]:
        """The curves by what stands above the pictures, those of the controls and of the true mask with them.

        Waits until they are final.

        Raises
        ------
        ValueError, TypeError
            What went wrong in the model or a method.
        """
        answers = self._answers()
        rows = zip(self._answer.judged(self._screen.asked), answers, strict=True)
        return {judged.title: found.curve for judged, found in rows}


def judge(
    model: Model,
    images: Any,
    methods: Sequence[Any] | None = None,
    masks: ArrayLike | None = None,
    *,
    way: str | None = None,
    share: float | None = None,
    fill: str | float | None = None,
    features: str | None = None,
    size: int | None = None,
    steps: int | None = None,
    controls: bool | None = None,
    target: int | str | None = None,
    index: int | None = None,
    display: Mapping[str, Any] | None = None,
    state: Any = None,
) -> Eraser:
    """Return a widget that erases pictures in the order of their explanations, and shows what is left of the answer.

    Parameters
    ----------
    model : Model
        A network wrapped by `wrap`.
    images : array, PIL picture, or list of these
        Channels last, whatever the model's layout, as in `explore`.
    methods : list of str, Method or dict, optional
        What explains, two or three of them: by name, as examples, or as dicts of method, options and layer; by default
        one each of three families.
    masks : array of bool of shape (pictures, H, W), or list of arrays and None, optional
        Where what matters is known to be: it is outlined, and judged as one more map.
    way : {"erase", "reveal"}, default "erase"
        Whether the most relevant is erased first (deletion), or revealed first (insertion).
    share : float, default 0.25
        How much is, 0 to 1: where the slider stands.
    fill : {"mean", "black", "blur", "noise"} or float, default "mean"
        What stands where something is erased. Which map is best changes with it.
    features : {"pixels", "squares", "superpixels"}, default "pixels"
        What is erased at once.
    size : int, default 8
        The side of a square, about that of a superpixel.
    steps : int, default 64
        At how many shares the curves are taken.
    controls : bool, default False
        Whether a random map and a blob in the middle are judged as well.
    target : int or str, optional
        The class that is explained; by default the top class of each picture.
    index : int, optional
        Which picture; by default the first.
    display : dict, optional
        How maps are drawn: layout, colormap, sign, clip, opacity, smoothing, presenter.
    state : dict, str or path, optional
        What to begin with: the `state` or `state_text` of such a widget, or a file of it. All else that is given
        changes it.

    Returns
    -------
    Eraser
        It computes already.

    Raises
    ------
    ValueError, TypeError
        If something does not fit.

    Notes
    -----
    Deletion and insertion are those of Petsiuk, Das, Saenko 2018; see `Deletion`.

    Examples
    --------
    >>> eraser = xai.judge(model, images, ["saliency", "occlusion"])
    >>> 0 <= eraser.result["Saliency"].value <= 1
    True
    >>> eraser.close()
    """
    return Eraser(
        model,
        images,
        methods,
        masks=masks,
        way=way,
        share=share,
        fill=fill,
        features=features,
        size=size,
        steps=steps,
        controls=controls,
        target=target,
        index=index,
        display=display,
        state=state,
    )
