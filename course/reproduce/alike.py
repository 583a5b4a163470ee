"""Train and measure the networks of the lesson on similarity: three seeds, and one of them on its way.

    python course/reproduce/alike.py

They are trained in PyTorch and ship for both frameworks. What the lesson says of other seeds and pictures is judged by
`claims.py`. What is done already stays: each row of course/xai_course/results/alike.json is written at once. Delete the
file to start anew.
"""

from __future__ import annotations

from pathlib import Path

import torch
from rows import Rows

import xai_course
from xai_course import alike
from xai_course.data import load_digits, stand_in_digits
from xai_course.networks.shipped import ship

RESULTS = Path(xai_course.__file__).parent / "results" / "alike.json"


def main() -> None:
    """Train what there is no row of, ship it, and measure on MNIST and on its stand-in how often it is right."""
    lab, rows = xai_course.backend("torch"), Rows(RESULTS)
    torch.set_num_threads(1)
    digits = load_digits(alike.PICTURES)
    if digits.is_stand_in:
        raise SystemExit(f"These results are for MNIST; found {digits}.")
    for seed in alike.SEEDS:
        for step in alike.STEPS[1:] if seed == alike.SEEDS[0] else alike.STEPS[-1:]:
            key = {"seed": seed, "step": step}
            if rows.find("networks", **key):
                continue
            network = alike.trained(lab, seed, step)
            ship(alike.shipped_name(seed, step), lab.weights_of(network), half=True)
            network = alike.network(lab, seed, step)
            accuracy = {
                name: round(float((lab.predict(network, each.x_test).argmax(axis=1) == each.y_test).mean()), 4)
                for name, each in (("accuracy", digits), ("on stand-ins", stand_in_digits()))
            }
            rows.add("networks", {**key, **accuracy})
            print(rows.tables["networks"][-1], flush=True)


if __name__ == "__main__":
    main()
