"""Where in the input the elements of a network's tensors stand, and what each kind of call does to that.

Beside every tensor go its places: for each of its elements the coordinates of the element of the input at which it
stands. A call moves the places as it moves the numbers. What an axis counts is read off in the end: along an axis of
places a coordinate changes, along one of channels or heads none does. So nothing has to be assumed about layouts, the
order of patches, class tokens or heads.

This is the one table of calls. It knows no framework: an adapter says of which kind a call is, and with which geometry.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Literal

import numpy as np

from xai_widgets.models.objective import Array

MIXED = "each of its elements sees all of the input"
APART = "branches meet before it that stand at different places of the input"
CHOSEN = "what stands where is chosen by the data before it"
CONSTANT = "it does not depend on the input"

Coordinates = tuple[Array | None, ...]
"""For each coordinate of the input an array of the shape of a tensor, NaN for no place; None where that is all."""

Seen = Literal["near", "apart", "mixed"]
"""What is seen of a coordinate: that neighbours along it are looked at together, that elements along it are dealt with
one by one, or that it is summed over, as channels are."""

CLOSE = 1e-3
"""So many elements of the input are no distance."""

WITHIN = 0.75
"""Places of two branches that are apart by less than this part of a step from one place to the next are the same."""

FIRST = 2.0**32
"""The number of the first element that is moved, far from the numbers that a call itself puts in."""


@dataclass(frozen=True, eq=False)
class Places:
    """The places of a tensor's elements.

    Attributes
    ----------
    shape : tuple of int
    candidates : tuple of Coordinates
        None where nothing is known, several where it is open which of them go on: a product of queries and keys stands
        at those of both, until it is known over which is summed.
    why : str
        Where nothing is known, the reason, as a clause.
    through : int
        The last layer through which all of it has come, by its number; see `Course`.
    """

    shape: tuple[int, ...]
    candidates: tuple[Coordinates, ...] = ()
    why: str = CONSTANT
    through: int = 0

    def spread(self, shape: tuple[int, ...]) -> Places:
        """Return the places of the tensor spread to a larger shape."""
        if shape == self.shape:
            return self
        return Places(shape, tuple(each(one, lambda a: np.broadcast_to(a, shape)) for one in self.candidates), self.why)


class Course:
    """Through which layers everything comes: for each layer, by its number, the last one before it that all passes.

    Number 0 is the input.

    Attributes
    ----------
    before : list of int
    """

    def __init__(self) -> None:
        self.before = [0]

    def pass_through(self, places: Places) -> Places:
        """Return places of what is a layer's output, which has the next number."""
        self.before.append(places.through)
        return replace(places, through=len(self.before) - 1)

    def joined(self, several: Iterable[Places]) -> int:
        """Return the last layer through which all of several tensors have come."""
        one, *others = (places.through for places in several)
        for other in others:
            while one != other:  # A layer has a larger number than those before it.
                one, other = (self.before[one], other) if one > other else (one, self.before[other])
        return one

    def back_from(self, number: int) -> Iterator[int]:
        """Yield a layer, and those before it through which all passes, up to the input."""
        while number:
            yield number
            number = self.before[number]


@dataclass
class PlaceTable:
    """What each kind of call does to places.

    Attributes
    ----------
    seen : dict
        For each coordinate of the input what was first seen of it.
    course : Course
        Through which layers everything comes.
    attended : int or None
        The last layer before the last product of several tensors that have places, if there was one.
    meets : bool
        Whether what stands at places met what stands at others, in a product or in a sum.
    weighs : bool
        Whether there was a softmax over more than the classes of each input.
    """

    seen: dict[int, Seen] = field(default_factory=dict)
    course: Course = field(default_factory=Course)
    attended: int | None = None
    meets: bool = False
    weighs: bool = False

    def softmax(self, rank: int) -> None:
        """Note a softmax over a tensor of so many axes: of more than two it may weigh what stands at several places."""
        self.weighs |= rank > 2

    def same(self, places: Places, shape: tuple[int, ...]) -> Places:
        """Functions of single numbers, normalisation, softmax, dropout: every element stays where it is."""
        return places.spread(shape) if np.broadcast_shapes(places.shape, shape) == shape else Places(shape, why=MIXED)

    def merged(self, several: Sequence[Places], shape: tuple[int, ...]) -> Places:
        """Sums, products and the like of several tensors, element by element: the places of the one that has some.

        If more have, they must agree.
        """
        found = several[0]
        for other in several[1:]:
            found = _merged(found, other)
        self.meets |= found.why == APART and not found.candidates
        return found.spread(shape)

    def moved(self, several: Sequence[Places], run: Callable[[list[Array]], Iterable[Array]]) -> list[Places]:
        """Calls in which elements change places and nothing else; what the call itself puts in, or constants, has none.

        Parameters
        ----------
        several : sequence of Places
            Of the tensors that are moved.
        run : callable
            Makes the call with other numbers in these tensors, of the type float64.
        """
        starts = np.cumsum([0, *(int(np.prod(places.shape)) for places in several)])
        numbers = [
            np.arange(a, b).reshape(p.shape) + FIRST for a, b, p in zip(starts, starts[1:], several, strict=False)
        ]
        return [_picked(several, np.asarray(made) - FIRST) for made in run(numbers)]

    def stacked(
        self,
        several: Sequence[Places],
        axis: int,
        run: Callable[[list[Array]], Iterable[Array]],
        shape: tuple[int, ...],
    ) -> Places:
        """Concatenation: along channels what stands at the same places stands there together, else it is a move."""
        together = _together([_along(places, axis % len(shape)) for places in several])
        if together is not None:
            return together.spread(shape)
        (moved,) = self.moved(several, run)
        return moved

    def overlaid(self, places: Places, run: Callable[[list[Array]], Iterable[Array]], shape: tuple[int, ...]) -> Places:
        """Calls that add up elements where they come to lie over each other: the mean of their places."""

        def mean(a: Array) -> Array:
            placed = np.isfinite(a)
            (total,), (count,) = (list(run([np.where(placed, one, 0).astype(float)])) for one in (a, 1))
            return np.where(count > 0, total / np.maximum(count, 1), np.nan).astype(np.float32)

        return _made(places, shape, mean)

    def windows(
        self,
        places: Places,
        positions: Mapping[int, Array],
        channels: tuple[int, int, int] | None = None,
    ) -> Places:
        """Convolutions, pools and resizing: an output stands at the centre of the window that it looks at.

        Parameters
        ----------
        places : Places
        positions : dict of int to array
            For each axis of the window the centres of the outputs, in elements of this axis, which may be fractions.
        channels : (axis, groups, outputs), optional
            The axis that is summed over within groups of it, and how many there are afterwards.
        """
        shape = list(places.shape)
        for axis, centres in positions.items():
            shape[axis] = len(centres)
        if channels is not None:
            shape[channels[0]] = channels[2]
        self._look(places, positions, None if channels is None else (channels[0],))

        def look(a: Array) -> Array:
            if channels is not None:
                a = _by_group(a, *channels)
            for axis, centres in positions.items():
                a = _resampled(side_by_side(a, axis), axis, centres)
            return np.broadcast_to(a, shape)

        return _made(places, tuple(shape), look)

    def product(
        self,
        operands: Sequence[tuple[Places | None, Sequence[Hashable]]],
        output: Sequence[Hashable],
        shape: tuple[int, ...],
    ) -> Places:
        """Dense layers, matrix products and einsum: the mean over what is summed over, for each operand.

        Parameters
        ----------
        operands : sequence of (Places or None, labels)
            None is for weights and other constants; the labels name the axes.
        output : labels
            Of the output, which has this `shape`.
        """
        found: list[Coordinates] = []
        for places, labels in operands:
            if places is not None:
                self._look(places, (), [axis for axis, label in enumerate(labels) if label not in output])
                found.extend(_made(places, shape, partial(_contracted, labels, output, shape)).candidates)
        known = [places for places, _ in operands if places is not None]
        through = self.course.joined(known)
        if found and sum(bool(places.candidates) for places in known) > 1:
            self.attended, self.meets = through, True
        whys = [places.why for places in known if not places.candidates]
        return Places(shape, tuple(_widest(found)), whys[0] if whys else MIXED, through)

    def reduced(self, places: Places, axes: Sequence[int], keep: bool) -> Places:
        """Sums, means, largest and the like over axes: the mean of the places."""
        rank = len(places.shape)
        lost = tuple(sorted({axis % rank for axis in axes})) if rank else ()
        shape = tuple(1 if axis in lost else n for axis, n in enumerate(places.shape) if keep or axis not in lost)
        return _made(places, shape, lambda a: _mean(a, lost).reshape(shape))

    def looked_up(self, places: Places, shape: tuple[int, ...]) -> Places:
        """An embedding: a vector, along new axes at the end, for each token id."""
        self._look(places, (), ())
        added = (1,) * (len(shape) - len(places.shape))
        return _made(places, shape, lambda a: np.broadcast_to(a.reshape(*a.shape, *added), shape))

    def _look(self, places: Places, near: Iterable[int], summed: Sequence[int] | None) -> None:
        """Note of each coordinate, when it is first looked at, along which axes of a call it changes.

        Those of windows are `near`; where it does not sum over channels, there is nothing to note of others.
        """
        for one in places.candidates:
            for number, a in enumerate(one):
                if a is None or number in self.seen or not _varies(a):
                    continue
                axes = set(changing_axes(a))
                if axes & set(near):
                    self.seen[number] = "near"
                elif summed is not None:
                    self.seen[number] = "mixed" if axes <= set(summed) else "apart"


def each(one: Coordinates, change: Callable[[Array], Array]) -> Coordinates:
    """Return coordinates of which each that is known is changed."""
    return tuple(None if a is None else change(a) for a in one)


def _made(places: Places, shape: tuple[int, ...], change: Callable[[Array], Array]) -> Places:
    """Return places after a call that may sum over elements: a coordinate that changes no more is lost."""
    found = []
    for one in places.candidates:
        changed = each(one, change)
        kept = tuple(
            None if after is None or (_varies(before) and not _varies(after)) else after
            for before, after in zip(one, changed, strict=True)
        )
        found.append(kept)
    known = [one for one in found if any(a is not None for a in one)]
    return Places(shape, tuple(known), MIXED if places.candidates else places.why)


def _merged(here: Places, there: Places, strictly: bool = False) -> Places:
    """Return the places of what two tensors make element by element."""
    shape = np.broadcast_shapes(here.shape, there.shape)
    if not here.candidates or not there.candidates:
        return (here if here.candidates or not there.candidates else there).spread(shape)
    found = []
    for one in here.candidates:
        for other in there.candidates:
            pairs = [_agreed(a, b, shape, strictly) for a, b in zip(one, other, strict=True)]
            if all(agreed for agreed, _ in pairs) and any(a is not None for _, a in pairs):
                found.append(each(tuple(a for _, a in pairs), lambda a: np.broadcast_to(a, shape)))
    return Places(shape, tuple(_widest(found)), APART)


def _together(slices: Sequence[Places | None]) -> Places | None:
    """Return the places of what lies behind each other along channels; None if it does not stand at the same ones."""
    found, *others = slices
    for other in others:
        if found is None or other is None:
            return None
        found = _merged(found, other, strictly=True)
        if not found.candidates:
            return None
    varied = found is not None and any(_varies(a) for one in found.candidates for a in one)
    return found if varied else None


def _agreed(a: Array | None, b: Array | None, shape: tuple[int, ...], strictly: bool) -> tuple[bool, Array | None]:
    """Return whether one coordinate of two branches is the same, and what it then is."""
    if a is None or b is None:
        return True, b if a is None else a
    if not (_varies(a) and _varies(b)):
        same = _near(a, b)
        if _varies(a) or _varies(b):
            return True, _filled(a, b) if same else (a if _varies(a) else b)
        return same or not strictly, a if same else None
    if _near(a, b) or _same_places(a, b):
        return True, _filled(a, b)
    # One of them may be the mean of the other along an axis, such as a gate for each window.
    for fine, coarse in ((a, b), (b, a)):
        fine, coarse = np.broadcast_to(fine, shape), np.broadcast_to(coarse, shape)
        lost = tuple(axis for axis in changing_axes(fine) if axis not in changing_axes(coarse))
        if lost and _near(_mean(fine, lost, keep=True), coarse):
            return True, fine
    return False, None


def _near(a: Array, b: Array, distance: float = CLOSE) -> bool:
    return bool(np.fmax.reduce(np.abs(a - b), axis=None, initial=0.0) <= distance)


def _same_places(a: Array, b: Array) -> bool:
    """Whether two branches are apart by less than a step, as padding and strides leave them."""
    steps = [np.diff(np.unique(np.round(one[np.isfinite(one)], 3))) for one in (a, b)]
    return _near(a, b, WITHIN * min(float(np.median(step)) for step in steps))


def _filled(a: Array, b: Array) -> Array:
    """Return `a`, and `b` where it has no place."""
    return (
        np.where(np.isnan(a), b, a) if np.isnan(a).any() else np.broadcast_to(a, np.broadcast_shapes(a.shape, b.shape))
    )


def _widest(found: Sequence[Coordinates]) -> list[Coordinates]:
    """Return the candidates that change along axes along which no other one does as well as along all of its own."""
    along = [frozenset(axis for a in one if a is not None for axis in changing_axes(a)) for one in found]
    kept: list[int] = []
    for number, axes in enumerate(along):
        wider = any(axes < other for other in along)
        if not wider and not any(along[other] == axes and _equal(found[other], found[number]) for other in kept):
            kept.append(number)
    return [found[number] for number in kept]


def _equal(one: Coordinates, other: Coordinates) -> bool:
    pairs = list(zip(one, other, strict=True))
    return all((a is None) == (b is None) for a, b in pairs) and all(
        _near(a, b) for a, b in pairs if a is not None and b is not None
    )


def _picked(several: Sequence[Places], numbers: Array) -> Places:
    """Return the places of moved elements, by their numbers among all elements of the tensors."""
    total = sum(int(np.prod(places.shape)) for places in several)
    with np.errstate(invalid="ignore"):
        moved = (numbers >= 0) & (numbers < total)
    at = np.where(moved, numbers, 0).astype(np.int64)
    found = []
    for number in range(max(len(places.candidates) for places in several)):
        chosen = [
            places.candidates[min(number, len(places.candidates) - 1)] if places.candidates else None
            for places in several
        ]
        count = max(len(one) for one in chosen if one is not None)
        one = tuple(_gathered(several, chosen, k, at, moved) for k in range(count))
        if any(a is not None for a in one):
            found.append(one)
    return Places(numbers.shape, tuple(found), next((p.why for p in several if not p.candidates), CONSTANT))


def _gathered(
    several: Sequence[Places], chosen: Sequence[Coordinates | None], k: int, at: Array, moved: Array
) -> Array | None:
    rows = [
        np.full(int(np.prod(places.shape)), np.nan, np.float32)
        if one is None or (a := one[k]) is None
        else a.reshape(-1)
        for places, one in zip(several, chosen, strict=True)
    ]
    made = np.where(moved, np.concatenate(rows)[at], np.float32(np.nan))
    return None if np.isnan(made).all() else made


def _contracted(labels: Sequence[Hashable], output: Sequence[Hashable], shape: tuple[int, ...], a: Array) -> Array:
    """Return the mean over the axes that are not in the output, spread over the axes that are there alone."""
    kept = [label for label in labels if label in output]
    a = _mean(a, tuple(axis for axis, label in enumerate(labels) if label not in output))
    a = a.transpose([kept.index(label) for label in output if label in kept])
    return np.broadcast_to(a[tuple(slice(None) if label in kept else None for label in output)], shape)


def _along(places: Places, axis: int) -> Places | None:
    """Return places without what lies along an axis, if nothing changes along it."""
    if any(axis in changing_axes(a) for one in places.candidates for a in one if a is not None):
        return None
    shape = tuple(1 if at == axis else n for at, n in enumerate(places.shape))
    return Places(
        shape,
        tuple(each(one, lambda a: np.fmax.reduce(a, axis=axis, keepdims=True)) for one in places.candidates),
        places.why,
    )


def _by_group(a: Array, axis: int, groups: int, outputs: int) -> Array:
    """Return the mean over the channels of each group, once per output of the group."""
    if axis not in changing_axes(a):
        return np.fmax.reduce(a, axis=axis, keepdims=True)
    shape = a.shape
    a = _mean(a.reshape(*shape[:axis], groups, shape[axis] // groups, *shape[axis + 1 :]), (axis + 1,))
    return np.repeat(a, outputs // groups, axis=axis)


def side_by_side(a: Array, axis: int) -> Array:
    """Return a coordinate in which elements that were repeated along its axis stand side by side within their cell.

    So is the map of a layer after upsampling by repetition as large as one after any other.
    """
    if a.shape[axis] < 4 or changing_axes(a) != [axis]:
        return a
    line = np.fmax.reduce(once(a), axis=tuple(other for other in range(a.ndim) if other != axis))
    placed = np.flatnonzero(np.isfinite(line))
    found = line[placed]
    count = 1 + int((np.diff(found) > CLOSE).sum())
    times = len(found) // count
    if times < 2 or count < 2 or not np.array_equal(found, np.repeat(found[::times][:count], times)):
        return a
    cells = (np.arange(len(found)) + 0.5) / times - 0.5
    line = line.copy()
    line[placed] = _resampled(found[::times], 0, cells)
    return np.broadcast_to(line.reshape([-1 if at == axis else 1 for at in range(a.ndim)]), a.shape)


def _resampled(a: Array, axis: int, centres: Array) -> Array:
    """Return an array at positions along an axis, also between its elements, and beyond its ends."""
    length = a.shape[axis]
    if length == 1:
        return np.repeat(a, len(centres), axis=axis)
    low = np.clip(np.floor(centres).astype(int), 0, length - 2)
    share = (centres - low).reshape([-1 if at == axis else 1 for at in range(a.ndim)]).astype(a.dtype)
    left, right = a.take(low, axis=axis), a.take(low + 1, axis=axis)
    left, right = (
        np.where(np.isnan(left) & (share != 0), right, left),
        np.where(np.isnan(right) & (share != 1), left, right),
    )
    between: Array = np.where(share == 1, right, left + share * np.where(share == 0, 0, right - left))
    return between


def _mean(a: Array, axes: tuple[int, ...], keep: bool = False) -> Array:
    """Return the mean of what has a place over some axes."""
    if not axes:
        return a
    placed = np.isfinite(a)
    if placed.all():
        return np.asarray(a.mean(axis=axes, keepdims=keep, dtype=np.float64)).astype(np.float32)
    count = placed.sum(axis=axes, keepdims=keep)
    total = np.where(placed, a, 0).sum(axis=axes, keepdims=keep, dtype=np.float64)
    return np.asarray(np.where(count > 0, total / np.maximum(count, 1), np.nan)).astype(np.float32)


def _varies(a: Array | None) -> bool:
    if a is None:
        return False
    a = once(a)
    return bool(np.fmax.reduce(a, axis=None, initial=-np.inf) - np.fmin.reduce(a, axis=None, initial=np.inf) > CLOSE)


def changing_axes(a: Array) -> list[int]:
    """Return the axes along which a coordinate changes."""
    a = once(a)
    found = []
    for axis, length in enumerate(a.shape):
        if length > 1:
            with np.errstate(invalid="ignore"):
                apart = np.fmax.reduce(a, axis=axis) - np.fmin.reduce(a, axis=axis)
            if np.fmax.reduce(apart, axis=None, initial=0.0) > CLOSE:
                found.append(axis)
    return found


def once(a: Array) -> Array:
    """Return an array with one element along axes over which it was only spread."""
    return a[tuple(slice(0, 1) if stride == 0 else slice(None) for stride in a.strides)]
