"""What can be chosen of a transformer: how many of its blocks, and which of their heads."""

from __future__ import annotations

from xai_widgets.option import Option

BLOCK = Option(
    default=0,
    kind="integer",
    label="Up to block",
    sentence="After which block of attention to look, counted from 1; 0 is after the last one.",
    minimum=0,
    slider=(1, None),
    zero_last=True,
    counts="blocks",
    labels={"0": "the last"},
)

HEAD = Option(
    default=0,
    kind="integer",
    label="Head",
    sentence="Which head of each block to follow alone, counted from 1; 0 is the mean of all.",
    minimum=0,
    slider=(0, None),
    counts="heads",
    labels={"0": "mean of all"},
)
