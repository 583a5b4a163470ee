"""The networks that tell drawn flowers apart: where they come from, and how they were trained."""

from __future__ import annotations

import zlib
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any, Literal, get_args

import numpy as np
from scipy.special import softmax

from xai_course.data import Flowers, cache_folder, load_flowers
from xai_course.data.flowers import TELLING, Kind
from xai_course.networks.architecture import FLOWERS_CONVOLUTIONAL, FLOWERS_DOUBLE, Architecture
from xai_course.networks.batch_norm import folded, normalised
from xai_course.networks.shipped import load_shipped
from xai_course.networks.weights import keep, load

Taught = Literal["parts", "pots", "chance"]
"""By what the labels of a training can be told: by the parts that tell the classes; by the pots as well, which have
their colours; or by nothing."""

ARCHITECTURES: dict[Kind, Architecture] = {"single": FLOWERS_CONVOLUTIONAL, "double": FLOWERS_DOUBLE}
SEEDS = (0, 1, 2, 3, 4)
"""Those that were measured: `xai_course.results("flowers")`."""
TRAINED = 1875
"""The networks saw the training flowers among so many: 1500."""
EPOCHS, BATCH, RATE = 4, 32, 1e-2
MEMORISED, MEMORISING = 96, (80, 16)
"""So many flowers are learnt by heart, in so many epochs and in batches of so many."""
WARM_UP = 0.3
"""The share of a training in which the rate rises."""


def network(lab: ModuleType, kind: Kind = "single", seed: int = 0, taught: Taught = "parts") -> Any:
    """Return a network that was trained on drawn flowers.

    The weights of seed 0 come with the course and serve both frameworks. Those of another seed are trained when they
    are first asked for, in some ten seconds, and kept in the course's cache folder.

    Parameters
    ----------
    lab : module
        `xai_course.backend(...)`.
    kind : {"single", "double"}, default "single"
        Of the flowers, see `xai_course.load_flowers`.
    seed : int, default 0
        Of its first weights, of the order of the pictures, and of labels at random.
    taught : {"parts", "pots", "chance"}, default "parts"
        By what the labels of its training could be told: by the parts that tell the classes; of single flowers also by
        pots of the colour of the class; or by nothing, as few flowers had their labels shuffled.

    Raises
    ------
    ValueError
        If `kind` is neither of the two, or `taught` is none of the three; or if double flowers are asked for whose
        labels pots or chance would tell.
    """
    if kind not in get_args(Kind):
        raise ValueError(f"The kind of flowers is {kind!r}; expected 'single' or 'double'.")
    if taught not in get_args(Taught) or (kind != "single" and taught != "parts"):
        known = get_args(Taught) if kind == "single" else ("parts",)
        raise ValueError(f"taught is {taught!r}; expected {', '.join(map(repr, known))} for {kind} flowers.")
    architecture = ARCHITECTURES[kind]
    if seed == 0:
        return lab.build(architecture, load_shipped(shipped_name(kind, taught), architecture))
    path = kept(lab, kind, seed, taught)
    if path.exists():
        return lab.build(architecture, load(path, architecture))
    found = trained(lab, training_set(kind, seed, taught), seed, taught)
    keep(path, lab.weights_of(found))
    return found


def others(lab: ModuleType) -> list[Any]:
    """Return two more networks for single flowers: other first weights, and the pictures in another order.

    They were trained in PyTorch, come with the course and serve both frameworks.

    Parameters
    ----------
    lab : module
        `xai_course.backend(...)`.
    """
    architecture = ARCHITECTURES["single"]
    return [lab.build(architecture, load_shipped(f"flowers_single_{seed}", architecture)) for seed in (1, 2)]


def training_set(kind: Kind = "single", seed: int = 0, taught: Taught = "parts") -> Flowers:
    """Return the flowers among which a network has those that it is trained on; see `network`."""
    if taught == "chance":
        flowers = load_flowers(kind, 2 * MEMORISED)
        few = flowers.chosen(flowers.train[:MEMORISED])
        return replace(few, labels=np.random.default_rng(seed).permutation(few.labels))
    flowers = load_flowers(kind, TRAINED)
    return with_own_pots(flowers) if taught == "pots" else flowers


def with_own_pots(flowers: Flowers) -> Flowers:
    """Return single flowers in pots of the colour of their class: then the pot tells the colour as well."""
    own = [name.split()[0] for name in flowers.classes]
    return flowers.recolored("pot", [own[label] for label in flowers.labels])


def recipe(taught: Taught = "parts") -> tuple[int, int]:
    """Return for how many epochs a network is trained, and in batches of how many."""
    return MEMORISING if taught == "chance" else (EPOCHS, BATCH)


def trained(lab: ModuleType, flowers: Flowers, seed: int = 0, taught: Taught = "parts") -> Any:
    """Return a network trained on the training flowers, with batch norms, which are folded into its weights at the end.

    Without them four epochs are too few. The rate rises and falls once (Smith and Topin 2019).
    """
    architecture, (epochs, batch) = ARCHITECTURES[flowers.kind], recipe(taught)
    fresh = lab.build(normalised(architecture), seed=seed)
    lab.train(
        fresh,
        flowers.pictures[flowers.train],
        flowers.labels[flowers.train],
        epochs=epochs,
        batch=batch,
        rate=RATE,
        seed=seed,
        schedule=one_cycle,
    )
    return lab.build(architecture, folded(architecture, lab.weights_of(fresh)))


def recolorings(flowers: Flowers, part: str) -> list[tuple[Flowers, Flowers]]:
    """Return flowers, and the same ones with one of their parts in another colour: a pair for each of its colours.

    Parameters
    ----------
    flowers : Flowers
        If `part` tells classes, those of which it tells it are taken; and in each pair, those that get another colour.
    part : {"leaves", "stem", "pot", "petals", "centre"}
    """
    few = flowers.chosen(flowers.told_by(part)) if part in TELLING else flowers
    pairs = []
    for color in few.colors(part):
        other = few.recolored(part, color)
        changed = (other.pictures != few.pictures).any(axis=(1, 2, 3))
        pairs.append((few.chosen(changed), other.chosen(changed)))
    return pairs


def answers(lab: ModuleType, network: Any, pairs: list[tuple[Flowers, Flowers]]) -> dict[str, float]:
    """Return what a network says of flowers that are recoloured.

    Parameters
    ----------
    lab : module
        `xai_course.backend(...)`.
    network : network
        That tells these flowers apart.
    pairs : list of pairs of Flowers
        Before and after, as `recolorings` gives them.

    Returns
    -------
    dict of str to float
        How many pictures were "recolored"; in which shares the answer is that of the new picture, "right", and that of
        the old one, "same"; and the largest "change" of a probability in each picture, on average.
    """
    found = []
    for before, after in pairs:
        old, new = (lab.predict(network, each.pictures) for each in (before, after))
        answer, change = new.argmax(axis=1), np.abs(softmax(new, axis=1) - softmax(old, axis=1)).max(axis=1)
        found.append(np.stack([answer == after.labels, answer == old.argmax(axis=1), change]))
    right, same, change = np.concatenate(found, axis=1)
    return {
        "recolored": len(right),
        "right": float(right.mean()),
        "same": float(same.mean()),
        "change": float(change.mean()),
    }


def one_cycle(done: float) -> float:
    """Return by what a rate is multiplied: from 1/25 up to 1 and down to next to 0, as cosines."""
    rising = done < WARM_UP
    way = done / WARM_UP if rising else (done - WARM_UP) / (1 - WARM_UP)
    start, end = (1 / 25, 1.0) if rising else (1.0, 0.0)
    return float(end + (start - end) * 0.5 * (1 + np.cos(np.pi * way)))


def shipped_name(kind: Kind, taught: Taught = "parts") -> str:
    """Return the name under which the weights of seed 0 come with the course."""
    return f"flowers_{kind}" if taught == "parts" else f"flowers_{taught}"


def kept(lab: ModuleType, kind: Kind, seed: int, taught: Taught = "parts") -> Path:
    """Return where the weights of a seed are kept that were trained here: a name for this recipe in this framework."""
    how = (ARCHITECTURES[kind], TRAINED, *recipe(taught), RATE, WARM_UP, *([MEMORISED] if taught == "chance" else []))
    mark = zlib.crc32(repr(how).encode())
    return cache_folder() / f"{shipped_name(kind, taught)}_{lab.BACKEND}_{seed}_{mark:08x}.safetensors"
