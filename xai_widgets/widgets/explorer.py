"""The explorer: one question to one or several models, live."""

from __future__ import annotations

import base64
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import anywidget
import traitlets

from xai_widgets.attribution.method import Attribution
from xai_widgets.errors import InputError, unknown_name
from xai_widgets.models.base import Model
from xai_widgets.render import Display
from xai_widgets.session import Session, View, in_words
from xai_widgets.widgets.pictures import Pictures
from xai_widgets.widgets.portrait import portrait_png
from xai_widgets.widgets.question import (
    Choices,
    Predictions,
    State,
    catalogue,
    check_alike,
    checked_models,
    mapping,
    with_options,
)

QUESTION = ("method", "target", "contrast", "layer", "index", "options")

FROM_KERNEL = ("catalogue", "_esm", "_css", "_anywidget_id")
"""Traits that the browser reads and has no say in."""

PORTRAIT_SECONDS = 0.7
"""So long a picture of the widget waits for the final map; it is made within a second."""

_STATIC = Path(__file__).parents[1] / "static"

_NOT_BUILT = """export default { render({ el }) {
  el.textContent = "The front end of this checkout is not built: run npm run build in js/, then restart the kernel.";
} }"""


def _front_end(name: str, otherwise: str) -> str:
    """Return a file of the front end; a fresh checkout has none yet, and Python works without."""
    path = _STATIC / name
    return path.read_text(encoding="utf-8") if path.is_file() else otherwise


class Explorer(anywidget.AnyWidget):
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
    display : dict
        How maps are drawn: layout, colormap, sign, clip, opacity, smoothing, presenter.
    """

    _esm = _front_end("explorer.js", _NOT_BUILT)
    _css = _front_end("explorer.css", "")

    # Not traitlets.Any: that one lets None through unchecked.
    method: Any = traitlets.TraitType("").tag(sync=True)
    target: Any = traitlets.TraitType(None).tag(sync=True)
    contrast: Any = traitlets.TraitType(None).tag(sync=True)
    layer: Any = traitlets.TraitType(None).tag(sync=True)
    index: Any = traitlets.TraitType(0).tag(sync=True)
    options: Any = traitlets.TraitType({}).tag(sync=True)
    display: Any = traitlets.TraitType({}).tag(sync=True)
    catalogue = traitlets.Any().tag(sync=True)
    _snapshot = traitlets.Any(None).tag(sync=True)

    _opening = True

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
        pictures = Pictures(images, named)
        check_alike(named)
        self._choices = Choices(named, pictures)
        self._guard = threading.RLock()
        self._display = Display().changed(display or {})
        state = self._choices.changed(self._choices.first(), {**choices, **with_options(method, options or {})})
        self._choices.remember(state)
        self._set = self._asked = state
        self._session = Session(self._send_frame)
        self._predictions = Predictions(self._choices, self._session.forget)
        super().__init__(**state.as_dict(), display=self._display.as_dict(), catalogue=catalogue(self._choices))
        self._opening = False
        self.on_msg(self._receive)
        self._ask(state)

    def set(self, *, method: Any = None, display: Mapping[str, Any] | None = None, **changes: Any) -> None:
        """Change several things at once, for instance ``set(steps=128, baseline="white")``.

        Parameters
        ----------
        method : str or Method, optional
            By name, or an example whose options are taken over.
        display : dict, optional
            What to change of the drawing.
        **changes
            `target`, `contrast`, `layer`, `index`, `options`, and any option of the method.

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
            self._settle(state, self._display.changed(display or {}))

    @property
    def result(self) -> Attribution | dict[str, Attribution]:
        """The final attribution of what is on the screen; for a dict of models a dict of them.

        Waits until it is final.

        Raises
        ------
        ValueError, TypeError
            What went wrong in the model or the method.
        """
        self._check_open()
        while True:
            if self._session.stopped:
                self._ask(self._asked)
            self._session.wait()
            self._check_open()
            parts = self._session.parts
            for part in parts:
                if part.error is not None:
                    raise _readable(part.error)
            results = [part.estimate for part in parts if part.done and not part.stopped and part.estimate is not None]
            if len(results) == len(self._choices.models):
                return (
                    results[0] if "" in self._choices.models else dict(zip(self._choices.models, results, strict=True))
                )

    @property
    def code(self) -> str:
        """The Python lines that give what is on the screen, from ``images`` and ``model`` (or ``models``, a dict)."""
        return self._choices.code(self._asked)

    def close(self) -> None:
        """End the computation and take the widget off the screen."""
        session = getattr(self, "_session", None)
        if session is not None:
            session.close()
        super().close()
        # Its box has a line to the browser of its own, which ipywidgets leaves open.
        if session is not None:
            self.layout.close()

    def set_state(self, sync_data: dict[str, Any]) -> None:
        """Take over traits that the browser set, all or none of them."""
        data = {name: value for name, value in sync_data.items() if name not in FROM_KERNEL}
        changes = {name: value for name, value in data.items() if name in QUESTION}
        with self._guard:
            try:
                state = self._choices.changed(self._set, changes)
                shown = self._display.changed(data.get("display", {}))
            except (ValueError, TypeError) as error:
                self._session.report(in_words(error))
                self.send_state([name for name in data if name in self.keys])
                return
            data |= {name: value for name, value in state.as_dict().items() if name in changes}
            if "display" in data:
                data["display"] = shown.as_dict()
            self._take(state, shown)
            super().set_state(data)
            self._settle(state, shown)

    def __repr__(self) -> str:
        names = [name for name in self._choices.models if name]
        models = f"{' and '.join(map(repr, names))}, " if names else ""
        title = self._choices.title(self._asked, None)
        return f"Explorer({models}picture {self._asked.index + 1} of {len(self._choices.pictures)}. {title})"

    def _repr_mimebundle_(self, **kwargs: Any) -> tuple[dict[str, Any], dict[str, Any]] | None:
        bundle = super()._repr_mimebundle_(**kwargs)
        if bundle is None:
            return None
        data, metadata = bundle
        png = self._repr_png_()
        if png is not None:
            data = {**data, "image/png": base64.b64encode(png).decode("ascii")}
        return data, metadata

    def _repr_png_(self) -> bytes | None:
        """Return a picture of the widget with the maps there are after a short wait; None once it is closed."""
        if self._session.closed:
            return None
        self._session.wait(PORTRAIT_SECONDS)
        return portrait_png(self._choices, self._predictions, self._asked, self._session.parts, self._display)

    @traitlets.validate(*QUESTION)
    def _check_trait(self, proposal: Any) -> Any:
        name, value = proposal["trait"].name, proposal["value"]
        if self._opening:
            return value
        with self._guard:
            return getattr(self._choices.changed(self._set, {name: value}), name)

    @traitlets.observe(*QUESTION)
    def _trait_changed(self, change: Any) -> None:
        if self._opening:
            return
        with self._guard:
            self._settle(self._choices.changed(self._set, {change["name"]: change["new"]}), self._display)

    @traitlets.validate("display")
    def _check_display(self, proposal: Any) -> Any:
        if self._opening:
            return proposal["value"]
        with self._guard:
            self._display = self._display.changed(proposal["value"])
            return self._display.as_dict()

    def notify_change(self, change: Any) -> None:
        """Send what follows from a change, the options of a new method, in one message with it."""
        with self._guard, self.hold_sync():
            super().notify_change(change)

    def _settle(self, state: State, shown: Display) -> None:
        """Make what was checked the state of the widget: the traits follow, all of them before anyone is told."""
        self._take(state, shown)
        with self.hold_sync(), self.hold_trait_notifications():
            for name, value in {**state.as_dict(), "display": shown.as_dict()}.items():
                if getattr(self, name) != value:
                    self.set_trait(name, value)

    def _take(self, state: State, shown: Display) -> None:
        """Take a state that was checked; what is set from now on is checked against it."""
        self._choices.remember(state)
        self._set, self._display = state, shown
        if state != self._asked:
            self._ask(state)

    def _ask(self, state: State, request: int | None = None) -> None:
        """Start computing `state` in place of whatever is being computed."""
        self._asked = state
        self._session.request([self._view(state, name) for name in self._choices.models], request)

    def _view(self, state: State, name: str) -> View:
        model, choices, predictions = self._choices.models[name], self._choices, self._predictions
        method, quantity = state.make_method(), choices.quantity(state, model)
        x = choices.pictures.input(name, state.index).value

        def header() -> dict[str, Any]:
            top = predictions.top(name, state)
            return {
                "state": state.as_dict(),
                "code": choices.code(state),
                "quantity": choices.in_words(state, top[0]["index"]),
                "predictions": top,
            }

        return View(
            question=(name, state.index, state.target, state.contrast, state.layer),
            method=method,
            stream=lambda resume: method.stream(model, x, quantity, state.layer, resume=resume),
            header=header,
        )

    def _receive(self, _: Any, content: Any, __: Any) -> None:
        """Do what the browser asks; what it sends is not to be trusted, and never raises."""
        request = content.get("request") if isinstance(content, dict) else None
        request = request if isinstance(request, int) and not isinstance(request, bool) else None
        try:
            self._handle(content, request)
        except Exception as error:  # noqa: BLE001  # a message that cannot be understood is answered, not logged
            self._session.report(in_words(error), request)

    def _handle(self, content: Any, request: int | None) -> None:
        kind = content.get("type") if isinstance(content, dict) else None
        if kind == "acknowledge":
            frame = content.get("frame")
            if not isinstance(frame, int):
                raise InputError(f"An acknowledgement names frame {frame!r}; expected a number.")
            self._session.acknowledge(frame)
        elif kind == "request":
            if request is None or not isinstance(content.get("state"), dict):
                raise InputError("A request came without its number or its state.")
            with self._guard:
                state = self._choices.changed(self._set, content["state"])
                self._ask(state, request)
        elif kind == "hello":
            self._session.repeat()
        elif kind == "stop":
            self._session.stop()
        else:
            raise unknown_name("message", kind, ["acknowledge", "hello", "request", "stop"])

    def _send_frame(self, content: dict[str, Any], buffers: list[bytes]) -> None:
        self.send(content, buffers)

    def _check_open(self) -> None:
        if self._session.closed:
            raise InputError("This explorer is closed; make a new one with explore().")


def explore(
    model: Model | Mapping[str, Model],
    images: Any,
    *,
    method: Any = None,
    target: int | str | None = None,
    contrast: int | str | None = None,
    layer: str | None = None,
    index: int = 0,
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
        By name, or an example whose options are taken over.
    target, contrast : int or str, optional
        Why this class, rather than that one; by default the top class, and no other.
    layer : str, optional
        Attribute to this layer's output in place of the input.
    index : int, default 0
        Which picture.
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
        display=display,
        options={**mapping(options or {}), **more},
    )


def _readable(error: BaseException) -> Exception:
    """Return an error for Python: our own as they are, those of a network with a sentence."""
    if isinstance(error, Exception) and type(error).__module__.startswith("xai_widgets."):
        return error.with_traceback(None)
    readable = InputError(in_words(error))
    readable.__cause__ = error
    return readable
