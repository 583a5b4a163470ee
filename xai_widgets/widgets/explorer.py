"""The explorer: one question to one or several models, live."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar, NamedTuple

import traitlets

from xai_widgets.attribution.result import Attribution
from xai_widgets.models.base import Model
from xai_widgets.render import Canvas
from xai_widgets.session import Job
from xai_widgets.widgets.added import AddedPictures
from xai_widgets.widgets.catalogue import catalogue
from xai_widgets.widgets.choices import Choices, given_options, mapping, with_options
from xai_widgets.widgets.explanations import Explanations
from xai_widgets.widgets.kept import read
from xai_widgets.widgets.live import LiveWidget
from xai_widgets.widgets.marking import MARKING_TRAITS, Marking, refusal_of
from xai_widgets.widgets.models import check_alike, checked_models
from xai_widgets.widgets.pictures import Pictures
from xai_widgets.widgets.protocol import QUESTION_TRAITS
from xai_widgets.widgets.refusals import Refusals
from xai_widgets.widgets.screen import Setting
from xai_widgets.widgets.state import State
from xai_widgets.widgets.static_image import static_image
from xai_widgets.widgets.widget import Chosen, front_end


class Parts(NamedTuple):
    """What the screen of an explorer is made of.

    Attributes
    ----------
    source : callable
        From the inputs as they are given, the models by name, and where it is asked for how inputs of another size come
        to theirs, to the inputs as the models take them.
    refusals : type of Refusals
        Who knows which methods are not for the models.
    answer : callable
        From what there is to choose from to what a choice is answered with.
    image : callable
        Makes the static image.
    alone : str
        Why there is no grid of several methods, in a sentence; empty where there is.
    unmarked : str
        Why nothing is marked before a map is seen, in a sentence; empty where it may be.
    several : bool
        Whether networks of several input tensors are shown.
    """

    source: Callable[..., Pictures] = AddedPictures
    refusals: type[Refusals] = Refusals
    answer: Callable[[Choices], Explanations] = Explanations
    image: Callable[[Any, Setting[State], Sequence[Job]], Canvas] = static_image
    alone: str = ""
    unmarked: str = ""
    several: bool = False


class Explorer(LiveWidget):
    """Why does the model say so? Method, class and sliders on one screen; made by `explore`.

    Every attribute below can be set, observed and linked. A value that is none raises and changes nothing.

    Attributes
    ----------
    method : str
        The name of the method, for instance "integrated_gradients".
    target : int or None
        The class that is explained, None for the top class; can be set by name.
    contrast : int or None
        Rather than which class; None for no other. Can be set by name.
    layer : str or None
        Attribute to the output of this layer; None for the input.
    index : int
        Which picture.
    options : dict
        All options of the method; to change one, set a new dict (what it leaves out stays), or use `set`.
    quantity : str
        What is explained of the class: "score" (the logit, where there is one), "log_probability" or "probability"; or
        "channel", a channel of a layer in place of a class.
    channel_layer : str or None
        Whose channel is explained where it is one; another layer brings its most influential channel.
    channel : int or None
        Which channel; None for the one with most influence on the class.
    grid : list
        Several methods at once, each a dict of its method, options and layer; can be set by names or examples. Empty
        for one method alone.
    focus : int
        Which of them `method`, `options` and `layer` are about.
    display : dict
        How maps are drawn: layout, colormap, sign, clip, opacity, smoothing, scale, presenter.
    predict_first : bool
        Whether the map of a picture is hidden until it is revealed: one marks first where the evidence will be.
    marks : dict
        What is marked, by the number of the picture: "area", what was painted (as counts of places outside, then
        inside, and so on, or set as a bool array (H, W)), "spots", dicts of x, y (as shares of the picture) and hands,
        and "revealed".

    Examples
    --------
    >>> explorer = xai.explore(model, images, method="saliency")
    >>> explorer.set(target="ring", method="integrated_gradients", steps=32)
    >>> explorer.layer, explorer.result.evaluations
    (None, 33)
    >>> explorer.close()
    """

    _esm, _css = front_end("explorer")
    _made_by = "explore"

    _parts: ClassVar[Parts] = Parts()

    method: Any = Chosen("").tag(sync=True)
    target: Any = Chosen(None).tag(sync=True)
    contrast: Any = Chosen(None).tag(sync=True)
    layer: Any = Chosen(None).tag(sync=True)
    index: Any = Chosen(0).tag(sync=True)
    options: Any = Chosen({}).tag(sync=True)
    quantity: Any = Chosen("").tag(sync=True)
    channel_layer: Any = Chosen(None).tag(sync=True)
    channel: Any = Chosen(None).tag(sync=True)
    grid: Any = Chosen([]).tag(sync=True)
    focus: Any = Chosen(0).tag(sync=True)
    predict_first: Any = Chosen(False).tag(sync=True)
    marks: Any = Chosen({}).tag(sync=True)

    _added = traitlets.Any([]).tag(sync=True)
    """The pictures that were added in the page, for when it is reloaded; so a notebook that is saved has them, too."""

    _from_kernel: ClassVar[tuple[str, ...]] = ("catalogue", "_added")

    def __init__(
        self,
        models: Model | Mapping[str, Model],
        images: Any,
        *,
        method: Any = None,
        display: Mapping[str, Any] | None = None,
        options: Mapping[str, Any] | None = None,
        state: Any = None,
        resize: Any = False,
        predict_first: bool | None = None,
        **choices: Any,
    ) -> None:
        kept = read(state, self._made_by)
        parts, named = self._parts, checked_models(models, self._parts.several)
        source = parts.source(images, named, resize) if resize is not False else parts.source(images, named)
        check_alike(named)
        offered = Choices(named, source, parts.refusals, parts.alone)
        first = kept.onto(offered, offered.first(options))
        given = {name: value for name, value in choices.items() if value is not None}
        if first.grid and isinstance(given.get("grid"), str):  # There are several by what was kept.
            del given["grid"]
        begun = offered.changed(first, {**given, **with_options(method, given_options(options))})
        told = {} if predict_first is None else {"predict_first": predict_first}
        marking = Marking(refusal_of(source, parts.unmarked)).changed({**kept.marked(source), **told}, source)
        super().__init__(offered, parts.answer(offered), parts.image, begun, display, catalogue(offered), kept, marking)

    def set(self, *, method: Any = None, display: Mapping[str, Any] | None = None, **changes: Any) -> None:
        """Change several things at once, for instance ``set(steps=128, baseline="white")``.

        Parameters
        ----------
        method : str or Method, optional
            By name, or an example whose options are taken over.
        display : dict, optional
            What to change of the drawing.
        **changes
            `target`, `contrast`, `layer`, `index`, `options`, `quantity` (by name, or an example such as
            ``Channel("conv2", 12)``), `channel_layer`, `channel`, `grid`, `focus`, `predict_first`, `marks`, and any
            option of the method.

        Raises
        ------
        ValueError, TypeError
            If there is no such thing to choose; nothing has changed then.
        """
        own = self._screen.setting.state.source.changeable
        given = {name: changes.pop(name) for name in (*QUESTION_TRAITS, *MARKING_TRAITS, *own) if name in changes}
        options = {**mapping(given.pop("options", {})), **changes}
        self._change({**given, **with_options(method, options), "display": {} if display is None else display})

    @property
    def pictures(self) -> list[Any]:
        """The inputs as arrays, channels last; those that were added in the page come last.

        Those that were taken away there stay in the list: `index` is the place of a picture in it.
        """
        source: Pictures = self._screen.setting.state.source
        return source.arrays()

    @property
    def result(self) -> Attribution | dict[str, Any]:
        """The final attribution of what is on the screen; for a dict of models a dict of them.

        Of a grid a dict of these, by what stands above its cells. Waits until all are final.

        Raises
        ------
        ValueError, TypeError
            What went wrong in the model or the method.
        """
        answers, state = self._answers(), self._screen.asked
        if not state.grid:
            return self._per_model(answers)
        count = len(self._choices.models)
        rows = [answers[start : start + count] for start in range(0, len(answers), count)]
        return {title: self._per_model(row) for title, row in zip(state.titles, rows, strict=True)}
