"""What is taken away of an input, at random, to see whether an explanation says by how much the quantity changes."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from xai_widgets.answers.question import Question
from xai_widgets.attribution.baseline import baseline_for
from xai_widgets.attribution.features import Features, features_for
from xai_widgets.attribution.gradients.noise import Gaussian
from xai_widgets.attribution.method import Method
from xai_widgets.attribution.result import Attribution
from xai_widgets.errors import InputError
from xai_widgets.models.objective import Array

ACROSS = 8
"""So many squares lie along the shorter side of a picture; on vectors each element is by itself."""


class Perturbation(NamedTuple):
    """Some draws in a row, each for the whole batch, at the place in the network that is explained."""

    left: Array
    """What is left, (draws, batch, *shape)."""
    taken: Array
    """What is taken away in units of the explanation: a difference for slopes, else 1 where an element is gone."""


def check_elements(judged: Attribution) -> None:
    """Refuse an explanation at a layer that has no value for each element there, of which some are to be taken away.

    Raises
    ------
    ValueError
        With what would do.
    """
    cut = judged.question.cut
    if cut.layer is not None and judged.layouts[0].shape != cut.shape:
        raise InputError(
            f"{judged.method.title} has a value for each token, {judged.layouts[0].shape}, and none for each "
            f"element of layer {cut.layer!r}, {cut.shape}, of which some are to be taken away; expected an "
            "explanation that has, such as InputXGradient()(model, x, layer=...)."
        )


def perturbed(judged: Attribution, sigma: float, seed: int, start: int, stop: int) -> Perturbation:
    """Return the perturbations with these numbers, each of which depends on (seed, number) alone.

    Slopes are asked about noise, a normal distribution whose standard deviation is the fraction `sigma` of the width of
    the bounds. Contributions and weights are asked about what is lost when some of the input goes to where they count
    from: each feature, square or element by the toss of a coin.
    """
    question = judged.question
    if judged.method.kind != "slope":
        return _removed(judged, seed, start, stop)
    if question.cut.is_latent:
        where = "the vectors of embeddings" if question.cut.layer is None else f"layer {question.cut.layer!r}"
        raise InputError(
            f"{judged.method.label} measures slopes of {where}, whose values have no range that sigma could be a "
            "fraction of; expected slopes by the input, or contributions, as of IntegratedGradients."
        )
    noise = Gaussian(sigma=sigma, samples=stop, seed=seed).prepare(question.model, question.cut, question.batch)
    left = noise.draw(start, stop).inputs
    return Perturbation(left, np.float64(question.batch) - left)


def lost(judged: Attribution, found: Perturbation) -> tuple[Array, Array]:
    """Return by how much the quantity drops, (draws, batch), and what an explanation says of that."""
    question, (draws, count) = judged.question, found.left.shape[:2]
    flat = found.left.reshape(draws * count, *found.left.shape[2:])
    if not question.cut.is_latent:
        evaluation = question.forward(flat)
    else:
        evaluation = question.forward(question.batch[np.tile(np.arange(count), draws)], flat)
    drop = np.atleast_1d(np.float64(question.score)) - evaluation.values.astype(np.float64).reshape(draws, count)
    taken = found.taken.reshape(draws, count, -1)
    return drop, np.einsum("dbi,bi->db", taken, claimed(judged).reshape(count, -1))


def claimed(judged: Attribution) -> Array:
    """Return the values of an explanation in float64, (batch, *shape), each feature shared out among its elements."""
    question = judged.question
    values = [one[None] if question.single else one for one in judged.each]
    packed = values[0] if question.cut.space is None else question.cut.space.packed(values)
    found: Array = packed.astype(np.float64)
    return found if judged.features is None else found * judged.features.weights


def _removed(judged: Attribution, seed: int, start: int, stop: int) -> Perturbation:
    question, method = judged.question, judged.method
    if not isinstance(method, Method):
        raise InputError(f"{method.title} is no method here, so that what its values count from is not known.")
    features = judged.features or _features(question)
    # Within a batch what is taken away is the same for all.
    coins = [np.random.default_rng((seed, number)).random(features.count) < 0.5 for number in range(start, stop)]
    present = np.stack(coins)
    here, away = _ends(question, method, start, stop)
    gone = np.broadcast_to(~features.there(present), (len(present), *here.shape))
    return Perturbation(np.where(gone, away, here), gone.astype(np.float64))


def _ends(question: Question, method: Method, start: int, stop: int) -> tuple[Array, Array]:
    """Return what is at the place that is explained, and what contributions count from there, for each draw."""
    here, there = question.cut.activations(question.batch), method.references(question, start, stop)
    if there is None:
        of_ids = question.cut.layer is None and question.model.input.integral
        return here, baseline_for(here, "padding", question.model) if of_ids else np.zeros_like(here)
    if not question.cut.is_latent:
        return here, there
    flat = question.cut.activations(there.reshape(-1, *there.shape[2:]))
    return here, flat.reshape(*there.shape[:2], *here.shape[1:])


def _features(question: Question) -> Features:
    """Return what is taken away together: squares of a picture; of all else, and at layers, every place by itself."""
    cut, layout = question.cut, question.cut.layout
    if not cut.is_latent and layout.known:
        return features_for(question.batch, "squares", max(1, min(layout.grid) // ACROSS), question.model)
    together = () if layout.is_vector or cut.layer is None else layout.channel_axes
    shape = [1 if axis in together else size for axis, size in enumerate(cut.shape)]
    count = int(np.prod(shape))
    return Features(np.arange(count).reshape(1, *shape), cut.shape, count)
