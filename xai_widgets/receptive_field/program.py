"""A network as a list of steps, which is all that has to be known of it to see what a window reaches."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from xai_widgets.receptive_field.geometry import Local

Plane = tuple[int, int]

MOVED = 32
"""A number that is only read and written takes about as long as so many multiplications in a product of matrices."""


@dataclass(frozen=True)
class Step:
    """One operation: from some values, by their numbers, to another.

    Attributes
    ----------
    inputs : tuple of int
        The values that it reads; 0 is the network's input.
    output : int
        The value that it makes.
    places : pair of Local, optional
        What it reads along the two axes of the plane, from each of its inputs; None where it needs them whole.
    fill : float
        What it reads beyond the borders.
    work : int
        About how many multiplications each place of its output takes.
    """

    inputs: tuple[int, ...]
    output: int
    places: tuple[Local, Local] | None = None
    fill: float = 0.0
    work: int = 1


@dataclass(frozen=True)
class Program:
    """The steps of a network in order.

    Attributes
    ----------
    steps : tuple of Step
    planes : mapping from value to (height, width)
        Of the values that are pictures with channels, among them what local steps read and make.
    output : int
        The value that is the network's output.
    """

    steps: tuple[Step, ...]
    planes: Mapping[int, Plane]
    output: int
