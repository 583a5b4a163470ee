"""Turns what a person has, arrays and PIL pictures, into what models take, and writes down the Python that does it."""

from __future__ import annotations

import base64
import io
from collections.abc import Hashable, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar, NamedTuple, cast

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from xai_widgets.attribution.method import Method
from xai_widgets.errors import InputError, InputTypeError, warned_once
from xai_widgets.models.base import Model
from xai_widgets.models.inputs.columns import columns_of
from xai_widgets.option import Option
from xai_widgets.render import as_picture
from xai_widgets.widgets import protocol
from xai_widgets.widgets.as_taken import as_array, laid_out, scaled
from xai_widgets.widgets.form import Form
from xai_widgets.widgets.given import MOST_INPUTS, TableRow, Written, check_count, listed, one_by_one, plain
from xai_widgets.widgets.protocol import Ends, PictureEntry
from xai_widgets.widgets.resizing import checked_way, resized

Array = NDArray[Any]

CONVERTED = 16
"""So many inputs are kept as a model takes them."""

OF_PICTURES = ("features", "size")
"""Options that have no meaning for rows of a table and for words: each element is a feature by itself."""


class Input(NamedTuple):
    """A picture as a model takes it, the expression that gives it, and a key that no other picture has."""

    value: Any
    expression: str
    key: Hashable


class Pictures:
    """The pictures of a widget, as each of its models takes them.

    Parameters
    ----------
    images : array, PIL picture, or list of these
        Channels last: (N, H, W, C), (N, H, W), (H, W, C) or (H, W); for models that take vectors (N, n) or (n,).
        8 bits, or floats within the bounds of the models.
    models : dict of str to Model
        Those without an input shape get one from the first picture.

    resize : {"crop", "pad", "stretch"} or False
        How pictures of another size come to that of the models.

    Raises
    ------
    ValueError, TypeError
        If a picture does not fit a model.
    """

    origin: ClassVar[str] = "what explore() was given"
    """Where ``images`` comes from, in words."""

    returned: ClassVar[str] = "explorer"
    """What the widget is called in Python that asks for its pictures."""

    changeable: ClassVar[tuple[str, ...]] = ()
    """What a widget may change of the inputs themselves, by name."""

    explains_layers: ClassVar[bool] = True
    """Whether attributions to a layer can be shown for them."""

    says_more: ClassVar[bool] = False
    """Whether a method is asked of these inputs with more than its options say."""

    resizes: ClassVar[bool] = False
    """Whether whoever gives pictures may ask for that."""

    most: ClassVar[int] = MOST_INPUTS
    """So many there may be."""

    adds: protocol.Adding | None = None
    """Which pictures can be added in the page, as the front end takes it."""

    def __init__(self, images: Any, models: Mapping[str, Model], resize: Any = False) -> None:
        self.way = checked_way(resize)
        self._models = dict(models)
        for model in self._models.values():
            if model.taken.integral:
                raise InputError(model.taken.not_on_screen)
        images = listed(images)
        unknown = [model for model in self._models.values() if model.input_shape is None]
        for model in unknown:
            model.build(_natural_shape(images, model))
        self._forms = {name: Form.of(model) for name, model in self._models.items()}
        self._converted: dict[tuple[str, int], Input] = {}
        self._raw = one_by_one(images, list(self._forms.values()))
        check_count(len(self._raw), self.most)
        if self.way:
            self._raw = [self._resized(index, raw) for index, raw in enumerate(self._raw)]
        with warned_once():
            self.shown = [self._check(index) for index in range(len(self._raw))]
        """What the browser paints, uint8 (H, W, 3) each; None for vectors."""

    def __len__(self) -> int:
        return len(self._raw)

    def input(self, name: str, index: int) -> Input:
        """Return a picture as the model called `name` takes it; those that were in view last are converted already."""
        known = self._converted.get((name, index))
        if known is None:
            known = self._converted[name, index] = self._convert(name, index)
            while len(self._converted) > CONVERTED:
                self._converted.pop(next(iter(self._converted)), None)
        return known

    def _convert(self, name: str, index: int) -> Input:
        model, form = self._models[name], self._forms[name]
        raw = self._raw[index]
        written = raw.value.written(model.features) if isinstance(raw.value, TableRow) else as_array(raw, form)
        if not form.fits(np.shape(written.value)):
            raise InputError(form.explain(np.shape(written.value), self.resizes))
        return Input(*laid_out(scaled(written, model.bounds), form), key=index)

    def _resized(self, index: int, raw: Written) -> Written:
        """Return a picture of the size that the models take; one that has it, and what is no picture, as it is."""
        form = next(iter(self._forms.values()))
        if isinstance(raw.value, TableRow) or len(form.plane) != 2:
            return raw
        picture = np.asarray(as_array(raw, form).value)
        if picture.ndim not in (2, 3) or picture.shape[:2] == form.plane or picture.dtype.kind not in "fu":
            return raw
        bounds = next(iter(self._models.values())).bounds
        black = 0 if bounds is None or picture.dtype.kind == "u" else bounds[0]
        return Written(resized(picture, form.plane, self.way, black), f"{self.returned}.pictures[{index}]")

    def arrays(self) -> list[Array]:
        """Return the inputs as arrays, channels last."""
        return [
            raw.value.written(None).value if isinstance(raw.value, TableRow) else np.array(plain(raw.value))
            for raw in self._raw
        ]

    def with_picture(self, told: protocol.Add, sent: Any) -> Pictures:
        """Return the pictures with one more, as the browser sends it.

        Raises
        ------
        ValueError, TypeError
            If it does not fit, or there can be no others.
        """
        raise InputError("This widget takes no other pictures; expected those that it was given.")

    def without(self, index: int) -> Pictures:
        """Return the pictures with one of those that were added out of sight.

        Raises
        ------
        ValueError
            If it is none of these.
        """
        raise InputError(f"Picture {index} was not added in the page; expected one that was.")

    def viewed(self, index: int) -> Pictures:
        """Return the pictures with one of them in sight."""
        return self

    def name_of(self, index: int) -> str:
        """Return what a picture is called that was added in the page; empty for one that was given."""
        return ""

    def again(self, index: int) -> str:
        """Return the Python that gives the inputs once more, with the one that is in view."""
        return f"{self.returned}.pictures" if self.name_of(index) else "images"

    def changed(self, index: int, changes: Mapping[str, Any]) -> Pictures:
        """Return the inputs with something done to one of them; these are left as they are.

        Raises
        ------
        ValueError, TypeError
            If that cannot be done.
        """
        return self

    def received(self, state: Mapping[str, Any], buffers: Sequence[Any]) -> Mapping[str, Any]:
        """Return the changes that a request of the browser amounts to, together with its buffers."""
        return state

    def traits(self, index: int) -> dict[str, Any]:
        """Return what was done to the inputs, as traits of the widget."""
        return {}

    def told(self) -> dict[str, Any]:
        """Return what the front end is told of them once, beside what each of them is."""
        return {}

    def said(self, name: str, index: int) -> dict[str, Any]:
        """Return what is said of an input with its first frame."""
        return {}

    def described(self, option: Option) -> protocol.OptionEntry:
        """Return an option of a method as the front end takes it, with what there is of it for these inputs."""
        known = cast(protocol.OptionEntry, option.as_dict(self.side))
        if self.columns is None:
            return known
        if option.name in OF_PICTURES:
            known["shown"] = False
        if option.name == "baseline" and not self.has_start:
            known |= {"default": "zero", "choices": ("zero",)}
        return known

    def asked(self, method: Method) -> Method:
        """Return a method as it is asked of these inputs."""
        return method

    def ends(self, method: Method, layer: str | None, name: str) -> Ends:
        """Return what the ends of the colour scale mean for the model called `name`."""
        return method.ends_at(layer, self._models[name].input.terms)

    @cached_property
    def has_start(self) -> bool:
        """Whether there is a black at which a path could start."""
        return all(model.bounds is not None for model in self._models.values())

    @cached_property
    def side(self) -> int:
        """The shorter side of the pictures; the length of vectors."""
        return min(min(form.plane) for form in self._forms.values())

    def seen(self, index: int) -> Array | None:
        """Return a picture as it is on the screen, uint8 (H, W, 3); None for a vector."""
        return self.shown[index]

    @cached_property
    def columns(self) -> list[str] | None:
        """What the columns are called where the inputs are rows of a table; None where they are pictures."""
        if any(len(form.plane) != 1 for form in self._forms.values()):
            return None
        known = (model.features for model in self._models.values() if model.features is not None)
        first = self._raw[0].value
        names = next(known, columns_of(first.table) if isinstance(first, TableRow) else None)
        return [f"feature {number}" for number in range(self.side)] if names is None else list(names)

    @property
    def has_pixels(self) -> bool:
        """Whether the inputs are drawn as pictures."""
        return self.columns is None

    def row(self, index: int) -> list[float]:
        """Return the values of a row of a table."""
        return [float(value) for value in np.ravel(self.input(next(iter(self._forms)), index).value)]

    def catalogue(self) -> list[PictureEntry]:
        """Return the pictures as the front end takes them."""
        return [self._entry(index) for index in range(len(self))]

    def _entry(self, index: int) -> PictureEntry:
        raw, shown = self._raw[index].value, self.shown[index]
        pixels = _vector_picture(self.side) if shown is None else shown
        name = Path(getattr(raw, "filename", None) or "").stem
        kind = "picture" if shown is not None else "row"
        entry: PictureEntry = {
            "label": name or f"{kind} {index + 1}",
            "width": pixels.shape[1],
            "height": pixels.shape[0],
            "src": address(pixels),
        }
        if self.columns is not None:
            entry["values"] = self.row(index)
        return entry

    def _check(self, index: int) -> Array | None:
        """Let every model look at a picture, so that what is wrong is said now; return it as it is shown."""
        shown: Array | None = None
        for position, (name, model) in enumerate(self._models.items()):
            try:
                x = self.input(name, index).value
                model.prepare(x)
            except (InputError, InputTypeError) as error:
                where = f"Picture {index}" + (f", for {name}" if name else "")
                raise type(error)(f"{where}: {error}") from error
            if position == 0:
                shown = as_picture(np.moveaxis(x, 0, -1) if self._forms[name].axis == 0 else x, model.bounds)
        return shown


def _natural_shape(images: Any, model: Model) -> tuple[int, ...]:
    """Return the input shape that the first picture suggests, in the layout of the model's framework."""
    whole = False
    if isinstance(images, list | tuple):
        if not images:
            raise InputError("There are no pictures; expected at least one.")
        images, whole = images[0], True
    shape: tuple[int, ...]
    if isinstance(images, Image.Image):
        shape = (images.height, images.width, 1 if images.mode in ("1", "L", "LA") else 3)
    else:
        shape = plain(images).shape
        if not whole and (len(shape) == 4 or (len(shape) == 3 and shape[-1] not in (1, 3, 4))):
            shape = shape[1:]
        if model.bounds is None and len(shape) == (1 if whole else 2):  # the rows of a table
            return shape[-1:]
    if len(shape) == 2:
        shape = (*shape, 1)
    if len(shape) != 3:
        raise InputError(
            f"An array of shape {shape} leaves open what the model takes; give wrap(..., input_shape=...)."
        )
    return (shape[2], shape[0], shape[1]) if model.layer_channel_axis == 0 else shape


def _vector_picture(length: int) -> Array:
    """Return what stands for a vector among the pictures: an empty grid of its size."""
    side = max(1, int(np.ceil(np.sqrt(length))))
    return np.full((side, side, 3), 229, np.uint8)


def address(pixels: Array) -> str:
    """Return pixels (H, W, 3) as a PNG file that is an address, for the page."""
    buffer = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(pixels)).save(buffer, "PNG", compress_level=6)
    return f"data:image/png;base64,{base64.b64encode(buffer.getvalue()).decode('ascii')}"
