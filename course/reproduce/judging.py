"""Measure what is claimed of metrics, on the networks of drawn flowers: five seeds, both frameworks.

    python course/reproduce/judging.py

Half an hour on one core. What is done already stays: each row of course/xai_course/results/judging.json is
written at once. Delete the file to start anew.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from rows import Row, Rows

import xai_course
import xai_widgets as xai
from xai_course import flowers as networks
from xai_course.data import Flowers, load_flowers

RESULTS = Path(xai_course.__file__).parent / "results" / "judging.json"
BACKENDS = ("torch", "keras")
PICTURES, CHECKED, STEPS = 24, 8, 16
METHODS: dict[str, xai.Method] = {
    "LRP": xai.RelevancePropagation(),
    "IG, blur": xai.IntegratedGradients(steps=32, baseline="blur"),
    "IG, black": xai.IntegratedGradients(steps=32),
    "Grad-CAM": xai.GradCam(),
    "x times gradient": xai.InputXGradient(),
    "SmoothGrad": xai.SmoothGrad(samples=16, sigma=0.1),
    "saliency": xai.Saliency(),
    "guided backpropagation": xai.GuidedBackpropagation(),
    "occlusion": xai.Occlusion(window=6, stride=3, baseline="mean"),
}
SMOOTHINGS = (0, 1)
"""In pixels: maps of gradients are scattered, and those of coarse layers are not."""
FILLS = ("mean", "black", "blur")
CHECKS: dict[str, tuple[str, ...]] = {
    "randomised": ("saliency", "x times gradient", "guided backpropagation", "Grad-CAM"),
    "shifted": ("saliency", "SmoothGrad", "guided backpropagation", "x times gradient", "IG, black"),
}
COMPARED = 12
"""So many flowers are there for all metrics side by side."""
FROM_ZERO = xai.IntegratedGradients(steps=32, baseline=0.0)


def main() -> None:
    """Measure what there is no row of."""
    rows, flowers = Rows(RESULTS), load_flowers("single", 200, seed=7)
    for backend in BACKENDS:
        lab = xai_course.backend(backend)
        for seed in networks.SEEDS:
            network = networks.network(lab, "single", seed)
            right = np.flatnonzero(lab.predict(network, flowers.pictures).argmax(axis=1) == flowers.labels)[:PICTURES]
            model = xai.wrap(
                network, classes=flowers.classes, bounds=(0, 1), input_shape=lab.layout(flowers.pictures[:1]).shape[1:]
            )
            key = {"backend": backend, "seed": seed}
            for measured in (found, erased, randomised, shifted, cohering):
                if rows.find(measured.__name__, **key) is None:
                    for row in list(measured(model, lab.layout, flowers, right)):
                        rows.add(measured.__name__, key | rounded(row))
            print(backend, seed, flush=True)


def found(model: xai.Model, layout: Callable[[Any], Any], flowers: Flowers, right: Any) -> Iterator[Row]:
    """Yield how well each method finds the part that tells the class."""
    inputs, masks = layout(flowers.pictures[right]), flowers.masks[right]
    methods, metrics = list(METHODS.values()), [xai.Localisation(masks, smoothing=one) for one in SMOOTHINGS]
    table = xai.benchmark(
        model, inputs, methods=methods, metrics=metrics, masks=masks, quantity=xai.Logit(flowers.labels[right])
    )
    names = [*METHODS, *table.methods[len(METHODS) :]]
    for name, values, errors in zip(names, table.values, table.standard_errors, strict=True):
        for smoothing, value, error in zip(SMOOTHINGS, values, errors, strict=True):
            yield {"method": name, "smoothing": smoothing, "overlap": value, "error": error}


def erased(model: xai.Model, layout: Callable[[Any], Any], flowers: Flowers, right: Any) -> Iterator[Row]:
    """Yield deletion and insertion of each method, with each fill."""
    some = right[: PICTURES // 2]
    metrics = [kind(steps=STEPS, fill=fill) for kind in (xai.Deletion, xai.Insertion) for fill in FILLS]
    inputs, masks, methods = layout(flowers.pictures[some]), flowers.masks[some], list(METHODS.values())
    table = xai.benchmark(
        model, inputs, methods=methods, metrics=metrics, masks=masks, quantity=xai.Logit(flowers.labels[some])
    )
    names = [*METHODS, *table.methods[len(METHODS) :]]
    for column, metric in enumerate(metrics):
        for name, value, error in zip(names, table.values[:, column], table.standard_errors[:, column], strict=True):
            yield {"metric": metric.name, "fill": str(metric.fill), "method": name, "area": value, "error": error}


def randomised(model: xai.Model, layout: Callable[[Any], Any], flowers: Flowers, right: Any) -> Iterator[Row]:
    """Yield how alike maps stay while layers are reset, from the outputs down."""
    some = right[:CHECKED]
    for name in CHECKS["randomised"]:
        checked = xai.ParameterRandomisation(draws=3)(
            model, layout(flowers.pictures[some]), method=METHODS[name], quantity=xai.Logit(flowers.labels[some])
        )
        for depth, layer in enumerate(checked.layers):
            yield {
                "method": name,
                "layer": layer,
                "signed": checked.signed_spearman[:, depth].mean(),
                "magnitudes": checked.spearman[:, depth].mean(),
                "edges, magnitudes": checked.null["edges"]["spearman"],
                "random networks, magnitudes": checked.null["two random networks"]["spearman"],
            }


def shifted(model: xai.Model, layout: Callable[[Any], Any], flowers: Flowers, right: Any) -> Iterator[Row]:
    """Yield by how much maps change where input and network are shifted together."""
    some = right[:CHECKED]
    methods = {name: METHODS[name] for name in CHECKS["shifted"]} | {"IG, from the number 0": FROM_ZERO}
    for name, method in methods.items():
        checked = xai.InputInvariance()(
            model, layout(flowers.pictures[some]), method=method, quantity=xai.Logit(flowers.labels[some])
        )
        yield {"method": name, "change": np.mean(checked.value)}


def cohering(model: xai.Model, layout: Callable[[Any], Any], flowers: Flowers, right: Any) -> Iterator[Row]:
    """Yield what seven metrics say of each method, and of the controls, over the same flowers."""
    some = right[:COMPARED]
    masks = flowers.masks[some]
    metrics = {
        "deletion, mean": xai.Deletion(steps=STEPS),
        "deletion, black": xai.Deletion(steps=STEPS, fill="black"),
        "insertion, mean": xai.Insertion(steps=STEPS),
        "infidelity": xai.Infidelity(samples=64),
        "sensitivity": xai.SensitivityMax(samples=4),
        "localisation": xai.Localisation(masks),
        "localisation, smoothed": xai.Localisation(masks, smoothing=1),
    }
    table = xai.benchmark(
        model,
        layout(flowers.pictures[some]),
        methods=list(METHODS.values()),
        metrics=list(metrics.values()),
        masks=masks,
        quantity=xai.Logit(flowers.labels[some]),
    )
    for name, values in zip([*METHODS, *table.methods[len(METHODS) :]], table.values, strict=True):
        for metric, value, better in zip(metrics, values, table.better, strict=True):
            yield {"method": name, "metric": metric, "value": value, "better": better}


def rounded(row: Row) -> Row:
    """Return a row as it is kept."""
    return {name: one if isinstance(one, str) else round(float(one), 4) for name, one in row.items()}


if __name__ == "__main__":
    main()
