"""ConceptSHAP: how much of a network's answers some concepts can carry, and which share of that is each one's."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from xai_widgets.answers.progress import Progress
from xai_widgets.answers.refine import streamed
from xai_widgets.answers.registry import register
from xai_widgets.answers.stream import Stream
from xai_widgets.attribution.gradients.noise import SAMPLES, SEED
from xai_widgets.attribution.surrogates.coalitions import MOST_PLAYERS, CoalitionSampler, EveryCoalition
from xai_widgets.attribution.surrogates.game import Game
from xai_widgets.concepts.examples.concept import Concept
from xai_widgets.concepts.finder import Finder
from xai_widgets.concepts.units import Units
from xai_widgets.errors import InputError, InputTypeError, shown
from xai_widgets.models.arrays import as_array
from xai_widgets.models.base import Model
from xai_widgets.models.objective import Array, Objective
from xai_widgets.models.passes import in_chunks

DRAWS = replace(
    SAMPLES,
    default=10,
    slider=(1, 32),
    unit="sets",
    label="Random sets",
    sentence="How many sets of as many random directions there are to compare with.",
)
RIDGE = 1e-6
"""What keeps directions that are nearly the same apart, in units of the mean variance of the units."""


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class ConceptShares(Progress):
    """How much some concepts carry, and the share of each; made by `ConceptShap`.

    Attributes
    ----------
    values : dict
        The Shapley value of each concept, by name; they add up to the completeness.
    completeness : float
        The accuracy when the layer knows of nothing but the concepts, from 0, where it knows of nothing at all, to 1,
        that of the whole layer.
    random : array of shape (draws,)
        The completeness of as many random directions.
    accuracies : tuple of float
        With nothing known, with the concepts, and with the whole layer, on the inputs that were held out.
    classes : int
        How many classes there are: one direction less tells them apart, where the head is linear.
    game : Game or None
        Its coalitions with what each is worth, which `walk` shows; None until all are known.

    Examples
    --------
    >>> bright = xai.Concept("bright", np.clip(batch + 0.3, 0, 1), counterpart=batch)
    >>> dark = xai.Concept("dark", batch * 0.5, counterpart=batch)
    >>> shares = xai.ConceptShap([bright, dark], draws=2)(model, batch, layer="relu2")
    >>> bool(np.isclose(sum(shares.values.values()), shares.completeness))
    True
    """

    values: dict[str, float]
    completeness: float
    random: Array
    accuracies: tuple[float, float, float]
    classes: int
    game: Game | None = field(default=None)

    def __repr__(self) -> str:
        each = ", ".join(f"{name} {value:.2f}" for name, value in self.values.items())
        trivial = ""
        if len(self.values) >= self.classes - 1:
            trivial = f"; {len(self.values)} directions may tell {self.classes} classes apart, whatever they are"
        return (
            f"completeness {self.completeness:.2f}, of random directions {self.random.mean():.2f}: {each}{trivial} "
            f"({self.evaluations} evaluations)"
        )


@register
@dataclass(frozen=True, kw_only=True, eq=False)
class ConceptShap(Finder):
    """Asks how much of a network's answers is left when a layer knows of some concepts alone, and whose that is.

    Of each activation only its products with the directions of the concepts are kept. What the best linear map makes of
    these, which ridge regression finds on one half of the inputs, takes its place in the network, and the accuracy is
    counted on the other half. Each coalition of concepts has a map of its own.

    Parameters
    ----------
    concepts : sequence of Concept, or dict
        Their directions are the differences of the means of examples and counterpart, one number for each unit. A dict
        has concepts by name, or directions, arrays of shape (units,). At most 16.
    draws : int, default 10
        How many sets of as many random directions there are to compare with.
    seed : int, default 0
        Which inputs are held out, and which directions are random.

    Notes
    -----
    In the paper a perceptron maps back, and concept vectors are learnt. With as many concepts as there are classes,
    less one, random directions are often as complete: compare with `ConceptShares.random`.

    References
    ----------
    Yeh, Kim, Arik, Li, Pfister, Ravikumar (2020), On Completeness-aware Concept-Based Explanations in Deep Neural
    Networks.

    Examples
    --------
    >>> bright = xai.Concept("bright", np.clip(batch + 0.3, 0, 1), counterpart=batch)
    >>> shares = xai.ConceptShap({"bright": bright, "first": np.eye(8)[0]}, draws=2)(model, batch, layer="relu2")
    >>> list(shares.values)
    ['bright', 'first']
    """

    concepts: Any = field(kw_only=False)
    draws: int = DRAWS.field()
    seed: int = SEED.field()

    name = "concept_shap"
    label = "ConceptSHAP"
    sentence = "How much of a network's answers some concepts carry, and which share of that is each one's."
    reference = "Yeh, Kim, Arik, Li, Pfister, Ravikumar 2020"

    def __post_init__(self) -> None:
        super().__post_init__()
        given = self.concepts
        if isinstance(given, Sequence) and given and all(isinstance(one, Concept) for one in given):
            given = {one.name: one for one in given}
        if not isinstance(given, Mapping) or not given or not all(isinstance(name, str) for name in given):
            raise InputTypeError(f"concepts is {shown(self.concepts)}; expected a list of Concept, or a dict by name.")
        if len(given) != len(self.concepts):
            raise InputError("Some concepts have the same name; expected another one for each.")
        if len(given) > MOST_PLAYERS:
            raise InputError(f"There are {len(given)} concepts; expected at most {MOST_PLAYERS}, each subset is tried.")
        for one in given.values():
            if isinstance(one, Concept):
                one.sides  # noqa: B018 - says what is missing

    def __call__(self, model: Model, x: ArrayLike, layer: str, *, labels: ArrayLike | None = None) -> ConceptShares:
        """Return the last estimate of the stream, which is exact.

        Parameters
        ----------
        model : Model
            A network wrapped by `xai_widgets.wrap`.
        x : array of shape (batch, *input shape)
        layer : str
            Where the concepts are looked for.
        labels : array of int of shape (batch,), optional
            The classes that are right; by default the network's own answers.

        Returns
        -------
        ConceptShares

        Raises
        ------
        ValueError, TypeError
            If something does not fit, or the whole layer does no better than nothing.

        Examples
        --------
        >>> bright = xai.Concept("bright", np.clip(batch + 0.3, 0, 1), counterpart=batch)
        >>> xai.ConceptShap([bright], draws=2)(model, batch, layer="relu2").completeness <= 1
        True
        """
        return self.stream(model, x, layer, labels=labels).last()

    def stream(
        self, model: Model, x: ArrayLike, layer: str, *, labels: ArrayLike | None = None
    ) -> Stream[ConceptShares]:
        """Return the same with ever more coalitions; to cancel, stop iterating.

        Parameters
        ----------
        model : Model
            A network wrapped by `xai_widgets.wrap`.
        x : array of shape (batch, *input shape)
        layer : str
            Where the concepts are looked for.
        labels : array of int of shape (batch,), optional
            The classes that are right, as in a call.

        Returns
        -------
        iterator of ConceptShares
            The last of them `final`.

        Raises
        ------
        ValueError, TypeError
            At once, if something does not fit.

        Examples
        --------
        >>> bright = xai.Concept("bright", np.clip(batch + 0.3, 0, 1), counterpart=batch)
        >>> for shares in xai.ConceptShap([bright], draws=2).stream(model, batch, layer="relu2"):
        ...     if shares.completeness < 0.5:
        ...         break
        """
        return streamed(Shared(self, model, x, layer, labels))


class Shared(CoalitionSampler[ConceptShares]):
    """Lets a layer know of some concepts, one coalition after the other."""

    chunk = 1

    def __init__(self, method: ConceptShap, model: Model, x: ArrayLike, layer: str, labels: ArrayLike | None) -> None:
        self.method, self.units = method, Units(model, x, layer)
        count = len(self.units)
        if count < 2 or model.segmentation or model.outputs == "values":
            raise InputError("Expected two or more inputs of a network that answers with one class each.")
        self.labels = None if labels is None else _checked(labels, count, model.output_count)
        given = method.concepts if isinstance(method.concepts, Mapping) else {c.name: c for c in method.concepts}
        self.names = list(given)
        self.directions = np.stack([self._direction(name, one) for name, one in given.items()])
        order = np.random.default_rng(method.seed).permutation(count)
        self.fitted, self.held = order[: count // 2], np.sort(order[count // 2 :])
        self.objective = Objective(model.weights_of(np.zeros((1, model.output_count))))
        self.each = len(self.held)

    def start(self) -> Iterator[None]:
        """Read the layer, and find what it is worth to know of nothing, of all concepts, and of random directions."""
        units, pieces, start = self.units, [], 0
        while start < len(units):
            pieces.append(units.cut.activations(units.batch[start : start + units.chunk]))
            start += len(pieces[-1])
            yield
        activations = np.concatenate(pieces)
        rows = units.layout.by_channel(activations)
        known = rows[self.fitted].astype(np.float64).transpose(0, 2, 1).reshape(-1, units.count)
        self.mean = known.mean(axis=0)
        self.covariance = np.cov(known.T, bias=True).reshape(units.count, units.count)
        self.there = rows[self.held].astype(np.float64).transpose(0, 2, 1) - self.mean
        self.dtype = activations.dtype
        answers = in_chunks(units.cut, "forward", units.batch[self.held], self.objective).scores.argmax(axis=1)
        self.right = answers if self.labels is None else self.labels[self.held]
        self.whole = float((answers == self.right).mean())
        self.nothing = self._accuracy(np.zeros((0, units.count)))
        if not self.whole > self.nothing:
            raise InputError(
                f"With all of layer {units.layer!r} the accuracy on the inputs held out is {self.whole:.2f}, and "
                f"without it {self.nothing:.2f}; expected inputs of more than one class that the layer tells apart."
            )
        yield
        full = self._worth(self.directions)
        random = np.random.default_rng((self.method.seed, 1))
        self.random = np.array(
            [self._worth(random.normal(size=self.directions.shape)) for _ in range(self.method.draws)]
        )
        self.evaluations = len(units) + len(self.held) * (3 + self.method.draws)
        self.take(EveryCoalition(len(self.names), np.zeros(1), np.array([full])))
        self.worths = np.empty(self.size)

    def worth(self, present: Array) -> Array:
        return np.array([[self._worth(self.directions[row])] for row in present])

    def answer(self, values: Array, **progress: Any) -> ConceptShares:
        full = float(self.coalitions.full[0])
        return ConceptShares(
            values=dict(zip(self.names, values[0].tolist(), strict=True)),
            completeness=full,
            random=self.random,
            accuracies=(self.nothing, self.nothing + full * (self.whole - self.nothing), self.whole),
            classes=self.units.model.output_count,
            game=self._game(full) if progress["final"] else None,
            **progress,
        )

    def _game(self, full: float) -> Game:
        names = np.array(self.names, object)
        present = self.coalitions.draw(0, self.size)
        table = {tuple(names[row]): worth for row, worth in zip(present, np.asarray(self.worths).tolist(), strict=True)}
        return Game(self.names, {**table, (): 0.0, tuple(self.names): full})

    def _worth(self, directions: Array) -> float:
        """Return the completeness of some directions."""
        return (self._accuracy(directions) - self.nothing) / (self.whole - self.nothing)

    def _accuracy(self, directions: Array) -> float:
        """Return the accuracy on what is held out where the layer knows of these directions alone."""
        seen = directions @ self.covariance
        ridge = RIDGE * np.trace(self.covariance) / len(self.covariance) or 1.0
        back = np.linalg.solve(seen @ directions.T + ridge * np.eye(len(directions)), seen)
        found = (self.mean + self.there @ directions.T @ back).transpose(0, 2, 1)
        latents = self.units.layout.from_by_channel(found).astype(self.dtype)
        batch = self.units.batch[self.held]
        scores = in_chunks(self.units.cut, "forward", batch, self.objective, latents).scores
        return float((scores.argmax(axis=1) == self.right).mean())

    def _direction(self, name: str, given: Any) -> Array:
        """Return the direction of a concept, of length one."""
        if isinstance(given, Concept):
            there, away = (Units(self.units.model, side, self.units.layer).pooled.mean(axis=0) for side in given.sides)
            given = there - away
        found = as_array(given)
        if found.dtype.kind not in "fiu" or found.shape != (self.units.count,) or not np.isfinite(found).all():
            raise InputError(
                f"The direction of {name!r} is {shown(given)}; expected a Concept, or {self.units.count} finite "
                f"numbers, one for each unit of layer {self.units.layer!r}."
            )
        length = np.linalg.norm(found.astype(np.float64))
        if not length:
            raise InputError(
                f"Layer {self.units.layer!r} puts out the same for the examples of {name!r} and for their counterpart, "
                "on average; expected inputs that it tells apart, or another layer."
            )
        direction: Array = found / length
        return direction


def _checked(labels: Any, count: int, classes: int) -> Array:
    found = as_array(labels)
    if found.shape != (count,) or found.dtype.kind not in "iu" or found.min() < 0 or found.max() >= classes:
        raise InputError(
            f"labels is {shown(labels)}; expected the number of a class, from 0 to {classes - 1}, for each of {count} "
            "inputs."
        )
    return found
