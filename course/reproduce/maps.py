"""Measure maps of the faces of lesson 3: whether they find the wall, and whether they stay where the network forgets.

    python course/reproduce/maps.py

Half an hour on one core. What is done already stays: each row of course/xai_course/results/maps.json is written at
once. Delete the file to start anew.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from rows import Row, Rows

import xai_course
import xai_widgets as xai
from xai_course import faces as lesson
from xai_course.data import Faces, load_faces

RESULTS = Path(xai_course.__file__).parent / "results" / "maps.json"
BACKENDS = ("torch", "keras")
PAINTED, LEFT = 10, 2
"""How many pictures of each person: those whose wall is painted, and those that the network explains as it forgets."""
DRAWS = 5

COVERING: dict[str, xai.Method] = {
    "occlusion": xai.Occlusion(),
    "ablation, 8 x 8": xai.FeatureAblation(size=8),
    "LIME, 8 x 8": xai.Lime(size=8, samples=256),
    "KernelSHAP, 8 x 8": xai.KernelShap(size=8, samples=256),
    "ablation, 16 x 16": xai.FeatureAblation(size=16),
    "LIME, 16 x 16": xai.Lime(size=16, samples=256),
    "KernelSHAP, 16 x 16": xai.KernelShap(size=16, samples=256),
    "RISE": xai.Rise(samples=256),
    "learnt mask": xai.MeaningfulPerturbation(),
}
FORGETTING: dict[str, xai.Method] = {
    "relevance, z+": xai.RelevancePropagation(composite="z_plus"),
    "guided backpropagation": xai.GuidedBackpropagation(),
    "DeepLIFT": xai.DeepLift(),
    "integrated gradients": xai.IntegratedGradients(steps=16),
    "saliency": xai.Saliency(),
    "Grad-CAM": xai.GradCam(),
}


def main() -> None:
    """Measure what there is no row of."""
    rows, faces = Rows(RESULTS), load_faces()
    if faces.is_stand_in:
        raise SystemExit(f"these results are for Labeled Faces in the Wild; found {faces}.")
    for backend in BACKENDS:
        lab = xai_course.backend(backend)
        networks = {pink: lesson.network(lab, lesson.controlled(faces), faces, pink=pink)[0] for pink in (True, False)}
        for name in COVERING:
            key = {"backend": backend, "method": name}
            if rows.find("walls", **key) is None:
                rows.add("walls", key | on_walls(lab, networks[True], faces, COVERING[name]))
                print(key, flush=True)
        for name in FORGETTING:
            for seed in range(DRAWS):
                key = {"backend": backend, "method": name, "seed": seed}
                if rows.find("forgotten", **key) is None:
                    rows.add("forgotten", key | forgotten(lab, networks[False], faces, FORGETTING[name], seed))
                    print(key, flush=True)


def on_walls(lab: Any, network: Any, faces: Faces, method: xai.Method) -> Row:
    """Return how much of each map lies on the wall, and how much the two overlap, where the wall misleads."""
    person, painted = faces.roles["painted"], lesson.paint_background(faces.pictures)
    right = read(lab, network, faces.pictures, faces.test) == faces.labels[faces.test]
    misled = read(lab, network, painted, faces.test) == faces.classes.index(person)
    chosen = first(faces, faces.test[right & misled], PAINTED, but=person)
    inputs, names = lab.layout(painted[chosen]), [faces.classes[label] for label in faces.labels[chosen]]
    judged = method(wrapped(network, faces, inputs), inputs, quantity=xai.Margin(person, names))
    found = xai.Localisation(lesson.wall())(judged)
    return {"inside": rounded(found.energy), "overlap": rounded(found.value)}


def forgotten(lab: Any, network: Any, faces: Faces, method: xai.Method, seed: int) -> Row:
    """Return how alike maps stay, on average, while layers are reset from the outputs down, for one draw."""
    right = faces.test[read(lab, network, faces.pictures, faces.test) == faces.labels[faces.test]]
    chosen = first(faces, right, LEFT)
    inputs, labels = lab.layout(faces.pictures[chosen]), faces.labels[chosen].tolist()
    check = xai.ParameterRandomisation(draws=1, seed=seed)
    found = check(wrapped(network, faces, inputs), inputs, method=method, quantity=xai.Logit(labels))
    random = found.null["two random networks"]
    return {
        "layers": list(found.layers),
        "magnitudes": rounded(found.spearman.mean(axis=0)),
        "signed": rounded(found.signed_spearman.mean(axis=0)),
        "random networks": rounded([random["spearman"], random["signed_spearman"]]),
    }


def read(lab: Any, network: Any, pictures: Any, places: Any) -> Any:
    """Return the classes that a network sees in some of the pictures."""
    return lab.predict(network, pictures[places]).argmax(axis=1)


def first(faces: Faces, places: Any, count: int, but: str = "") -> Any:
    """Return the first places of each person, that one left out."""
    people = [label for label, name in enumerate(faces.classes) if name != but]
    return np.concatenate([places[faces.labels[places] == label][:count] for label in people])


def wrapped(network: Any, faces: Faces, inputs: Any) -> xai.Model:
    """Return the model that a network is to the library."""
    return xai.wrap(network, classes=faces.classes, bounds=(0, 1), input_shape=inputs.shape[1:])


def rounded(values: Any) -> list[float]:
    """Return numbers as they are kept."""
    return [round(float(value), 3) for value in values]


if __name__ == "__main__":
    main()
