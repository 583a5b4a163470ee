"""How large the benchmark is: the full one, and a tiny one that only shows that it runs."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Size:
    """Sizes of what is measured, and how often it is repeated.

    Attributes
    ----------
    repetitions : int
        How often each work is measured.
    trials : int
        How often each setting of a peer is tried when it is tuned.
    batches : tuple of int
        The batch sizes among which a peer's best is looked for.
    side : int
        The side of the small network's pictures, in pixels.
    steps, samples : int
        Of integrated gradients and of SmoothGrad on the small network.
    stride : int
        Of occlusion with windows of 8 on the small network.
    baselines, coalitions, orders : int
        Of the methods that average over baselines, over coalitions and over orders of squares, on the small network.
    large_repetitions, large_trials : int
        The same on the large network.
    large_batches : tuple of int
        The batch sizes among which a peer's best is looked for there.
    large_networks : int
        How many of the networks for pictures of 224 x 224 are measured.
    large_side : int
        The side of the large network's pictures.
    large_steps, large_samples, large_window : int
        Of the methods on the large network; there the stride is half the window.
    many, few : int
        The steps or samples whose memory is compared.
    warm_up : int
        How often a method runs before its memory is looked at, so that chunks have found their size.
    rounds : int
        How often explorers and echoes in a browser take turns.
    jumps : int
        How often a slider jumps in each of them.
    drag_seconds : float
        How long it is dragged.
    rest_seconds : float
        How long it rests before that.
    """

    repetitions: int = 11
    trials: int = 2
    batches: tuple[int, ...] = (8, 16, 32)
    side: int = 64
    steps: int = 50
    samples: int = 50
    stride: int = 4
    baselines: int = 8
    coalitions: int = 200
    orders: int = 5
    large_repetitions: int = 5
    large_trials: int = 1
    large_batches: tuple[int, ...] = (4, 8, 16)
    large_networks: int = 4
    large_side: int = 224
    large_steps: int = 64
    large_samples: int = 32
    large_window: int = 32
    many: int = 256
    few: int = 64
    warm_up: int = 6
    rounds: int = 4
    jumps: int = 10
    drag_seconds: float = 3
    rest_seconds: float = 0.5


FULL = Size()
TINY = Size(
    repetitions=1,
    trials=1,
    batches=(2, 4),
    side=16,
    steps=4,
    samples=3,
    baselines=2,
    coalitions=8,
    orders=1,
    large_repetitions=1,
    large_batches=(4,),
    large_networks=1,
    large_side=64,
    large_steps=4,
    large_samples=3,
    large_window=32,
    many=40,
    few=32,
    warm_up=1,
    rounds=1,
    jumps=2,
    drag_seconds=0.5,
    rest_seconds=0.05,
)
