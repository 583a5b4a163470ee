"""The map of a network at one depth of its resets, and how alike it is to that of the trained one, as one stream."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from xai_widgets.answers.progress import Progress
from xai_widgets.answers.question import Question
from xai_widgets.attribution.method import Method
from xai_widgets.attribution.result import Attribution
from xai_widgets.evaluation.erasure import laid
from xai_widgets.evaluation.randomisation import (
    MEASURES,
    NULLS,
    ParameterRandomisation,
    RandomisationEstimate,
    alike,
    edges_of,
    estimated,
    forgotten,
    groups_of,
    random_seeds,
)
from xai_widgets.models.objective import Array
from xai_widgets.models.resets import Resets
from xai_widgets.option import Optioned

Setting = tuple[tuple[str, ...], int]
"""Which layers are reset, and the seed of what they are reset to."""


@dataclass(frozen=True, eq=False, repr=False)
class Descended(Progress):
    """How far a descent has come.

    Attributes
    ----------
    trained : Attribution
        What explains the trained network.
    map : array
        The map at the depth that is looked at, of the first draw.
    shares : array of shape (outputs,)
        What the network says there, as `Model.shares` has it.
    measured : RandomisationEstimate or None
        How alike the maps are at all depths, as far as is known; None while nothing is.
    evaluations, planned, change, final, state
        See `Progress`; of all depths.
    """

    trained: Attribution
    map: Array
    shares: Array
    measured: RandomisationEstimate | None

    @property
    def values(self) -> Array:
        """The map."""
        return self.map

    @property
    def nbytes(self) -> int:
        """About how much memory it takes to keep; what the maps of the trained network take is shared."""
        return self.map.nbytes


@dataclass
class Memory:
    """What was found of one question by one method, wherever that was looked for."""

    trained: Attribution | None = None
    maps: dict[Setting, Array] = field(default_factory=dict)
    """As they are shown, of first draws."""
    shares: dict[Setting, Array] = field(default_factory=dict)
    alike: dict[Setting, Array] = field(default_factory=dict)
    """How alike each is to that of the trained network, (measures, batch)."""
    random: list[Array] = field(default_factory=list)
    """The maps of networks that have learnt nothing, laid over the input."""
    nulls: dict[str, Array] = field(default_factory=dict)


class Copies:
    """The copy of a network whose layers are reset, one for all who ask, made anew when the network has changed.

    Parameters
    ----------
    model : Model
    depths : int
        How many resets there are at most.

    Attributes
    ----------
    groups : list of list of str
        The layers that each depth adds, the top ones first.
    """

    def __init__(self, model: Any, depths: int) -> None:
        self._model = model
        self._resets: Resets | None = model.resets()
        self.groups = groups_of(self._resets, depths)

    @property
    def resets(self) -> Resets:
        """The copy."""
        if self._resets is None:
            self._resets = self._model.resets()
        return self._resets

    def forget(self) -> None:
        """Make another copy when one is asked for, because the network has changed."""
        self._resets = None


@dataclass(frozen=True, eq=False)
class Descent(Optioned):
    """Explains a network at one depth of its resets first, then at all others.

    Parameters
    ----------
    metric : ParameterRandomisation
    explainer : Method
    depth : int
        How many groups of layers are reset in cascade, or which one alone; 0 is the trained network.
    """

    metric: ParameterRandomisation
    explainer: Method
    depth: int

    def stream(self, question: Question, memory: Memory, copies: Copies) -> Iterator[Descended | None]:
        """Return what is found one by one, and None after work that brought nothing to see; to cancel, stop iterating.

        Parameters
        ----------
        question : Question
            What the method explains of the trained network; the class is the same at all depths.
        memory : Memory
            Of this question and method; it is filled.
        copies : Copies
            Of this network.
        """
        yield from self._trained(question, memory)
        descent = _Descent(self, memory, copies)
        yield from descent.look()
        for _ in descent.steps():
            yield descent.answer()
        yield descent.answer(final=True)

    def _trained(self, question: Question, memory: Memory) -> Iterator[Descended | None]:
        """Explain the trained network."""
        if memory.trained is not None:
            return
        found = None
        for better in self.explainer.steps_to(question):
            found = found if better is None else better
            if better is None or better.final or self.depth:
                yield None
            else:
                yield self._first(better, question)
        memory.trained = found

    def _first(self, found: Attribution, question: Question) -> Descended:
        """Return what there is to see before the trained network is explained altogether."""
        shares = question.model.shares(question.batch)[0]
        return Descended(
            trained=found,
            map=found.map,
            shares=shares,
            measured=None,
            evaluations=found.evaluations,
            planned=found.planned,
            final=False,
        )


class _Descent:
    """The work for one depth, and then for all others.

    Between two steps others may have reset the same copy, so it is taken before each.
    """

    def __init__(self, asked: Descent, memory: Memory, copies: Copies) -> None:
        if memory.trained is None:
            raise RuntimeError(f"{asked.explainer!r} ended without an answer.")
        self.asked, self.metric, self.memory = asked, asked.metric, memory
        self.trained: Attribution = memory.trained
        self.resets, self.groups = copies.resets, copies.groups
        self.here = laid(self.trained)[0]
        self.shown = self._setting(asked.depth, 0)

    def look(self) -> Iterator[Descended | None]:
        """Explain the network at the depth that is looked at, and say what it answers there."""
        if self.shown not in self.memory.shares:
            self.resets.take(*self.shown)
            self.memory.shares[self.shown] = self.resets.model.shares(self.trained.question.batch)[0]
        if self.asked.depth == 0:
            self.memory.maps[self.shown] = self.trained.map
        elif self.shown not in self.memory.maps:
            for better in self._explanations(self.shown):
                if better is None:
                    yield None
                elif better.final:
                    self._keep(self.shown, better)
                else:
                    yield self.answer(better.map)
        yield self.answer()

    def steps(self) -> Iterator[None]:
        """Find out all that is not known: how alike the maps are that stand nearest first, and what means nothing."""
        depths = range(1, len(self.groups) + 1)
        near = sorted(depths, key=lambda depth: abs(depth - self.asked.depth))
        for depth in near:
            yield from self._compare(self._setting(depth, 0))
        yield from self._compare_nothing()
        for draw in range(1, self.metric.draws):
            for depth in near:
                yield from self._compare(self._setting(depth, draw))

    def answer(self, shown: Array | None = None, *, final: bool = False) -> Descended:
        """Return what is known by now."""
        memory = self.memory
        settings = [[self._setting(depth + 1, draw) for depth in range(len(self.groups))] for draw in self._draws]
        nothing = np.full((len(MEASURES), len(self.here)), np.nan)
        found = np.array([[memory.alike.get(one, nothing) for one in row] for row in settings]).transpose(2, 0, 1, 3)
        each, count = self.trained.evaluations, int(np.isfinite(found[0, ..., 0]).sum())
        spent, planned = each * (len(memory.random) + count), each * (len(NULLS) + found[0, ..., 0].size)
        measured = None
        if count:
            so_far = {"evaluations": spent, "planned": planned, "final": final}
            measured = estimated(self.metric, self.trained, self.groups, found, memory.nulls, **so_far)
        return Descended(
            trained=self.trained,
            map=memory.maps[self.shown] if shown is None else shown,
            shares=memory.shares[self.shown],
            measured=measured,
            evaluations=each + spent,
            planned=each + planned,
            final=final,
        )

    @property
    def _draws(self) -> range:
        return range(self.metric.draws)

    def _setting(self, depth: int, draw: int) -> Setting:
        if depth == 0:
            return (), self.metric.seed
        return tuple(forgotten(self.groups, depth - 1, self.metric.order)), self.metric.seed + draw

    def _explanations(self, setting: Setting) -> Iterator[Attribution | None]:
        """Explain the network as it is at a setting."""
        self.resets.take(*setting)
        steps = self.asked.explainer.steps_to(self.trained.question.asked_of(self.resets.model))
        while True:
            self.resets.take(*setting)
            try:
                better = next(steps)
            except StopIteration:
                return
            yield better

    def _keep(self, setting: Setting, found: Attribution) -> None:
        """Remember how alike a map is, and the map itself where it is that of a first draw."""
        self.memory.alike[setting] = alike(self.here, laid(found)[0])
        if setting[1] == self.metric.seed:
            self.memory.maps[setting] = found.map

    def _compare(self, setting: Setting) -> Iterator[None]:
        if setting in self.memory.alike:
            return
        for better in self._explanations(setting):
            if better is not None and better.final:
                self._keep(setting, better)
            yield

    def _compare_nothing(self) -> Iterator[None]:
        """See how alike maps are that have nothing learnt in common."""
        if self.memory.nulls:
            return
        everything = tuple(self.resets.layers)
        for seed in random_seeds(self.metric)[len(self.memory.random) :]:
            for better in self._explanations((everything, seed)):
                if better is not None and better.final:
                    self.memory.random.append(laid(better)[0])
                yield
        edges = alike(self.here, edges_of(self.trained.question))
        self.memory.nulls = dict(zip(NULLS, (edges, alike(*self.memory.random)), strict=True))
