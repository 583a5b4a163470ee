"""The painter: an explorer whose pictures one paints on while the answer follows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import traitlets

from xai_widgets.models.base import Model
from xai_widgets.render import Canvas, Ellipse, Panel
from xai_widgets.render.paint import Array, checked_color, no_paint, over
from xai_widgets.session import Job
from xai_widgets.widgets.choices import given_options
from xai_widgets.widgets.explanations import Explanations
from xai_widgets.widgets.explorer import Explorer, Parts
from xai_widgets.widgets.painted import PaintedPictures
from xai_widgets.widgets.protocol import QUESTION_TRAITS, PaintHeader, Prediction
from xai_widgets.widgets.screen import Setting
from xai_widgets.widgets.state import State
from xai_widgets.widgets.static_image import SHOWN_BARS, static_image
from xai_widgets.widgets.widget import front_end

ALL_CLASSES = 10
"""Up to so many classes are all shown, in their order, so that one sees each bar grow and shrink where it is."""

OTHER_CLASSES = 3
"""Of more classes those with the largest values are shown; and so many of those that were, before it was painted on."""


class PaintedExplanations(Explanations):
    """Attributions of painted pictures, beside them what the models say without paint."""

    def header(self, state: State, name: str, code: str) -> PaintHeader:
        """Return what is said of a picture, and beside it what the model says of it without paint."""
        header = super().header(state, name, code)
        given = _source(state).without_paint(name, state.index)
        before = self.predictions.values(name, given)
        shown = range(len(before)) if len(before) <= ALL_CLASSES else np.argsort(-before, kind="stable")[:OTHER_CLASSES]
        rows = self.predictions.top(name, state, shown)
        kind = "value" if self.choices.models[name].outputs == "values" else "probability"
        former: list[Prediction] = [{**row, kind: float(before[row["index"]])} for row in rows]  # type: ignore[misc]  # It knows no computed keys.
        return {**header, "predictions": rows, "before": former, "bare": state.input(name).key == given.key}


def painted_image(answer: Explanations, setting: Setting[State], jobs: Sequence[Job]) -> Canvas:
    """Return a drawing of what a painter shows: the picture before and after, where it is painted on, and the maps."""
    source, index = _source(setting.state), setting.state.index
    first: list[Panel] = []
    if index in source.paints:
        name, model = next(iter(answer.choices.models.items()))
        before = model.probabilities(source.without_paint(name, index).value)[0]
        best = np.argsort(-before, kind="stable")[:SHOWN_BARS].tolist()
        rows = [(answer.choices.named.class_name(i), float(before[i]), False) for i in best]
        first.append(Panel("before", picture=source.shown[index], classes=rows if name == "" else (), shares=True))
        first.append(Panel("painted", picture=source.seen(index)))
    return static_image(answer, setting, jobs, first)


def _source(state: State) -> PaintedPictures:
    source = state.source
    if not isinstance(source, PaintedPictures):
        raise TypeError(f"The inputs are {type(source).__name__}; expected painted pictures.")
    return source


class Painter(Explorer):
    """What changes when this is painted over? A brush, and beside it what the model says and why; made by `paint`.

    It has all that an `Explorer` has: method, class, layer and sliders, and the same attributes. The paint lies over
    the picture and never changes it: without paint the model gets exactly what was given.

    Attributes
    ----------
    picture : array of shape (H, W, C) or (H, W)
        The picture in view as it is painted, within the bounds of the (first) model.
    original : array of the same shape
        The same picture as it was given.
    paint : uint8 array of shape (H, W, 4)
        The paint on it: red, green, blue and opacity, 0 to 255.
    predictions : dict of str to float
        What the model says of the painted picture.

    Examples
    --------
    >>> painter = xai.paint(model, images)
    >>> painter.fill_outside_ellipse("white")
    >>> painter.picture.shape, bool(painter.paint.any())
    ((8, 8, 1), True)
    >>> painter.close()
    """

    _esm, _css = front_end("paint")
    _made_by = "paint"

    _parts = Parts(
        source=PaintedPictures,
        answer=PaintedExplanations,
        image=painted_image,
        alone="A painter shows one method; for a grid of several use grid(model, images).",
        unmarked="A painter paints on the picture itself; to mark where a map will be use explore(model, images).",
    )

    _from_kernel = (*Explorer._from_kernel, "_paint")

    _paint = traitlets.Any().tag(sync=True)
    """The layers as the page opens them, and the page that painted last, which knows them already."""

    @property
    def picture(self) -> Array:
        """The picture in view as it is painted: floats (H, W, C) or (H, W) within the bounds of the (first) model."""
        return np.array(self._pictures.painted(next(iter(self._choices.models)), self.index))

    @property
    def original(self) -> Array:
        """The same picture as it was given."""
        return np.array(self._pictures.given(next(iter(self._choices.models)), self.index))

    @property
    def paint(self) -> Array:
        """The paint on the picture in view, uint8 (H, W, 4): red, green, blue and opacity, 0 to 255. Can be set.

        Raises
        ------
        ValueError, TypeError
            When it is set to something else; nothing is painted then.
        """
        return np.array(self._pictures.paint(self.index))

    @paint.setter
    def paint(self, value: Any) -> None:
        self._change({"paint": value})

    def fill_outside_ellipse(
        self,
        color: Any,
        center: tuple[float, float] | None = None,
        radii: tuple[float, float] | None = None,
        above: float | None = None,
    ) -> None:
        """Paint the background: all that lies outside an ellipse, and above a row.

        Parameters
        ----------
        color : (red, green, blue) from 0 to 255, a number for a grey, or a name such as "magenta"
        center, radii, above : optional
            As `outside_ellipse` takes them; by default a face in the middle of the picture.

        Raises
        ------
        ValueError, TypeError
            If the colour or a measure is none; nothing is painted then.
        """
        shape = self._pictures.shape
        where = Ellipse.of(shape, center, radii, above).outside(shape)
        self.paint = over(self.paint, where, checked_color(color))

    def reset(self) -> None:
        """Take the paint off the picture in view."""
        self.paint = no_paint(self._pictures.shape)

    @property
    def predictions(self) -> dict[str, float] | dict[str, dict[str, float]]:
        """What the model says of the painted picture: the probability of each class by its name.

        For a dict of models a dict of these; for a model whose outputs are values, these.
        """
        self._check_open()
        found = {}
        for name, model in self._choices.models.items():
            values = model.probabilities(self._pictures.with_its_paint(name, self.index).value)[0]
            found[name] = {self._choices.named.class_name(index): float(value) for index, value in enumerate(values)}
        return found.get("", found)

    @property
    def _pictures(self) -> PaintedPictures:
        return _source(self._screen.setting.state)

    def _place(self) -> str:
        painted = ", painted" if self.index in self._pictures.paints else ""
        return f"{super()._place()}{painted}"


def paint(
    model: Model | Mapping[str, Model],
    images: Any,
    *,
    method: Any = None,
    index: int | None = None,
    display: Mapping[str, Any] | None = None,
    options: Mapping[str, Any] | None = None,
    state: Any = None,
    **more: Any,
) -> Painter:
    """Return a widget in which one paints on pictures, and a model's answer and its explanation follow.

    Parameters
    ----------
    model : Model or dict of str to Model
        Networks wrapped by `wrap`, all with the same classes; of several, all get the same painted picture.
    images : array, PIL picture, or list of these
        Channels last, as `explore` takes them, with one channel, grey, or three.
    method : str or Method, default "integrated_gradients"
        By name, or an example whose options are taken over.
    index : int, optional
        Which picture; by default the first.
    display : dict, optional
        How maps are drawn: layout, colormap, sign, clip, opacity, smoothing, scale, presenter.
    options : dict, optional
        Options of the method, for instance ``{"steps": 128}``.
    state : dict, str or path, optional
        What to begin with: the `state` or `state_text` of a painter, or a file of it; there is no paint in it. All else
        that is given changes it.
    **more
        The same as keywords, and whatever else `explore` takes: `target`, `contrast`, `layer` and so on.

    Returns
    -------
    Painter
        It computes already.

    Raises
    ------
    ValueError, TypeError
        If a model, a picture or a choice does not fit, or the pictures have neither one channel nor three.

    Examples
    --------
    >>> painter = xai.paint(model, images, method="saliency")
    >>> list(painter.predictions)
    ['cross', 'ring', 'bar']
    >>> painter.close()
    """
    choices = {name: more.pop(name) for name in QUESTION_TRAITS if name in more}
    return Painter(
        model,
        images,
        method=method,
        index=index,
        display=display,
        options={**given_options(options), **more},
        state=state,
        **choices,
    )
