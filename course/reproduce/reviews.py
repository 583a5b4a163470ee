"""Train and measure the network of the lesson on text, in both frameworks and with several seeds.

    python course/reproduce/reviews.py

A quarter of an hour on one core. What is done already stays: each row of course/xai_course/results/reviews.json is
written at once. Delete the file to start anew. The network of seed 0 in PyTorch is the one that ships.
"""

from __future__ import annotations

from pathlib import Path

from rows import Rows

import xai_course
from xai_course import text
from xai_course.networks.shipped import ship

RESULTS = Path(xai_course.__file__).parent / "results" / "reviews.json"
BACKENDS = ("torch", "keras")
SEEDS = range(8)


def main() -> None:
    """Train every network that there is no row of, and measure it."""
    reviews, rows = xai_course.write_reviews(), Rows(RESULTS)
    for backend in BACKENDS:
        lab = xai_course.backend(backend)
        for seed in SEEDS:
            key = {"backend": backend, "seed": seed}
            if rows.find("networks", **key) is None:
                network = text.trained(lab, reviews, seed)
                if (backend, seed) == ("torch", 0):
                    ship(text.NAME, lab.weights_of(network))
                found = {name: round(value, 4) for name, value in text.measured(lab, network, reviews).items()}
                rows.add("networks", key | found)
                print(key | found, flush=True)


if __name__ == "__main__":
    main()
