"""Train networks of prototypes on drawn flowers, and measure whether their prototypes lie on what tells the class.

    python course/reproduce/prototypes.py

Some minutes on one core: three seeds in both frameworks, from places that tell the class and from random ones; what
comes of seed 0 in PyTorch ships. What is done already stays: each row of course/xai_course/results/prototypes.json is
written at once. Delete the file to start anew.
"""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import get_args

from rows import Rows

import xai_course
from xai_course.networks.architecture import FLOWERS_PROTOTYPES
from xai_course.networks.shipped import ship
from xai_course.self_explaining import prototypes as own

RESULTS = Path(xai_course.__file__).parent / "results" / "prototypes.json"
BACKENDS = ("torch", "keras")


def main() -> None:
    """Train and measure what there is no row of."""
    rows, flowers = Rows(RESULTS), own.training_flowers()
    fresh = flowers.chosen(flowers.test)
    for backend, seed, start in itertools.product(BACKENDS, own.SEEDS, get_args(own.Start)):
        key, lab = {"backend": backend, "seed": seed, "start": start}, xai_course.backend(backend)
        if rows.find("trained", **key) is not None:
            continue
        found = own.trained(lab, flowers, seed, start)
        network = lab.build(FLOWERS_PROTOTYPES, found.weights)
        held, chance = own.on_the_part(own.wrapped(lab, network, flowers), flowers, found.sources)
        if (backend, seed, start) == ("torch", 0, "evidence"):
            ship(own.SHIPPED, found.weights)
        row = {
            "pushes": [[round(share, 4) for share in push] for push in found.pushes],
            "new": round(float((lab.predict(network, fresh.pictures).argmax(axis=1) == fresh.labels).mean()), 4),
            "on the part": held,
            "chance": round(chance, 4),
            "sources": [list(source) for source in found.sources],
        }
        rows.add("trained", key | row)
        print(rows.tables["trained"][-1], flush=True)


if __name__ == "__main__":
    main()
