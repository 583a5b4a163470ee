"""Pictures that somebody brings into the page of a widget: dropped, pasted, chosen, or taken with a camera."""

from __future__ import annotations

from collections.abc import Mapping
from copy import copy
from typing import Any

import numpy as np
from PIL import Image

from xai_widgets.errors import InputError
from xai_widgets.models.base import Model
from xai_widgets.widgets.given import Written, check_count
from xai_widgets.widgets.pictures import Array, Pictures
from xai_widgets.widgets.protocol import Add, AddedEntry
from xai_widgets.widgets.resizing import WAYS, checked_way, resized

LONGEST_NAME = 60
"""Letters of a file's name that are kept."""

MOST_PIXELS = 2**21
"""Of a picture as it is sent: a Jupyter server takes messages of ten million bytes."""

TAKEN = "The picture that you take goes to the kernel, and into the notebook when that is saved."
"""What is said before a camera takes one."""

SHADES = (None, 1, 3)
"""How many channels pictures have that somebody can bring: grey, or colours."""


class AddedPictures(Pictures):
    """The pictures of a widget, and others that were added since. None is ever changed: to add one makes others.

    What is taken away is only out of sight: no other picture changes its number, and whoever goes back sees it again.
    Its pixels stay here alone: the page, and so a notebook that is saved with it, has no more than its name.

    Parameters
    ----------
    images, models, resize
        As `Pictures` takes them.

    Attributes
    ----------
    added : tuple of AddedEntry
        Those that were added, as the front end takes them.
    """

    resizes = True

    def __init__(self, images: Any, models: Mapping[str, Model], resize: Any = False) -> None:
        self.added: tuple[AddedEntry, ...] = ()
        super().__init__(images, models, resize)
        self._given = len(self)
        form, *others = self._forms.values()
        if len(form.plane) == 2 and form.channels in SHADES and all(other.shape == form.shape for other in others):
            height, width = form.plane
            self.adds = {"width": width, "height": height, "resize": self.way, "taken": TAKEN}

    def with_picture(self, told: Add, sent: Any) -> AddedPictures:
        """Return the pictures with one more at the end.

        Parameters
        ----------
        told : dict
            What the browser says of it.
        sent : buffer
            Red, green, blue and opacity of its pixels, 8 bits each; it lies over white already.

        Raises
        ------
        ValueError, TypeError
            If it has another size than the models take and is not to be resized, or a model does not take it.
        """
        if self.adds is None:
            raise InputError("The models take no pictures in grey or three colours; give what they take to explore().")
        check_count(len(self) + 1)
        form = next(iter(self._forms.values()))
        name, (width, height) = _name(told["name"], len(self) + 1), told["was"]
        picture, way = _pixels(name, told, sent), checked_way(told["resize"])
        remarks = []
        if picture.shape[:2] != form.plane:
            if not way:
                raise InputError(f"{name}: {form.explain((height, width, 3), resizes=True)}")
            picture = resized(picture, form.plane, way)
            remarks.append(f"resized from {width} × {height} pixels, {WAYS[way]}")
        if form.channels != 3:
            if (picture != picture[..., :1]).any():
                remarks.append("made grey")
            picture = np.asarray(Image.fromarray(picture).convert("L"))
        if told["clear"]:
            remarks.append("what is transparent lies over white")
        return self._grown(name, picture, ", ".join(remarks))

    def _grown(self, name: str, picture: Array, remark: str) -> AddedPictures:
        number = len(self)
        grown = copy(self)
        grown._raw = [*self._raw, Written(picture, f"{self.returned}.pictures[{number}]")]
        grown._converted = {}
        grown.shown = [*self.shown, grown._check(number)]
        grown.added = (*self.added, {**grown._entry(number), "label": name, "remark": remark, "away": False})
        return grown

    def without(self, index: int) -> AddedPictures:
        """Return the pictures with one of those that were added out of sight.

        Raises
        ------
        ValueError
            If it is none of these.
        """
        if not self._given <= index < len(self):
            raise InputError(f"Picture {index} was not added in the page; expected {self._given} to {len(self) - 1}.")
        return self._with_away(index, True)

    def viewed(self, index: int) -> AddedPictures:
        """Return the pictures with one of them in sight."""
        return self._with_away(index, False) if self._is_away(index) else self

    def before(self, index: int) -> int:
        """Return the number of the last picture before one that is in sight."""
        seen = (number for number in range(index - 1, -1, -1) if not self._is_away(number))
        return next(seen, 0)

    def _is_away(self, index: int) -> bool:
        return index >= self._given and self.added[index - self._given]["away"]

    def _with_away(self, index: int, away: bool) -> AddedPictures:
        place, src = index - self._given, "" if away else self._entry(index)["src"]
        changed = copy(self)
        entry: AddedEntry = {**self.added[place], "src": src, "away": away}
        changed.added = (*self.added[:place], entry, *self.added[place + 1 :])
        return changed

    def name_of(self, index: int) -> str:
        """Return what a picture is called that was added; empty for one that was given."""
        return self.added[index - self._given]["label"] if index >= self._given else ""

    def traits(self, index: int) -> dict[str, Any]:
        """Return the pictures that were added."""
        return {"_added": list(self.added)}


def _pixels(name: str, told: Add, sent: Any) -> Array:
    """Return the colours that the browser sent, uint8 (H, W, 3)."""
    width, height, found = told["width"], told["height"], np.frombuffer(sent, np.uint8)
    if not (min(width, height) > 0 and width * height <= MOST_PIXELS and found.size == 4 * width * height):
        raise InputError(
            f"{name} came as {found.size} bytes for {width} x {height} pixels; expected 4 a pixel, and at most "
            f"{MOST_PIXELS} pixels."
        )
    return np.ascontiguousarray(found.reshape(height, width, 4)[..., :3])


def _name(given: str, number: int) -> str:
    """Return what a picture is called: on one line, and cut short."""
    plain = " ".join("".join(letter if letter.isprintable() else " " for letter in given).split())
    if not plain:
        return f"picture {number}"
    return plain if len(plain) <= LONGEST_NAME else f"{plain[: LONGEST_NAME - 1]}…"
