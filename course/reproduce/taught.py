"""Train networks on flowers whose labels something else tells, or nothing, and measure what explanations make of them.

    python course/reproduce/taught.py

A quarter of an hour on one core: three seeds in PyTorch, two in Keras; of seed 0 PyTorch's ships for both. What is
done already stays: each row of course/xai_course/results/taught.json is written at once. Delete the file to start anew.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
from judging import CHECKED, METHODS, rounded
from rows import Row, Rows
from scipy import stats

import xai_course
import xai_widgets as xai
from xai_course import flowers as own
from xai_course.data import Flowers, load_flowers
from xai_course.networks.shipped import FOLDER, ship

RESULTS = Path(xai_course.__file__).parent / "results" / "taught.json"
SEEDS = {"torch": (0, 1, 2), "keras": (0, 1)}
EXPLAINED = 12


def main() -> None:
    """Train what is not kept, and measure what there is no row of."""
    rows = Rows(RESULTS)
    for taught in ("pots", "chance"):
        name = own.shipped_name("single", taught)
        if not (FOLDER / f"{name}.safetensors").exists():
            lab = xai_course.backend("torch")
            ship(name, lab.weights_of(own.trained(lab, own.training_set(taught=taught), taught=taught)))
    for backend, seeds in SEEDS.items():
        lab = xai_course.backend(backend)
        for seed in seeds:
            key = {"backend": backend, "seed": seed}
            for measured in (learnt, alike, graded):
                if rows.find(measured.__name__, **key) is None:
                    for row in list(measured(lab, seed)):
                        rows.add(measured.__name__, key | rounded(row))
            print(backend, seed, flush=True)


def learnt(lab: ModuleType, seed: int) -> Iterator[Row]:
    """Yield how often each network is right on the flowers that it was trained on, and on new ones."""
    for taught in ("pots", "chance"):
        network = own.network(lab, "single", seed, taught)
        seen, fresh = own.training_set("single", seed, taught), load_flowers("single", 120, seed=7)
        if taught == "pots":
            seen, fresh = seen.chosen(seen.train[:240]), own.with_own_pots(fresh)
        yield {"taught": taught, "seen": correct(lab, network, seen), "new": correct(lab, network, fresh)}


def alike(lab: ModuleType, seed: int) -> Iterator[Row]:
    """Yield how alike the maps of a network are to those of one that learnt by heart, and of another that did learn."""
    flowers, network = load_flowers("single", 120, seed=7), own.network(lab, "single", seed)
    right = np.flatnonzero(lab.predict(network, flowers.pictures).argmax(axis=1) == flowers.labels)[:CHECKED]
    few = flowers.chosen(right)
    others = {
        "chance": own.network(lab, "single", seed, "chance"),
        "another seed": own.network(lab, "single", (seed + 1) % len(own.SEEDS)),
    }
    for name, method in METHODS.items():
        here = maps(lab, network, few, method)
        for other, there in others.items():
            yield {"method": name, "other": other} | likeness(here, maps(lab, there, few, method))


def graded(lab: ModuleType, seed: int) -> Iterator[Row]:
    """Yield what two networks make of flowers whose stem should tell their class, in pots that could tell it as well.

    One was taught by flowers in any pots, the other by flowers in such pots. In how many flowers the answer follows
    another stem, or another pot; and how well each method finds the two parts, where it is asked why the class, and why
    it rather than the class of the next colour.
    """
    flowers = own.with_own_pots(load_flowers("single", 120, seed=7))
    stems = flowers.chosen(flowers.told_by("stem"))
    few = stems.chosen(slice(EXPLAINED))
    others = turned(few, "stem").labels
    questions = {"class": xai.Logit(few.labels), "contrast": xai.Margin(few.labels, others)}
    for taught in ("parts", "pots"):
        network = own.network(lab, "single", seed, taught)
        for part in ("stem", "pot"):
            answers = lab.predict(network, turned(stems, part).pictures).argmax(axis=1)
            followed = np.mean(answers == turned(stems, "stem").labels)
            yield {"taught": taught, "recolored": part, "followed": followed}
        model, inputs = wrapped(lab, network, few), lab.layout(few.pictures)
        for (asked, quantity), (name, method) in itertools.product(questions.items(), METHODS.items()):
            judged = method(model, inputs, quantity=quantity)
            for part in ("stem", "pot"):
                one = xai.Localisation(few.concepts[part], smoothing=1)(judged)
                found = {"overlap": np.mean(one.value), "energy": np.nanmean(one.energy), "hit": np.mean(one.hit)}
                yield {"taught": taught, "asked": asked, "method": name, "part": part} | found


def turned(stems: Flowers, part: str) -> Flowers:
    """Return flowers whose stem tells the class with one part in the next colour."""
    colors = stems.colors("stem")
    return stems.recolored(part, [colors[(label - len(colors) + 1) % len(colors)] for label in stems.labels])


def maps(lab: ModuleType, network: Any, flowers: Flowers, method: xai.Method) -> Any:
    """Return the maps of flowers, for their classes."""
    model = wrapped(lab, network, flowers)
    return method(model, lab.layout(flowers.pictures), quantity=xai.Logit(flowers.labels)).map


def likeness(ones: Any, others: Any) -> Row:
    """Return the rank correlation of maps, and of their magnitudes, the means over pictures; of what is all equal 0."""
    signed, sizes = (
        [np.nan_to_num(stats.spearmanr(one.ravel(), other.ravel()).statistic) for one, other in zip(*pair, strict=True)]
        for pair in ((ones, others), (np.abs(ones), np.abs(others)))
    )
    return {"signed": np.mean(signed), "magnitudes": np.mean(sizes)}


def wrapped(lab: ModuleType, network: Any, flowers: Flowers) -> xai.Model:
    """Return a network as the library sees it."""
    shape = lab.layout(flowers.pictures[:1]).shape[1:]
    return xai.wrap(network, classes=flowers.classes, bounds=(0, 1), input_shape=shape)


def correct(lab: ModuleType, network: Any, flowers: Flowers) -> float:
    """Return how often a network is right."""
    return float((lab.predict(network, flowers.pictures).argmax(axis=1) == flowers.labels).mean())


if __name__ == "__main__":
    main()
