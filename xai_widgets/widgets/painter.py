"""The painter: an explorer whose pictures one paints on while the answer follows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import traitlets

from xai_widgets.errors import InputError
from xai_widgets.models.base import Model
from xai_widgets.render import Display, Ellipse, Panel
from xai_widgets.render.paint import Array, checked_color, no_paint, over, to_runs
from xai_widgets.widgets.choices import Choices, mapping
from xai_widgets.widgets.explorer import QUESTION, Explorer
from xai_widgets.widgets.live import front_end
from xai_widgets.widgets.painted import PaintedPictures, Paints
from xai_widgets.widgets.pictures import Input
from xai_widgets.widgets.portrait import SHOWN_BARS, portrait_png
from xai_widgets.widgets.state import State

ALL_CLASSES = 10
"""Up to so many classes are all shown, in their order, so that one sees each bar grow and shrink where it is."""

OTHER_CLASSES = 3
"""Of more classes those with the largest values are shown; and so many of those that were, before it was painted on."""


class Painter(Explorer):
    """What changes when this is painted over? A brush, and beside it what the model says and why; made by `paint`.

    It has all that an `Explorer` has: method, class, layer and sliders, and the same attributes. The paint lies over
    the picture and never changes it: without paint the model gets exactly what was given.
    """

    _esm, _css = front_end("paint")
    _made_by = "paint"

    _paint = traitlets.Any().tag(sync=True)
    """The layers as the page opens them, and the page that painted last, which knows them already."""

    _painted_pictures: PaintedPictures
    _painted_by: str | None = None

    @property
    def picture(self) -> Array:
        """The picture in view as it is painted: floats (H, W, C) or (H, W) within the bounds of the (first) model."""
        pictures = self._painted_pictures
        return np.array(pictures.painted(next(iter(self._choices.models)), self._set.index))

    @property
    def original(self) -> Array:
        """The same picture as it was given."""
        pictures = self._painted_pictures
        return np.array(pictures.given(next(iter(self._choices.models)), self._set.index))

    @property
    def paint(self) -> Array:
        """The paint on the picture in view, uint8 (H, W, 4): red, green, blue and opacity, 0 to 255. Can be set.

        Raises
        ------
        ValueError, TypeError
            When it is set to something else; nothing is painted then.
        """
        return np.array(self._painted_pictures.paint(self._set.index))

    @paint.setter
    def paint(self, value: Any) -> None:
        self._check_open()
        with self._guard:
            paints = self._painted_pictures.changed(self._set.index, value)
            self._painted_pictures.bare = False
            self._settle((self._set, self._display, paints, None))

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
        shape = self._painted_pictures.shape
        where = Ellipse.of(shape, center, radii, above).outside(shape)
        self.paint = over(self.paint, where, checked_color(color))

    def reset(self) -> None:
        """Take the paint off the picture in view."""
        self.paint = no_paint(self._painted_pictures.shape)

    @property
    def predictions(self) -> dict[str, float] | dict[str, dict[str, float]]:
        """What the model says of the painted picture: the probability of each class by its name.

        For a dict of models a dict of these; for a model whose outputs are values, these.
        """
        self._check_open()
        pictures = self._painted_pictures
        found = {}
        for name, model in self._choices.models.items():
            values = model.probabilities(pictures.with_its_paint(name, self._set.index).value)[0]
            found[name] = {self._choices.named.class_name(index): float(value) for index, value in enumerate(values)}
        return found.get("", found)

    def __repr__(self) -> str:
        painted = ", painted" if self._set.index in self._painted_pictures.paints else ""
        place, stop, title = super().__repr__().partition(". ")
        return f"{place}{painted}{stop}{title}"

    def _catalogue(self, choices: Choices) -> dict[str, Any]:
        return {**super()._catalogue(choices), "grey": self._painted_pictures.is_grey}

    def _pictures_of(self, images: Any, models: Mapping[str, Model]) -> PaintedPictures:
        self._painted_pictures = PaintedPictures(images, models)
        return self._painted_pictures

    def _setting(self, state: State, display: Display) -> Any:
        if state.grid:
            raise InputError("A painter shows one method; for a grid of several use grid(model, images).")
        return state, display, self._painted_pictures.paints, self._painted_by

    def _traits_of(self, setting: Any) -> dict[str, Any]:
        state, display, paints, by = setting
        layers = {str(index): to_runs(layer) for index, layer in sorted(paints.items())}
        return {**super()._traits_of((state, display)), "_paint": {"by": by, "layers": layers}}

    def _take(self, setting: Any) -> None:
        state, display, paints, by = setting
        pictures = self._painted_pictures
        before, repainted = self._asked, paints.get(state.index) is not pictures.paints.get(state.index)
        pictures.paints, self._painted_by = paints, by
        super()._take((state, display))
        if repainted and self._asked is before:
            self._ask(state)

    def _handle(self, content: Any, buffers: Sequence[Any], request: int | None) -> None:
        if isinstance(content, dict) and content.get("type") == "painted":
            with self._guard:
                self._settle(self._checked({}))
            return
        super()._handle(content, buffers, request)

    def _request(self, state: dict[str, Any], buffers: Sequence[Any], request: int) -> None:
        """Take the paint that comes with a request, and ask; while a stroke is drawn the traits stay as they are."""
        asked = dict(state)
        patches, bare = asked.pop("paint", []), asked.pop("bare", False)
        if not isinstance(patches, list) or len(patches) != len(buffers):
            raise InputError(f"Paint came with {len(buffers)} buffers; expected one for each place.")
        for patch, pixels in zip(patches, buffers, strict=True):
            self._painted_pictures.paints = self._patched(patch, np.frombuffer(pixels, np.uint8))
            self._painted_by = patch["by"]
        self._painted_pictures.bare = bare is True
        super()._request(asked, buffers, request)

    def _patched(self, patch: Any, pixels: Array) -> Paints:
        """Return the layers with a rectangle of one of them as the browser painted it."""
        pictures = self._painted_pictures
        height, width = pictures.shape
        places = ("index", "x", "y", "width", "height")
        if (
            not isinstance(patch, dict)
            or not isinstance(patch.get("by"), str)
            or not all(isinstance(patch.get(name), int) and patch[name] >= 0 for name in places)
        ):
            raise InputError("Paint came without its place.")
        index, x, y, columns, rows = (patch[name] for name in places)
        if index >= len(pictures) or x + columns > width or y + rows > height or pixels.size != 4 * columns * rows:
            raise InputError(
                f"Paint of {rows} rows and {columns} columns came as {pixels.size} bytes for picture {index}; expected "
                f"4 a pixel, within {height} rows and {width} columns."
            )
        layer = pictures.paint(index).copy()
        layer[y : y + rows, x : x + columns] = pixels.reshape(rows, columns, 4)
        return pictures.changed(index, layer)

    def _header(self, name: str, state: State, picture: Input) -> dict[str, Any]:
        """Return what is said of a picture, and beside it what the model says of it without paint."""
        header = super()._header(name, state, picture)
        given = self._painted_pictures.without_paint(name, state.index)
        before = self._predictions.values(name, given)
        shown = range(len(before)) if len(before) <= ALL_CLASSES else np.argsort(-before, kind="stable")[:OTHER_CLASSES]
        header["predictions"] = self._predictions.top(name, state, picture, shown)
        kind = "value" if self._choices.models[name].outputs == "values" else "probability"
        header["before"] = [{**row, kind: float(before[row["index"]])} for row in header["predictions"]]
        header["bare"] = picture.key == given.key
        return header

    def _portrait(self) -> bytes:
        pictures, index = self._painted_pictures, self._set.index
        first: list[Panel] = []
        if index in pictures.paints:
            name = next(iter(self._choices.models))
            before = self._choices.models[name].probabilities(pictures.without_paint(name, index).value)[0]
            best = np.argsort(-before, kind="stable")[:SHOWN_BARS].tolist()
            rows = [(self._choices.named.class_name(i), float(before[i]), False) for i in best]
            first.append(Panel("before", picture=pictures.shown[index], classes=rows if name == "" else ()))
            first.append(Panel("painted", picture=pictures.seen(index)))
        return portrait_png(self._choices, self._predictions, self._asked, self._session.jobs, self._display, first)


def paint(
    model: Model | Mapping[str, Model],
    images: Any,
    *,
    method: Any = None,
    index: int = 0,
    display: Mapping[str, Any] | None = None,
    options: Mapping[str, Any] | None = None,
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
    index : int, default 0
        Which picture.
    display : dict, optional
        How maps are drawn: layout, colormap, sign, clip, opacity, smoothing, presenter.
    options : dict, optional
        Options of the method, for instance ``{"steps": 128}``.
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
    """
    choices = {name: more.pop(name) for name in QUESTION if name in more}
    return Painter(
        model,
        images,
        method=method,
        index=index,
        display=display,
        options={**mapping(options or {}), **more},
        **choices,
    )
