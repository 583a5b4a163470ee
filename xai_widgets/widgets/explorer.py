"""The explorer: one question to one or several models, live."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import traitlets

from xai_widgets.attribution.result import Attribution
from xai_widgets.models.base import Model
from xai_widgets.render import Display
from xai_widgets.session import Content, View
from xai_widgets.widgets import quantities
from xai_widgets.widgets.catalogue import catalogue
from xai_widgets.widgets.choices import Choices, mapping, with_options
from xai_widgets.widgets.choosing import ChoosingWidget
from xai_widgets.widgets.code import code
from xai_widgets.widgets.live import front_end
from xai_widgets.widgets.models import check_alike, checked_models
from xai_widgets.widgets.outline import as_runs, explained_class
from xai_widgets.widgets.pictures import Input, Pictures
from xai_widgets.widgets.portrait import portrait_png
from xai_widgets.widgets.predictions import Predictions
from xai_widgets.widgets.state import State
from xai_widgets.widgets.words import in_words, sentence

QUESTION = (
    "method",
    "target",
    "contrast",
    "layer",
    "index",
    "options",
    "quantity",
    "channel_layer",
    "channel",
    "grid",
    "focus",
)


ONE_PER_FAMILY = object()
"""Stands for a grid that nobody chose the methods of."""


class Explorer(ChoosingWidget):
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
        How maps are drawn: layout, colormap, sign, clip, opacity, smoothing, presenter.
    """

    _esm, _css = front_end("explorer")
    _made_by = "explore"
    _state_names = QUESTION

    # Not traitlets.Any: that one lets None through unchecked.
    method: Any = traitlets.TraitType("").tag(sync=True)
    target: Any = traitlets.TraitType(None).tag(sync=True)
    contrast: Any = traitlets.TraitType(None).tag(sync=True)
    layer: Any = traitlets.TraitType(None).tag(sync=True)
    index: Any = traitlets.TraitType(0).tag(sync=True)
    options: Any = traitlets.TraitType({}).tag(sync=True)
    quantity: Any = traitlets.TraitType("").tag(sync=True)
    channel_layer: Any = traitlets.TraitType(None).tag(sync=True)
    channel: Any = traitlets.TraitType(None).tag(sync=True)
    grid: Any = traitlets.TraitType([]).tag(sync=True)
    focus: Any = traitlets.TraitType(0).tag(sync=True)

    def __init__(
        self,
        models: Model | Mapping[str, Model],
        images: Any,
        *,
        method: Any = None,
        display: Mapping[str, Any] | None = None,
        options: Mapping[str, Any] | None = None,
        **choices: Any,
    ) -> None:
        named = checked_models(models)
        pictures = self._pictures_of(images, named)
        check_alike(named)
        offered = Choices(named, pictures)
        first = offered.first(options)
        if choices.get("grid") is ONE_PER_FAMILY:
            choices["grid"] = offered.first_grid(first)
        state = offered.changed(first, {**choices, **with_options(method, options or {})})
        offered.remember(state)
        self._predictions = Predictions(offered, self._forget)
        super().__init__(offered, state, Display().changed(display or {}), self._catalogue(offered))

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
            ``Channel("conv2", 12)``), `channel_layer`, `channel`, `grid`, `focus`, and any option of the method.

        Raises
        ------
        ValueError, TypeError
            If there is no such thing to choose; nothing has changed then.
        """
        self._check_open()
        with self._guard:
            given = {name: changes.pop(name) for name in QUESTION if name in changes}
            options = {**mapping(given.pop("options", {})), **changes}
            state = self._choices.changed(self._set, {**given, **with_options(method, options)})
            self._settle(self._setting(state, self._display.changed(display or {})))

    @property
    def result(self) -> Attribution | dict[str, Any]:
        """The final attribution of what is on the screen; for a dict of models a dict of them.

        Of a grid a dict of these, by what stands above its cells. Waits until all are final.

        Raises
        ------
        ValueError, TypeError
            What went wrong in the model or the method.
        """
        estimates = [job.answer for job in self._final_jobs()]
        if not self._asked.grid:
            return self._per_model(estimates)
        count = len(self._choices.models)
        rows = [estimates[start : start + count] for start in range(0, len(estimates), count)]
        return {title: self._per_model(row) for title, row in zip(self._asked.titles(), rows, strict=True)}

    @traitlets.validate(*QUESTION, "display")
    def _validate(self, proposal: Any) -> Any:
        return self._check_trait(proposal)

    @traitlets.observe(*QUESTION, "display")
    def _observe(self, change: Any) -> None:
        self._trait_changed(change)

    def _portrait(self) -> bytes:
        return portrait_png(self._choices, self._predictions, self._asked, self._session.jobs, self._display)

    def _catalogue(self, choices: Choices) -> dict[str, Any]:
        """Return all there is to choose from as the front end takes it."""
        return catalogue(choices)

    def _pictures_of(self, images: Any, models: Mapping[str, Model]) -> Pictures:
        """Return the pictures as the models take them."""
        return Pictures(images, models)

    def _views(self, state: State) -> tuple[list[View], Sequence[int] | None]:
        """Return a view for each method of the grid and each model, the focused method before the others."""
        if not state.grid:
            return super()._views(state)
        models, count = list(self._choices.models), len(self._choices.models)
        views = []
        for place, (cell, title) in enumerate(zip(state.cells(), state.titles(), strict=True)):
            for name in models:
                view = self._view(cell, name)
                views.append(
                    replace(
                        view,
                        header=partial(self._cell_header, view.header, state, title),
                        frame=partial(_cell_frame, slice(place * count, (place + 1) * count)),
                    )
                )
        return views, range(state.focus * count, (state.focus + 1) * count)

    def _cell_header(self, header: Callable[[], dict[str, Any]], state: State, title: str) -> dict[str, Any]:
        """Return what is said of a cell with its first frame."""
        return {**header(), "title": title, "code": self._code(state)}

    def _handle(self, content: Any, buffers: Sequence[Any], request: int | None) -> None:
        if isinstance(content, dict) and content.get("type") == "grid":
            with self._guard:
                self._settle(self._checked({"grid": self._choices.first_grid(self._set)}))
            return
        super()._handle(content, buffers, request)

    def _view(self, state: State, name: str) -> View:
        model, choices = self._choices.models[name], self._choices
        method = state.make_method()
        picture = choices.pictures.input(name, state.index)
        explained = (state.quantity, state.target, state.contrast, state.channel_layer, state.channel)

        def stream(resume: Attribution | None) -> Iterator[Attribution | None]:
            # Here, where the worker calls it: to find a channel the model is run.
            quantity = choices.quantity(state, model, picture)
            return method.steps_of(model, picture.value, quantity, state.layer, resume=resume)

        return View(
            question=(name, picture.key, explained, state.layer),
            method=method,
            stream=stream,
            header=lambda: self._header(name, state, picture),
            frame=lambda estimate, estimates: estimate.frame(estimates),
        )

    def _header(self, name: str, state: State, picture: Input) -> dict[str, Any]:
        """Return what is said of a picture with its first frame."""
        top = self._predictions.top(name, state, picture)
        labels, segment = self._predictions.labels(name, picture), self._predictions.segment(name, state)
        return {
            "explained": top[0]["index"] if labels is None else explained_class(labels, state.target),
            "outline": None if segment is None else as_runs(segment),
            "state": state.as_dict(),
            "code": self._code(state),
            "predictions": top,
            **self._said(name, state, picture, top[0]["index"]),
        }

    def _said(self, name: str, state: State, picture: Input, top: int) -> dict[str, Any]:
        """Return what is to be said of a picture beside its predictions, as JSON.

        ``quantity`` is what is explained in words, ``remark`` what the options amount to, ``ends`` what the ends of the
        colour scale mean, ``channel`` the number of the channel explained and of how many it is one, or None.
        """
        choices, method, model = self._choices, state.make_method(), self._choices.models[name]
        channel = None
        if choices.quantities[state.quantity].of_layer:
            channel = {
                "index": choices.channel(state, model, picture),
                "count": quantities.channel_count(model, str(state.channel_layer)),
            }
        return {
            "quantity": in_words(choices, state, top, None if channel is None else channel["index"]),
            "remark": method.remark,
            "ends": list(method.ends_at(state.layer, choices.pictures.columns is not None)),
            "channel": channel,
        }

    def _code(self, state: State) -> str:
        return code(self._choices, state)

    def _title(self, state: State) -> str:
        return sentence(self._choices, state)

    def _forget(self) -> None:
        """Forget every result, because a model was trained on."""
        self._session.forget()
        self._choices.forget()


def _cell_frame(cell: slice, estimate: Attribution, estimates: Sequence[Any]) -> Content:
    """Return what a frame says of a cell: compared are only the models, not the methods."""
    return estimate.frame(estimates[cell])


def explore(
    model: Model | Mapping[str, Model],
    images: Any,
    *,
    method: Any = None,
    target: int | str | None = None,
    contrast: int | str | None = None,
    layer: str | None = None,
    index: int = 0,
    quantity: Any = "score",
    channel_layer: str | None = None,
    channel: int | None = None,
    display: Mapping[str, Any] | None = None,
    options: Mapping[str, Any] | None = None,
    **more: Any,
) -> Explorer:
    """Return a widget that explains a model live; of several models, side by side with tied sliders.

    Parameters
    ----------
    model : Model or dict of str to Model
        Networks wrapped by `wrap`, all with the same classes.
    images : array, PIL picture, or list of these
        Channels last, whatever the models' layout: (N, H, W, C), (N, H, W), (H, W, C) or (H, W), as 8 bits or as floats
        within the models' bounds. Nothing is resized. For models that take vectors (N, n) or (n,).
    method : str or Method, default "integrated_gradients"
        By name, or an example whose options are taken over; "influence" leaves all open that the gradient methods
        choose. Where there are no bounds, the default is "saliency".
    target, contrast : int or str, optional
        Why this class, rather than that one; by default the top class, and no other.
    layer : str, optional
        Attribute to this layer's output in place of the input.
    index : int, default 0
        Which picture.
    quantity : str or Quantity, default "score"
        What is explained of the class: its score (the logit, where there is one), "log_probability" or "probability";
        or "channel". An example such as ``Channel("conv2", 12)`` sets all that belongs to it.
    channel_layer : str, optional
        With ``quantity="channel"``: a channel of this layer; by default the last one before an activation function that
        has height and width.
    channel : int, optional
        Which channel; by default the one with most influence on the class, see `influential_channel`.
    display : dict, optional
        How maps are drawn: layout, colormap, sign, clip, opacity, smoothing, presenter.
    options : dict, optional
        Options of the method, for instance ``{"steps": 128}``.
    **more
        The same as keywords, for instance ``steps=128``.

    Returns
    -------
    Explorer
        It computes already.

    Raises
    ------
    ValueError, TypeError
        If a model, a picture or a choice does not fit.
    """
    return Explorer(
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
        options={**mapping(options or {}), **more},
    )


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
        `channel_layer`, `channel`, `display`, and a `layer` for all methods that name none.

    Returns
    -------
    Explorer
        It computes already; its `result` is a dict by what stands above the cells.

    Raises
    ------
    ValueError, TypeError
        If a model, a picture or a choice does not fit, or a method is not for the model.
    """
    return Explorer(model, images, grid=ONE_PER_FAMILY if methods is None else list(methods), **more)
