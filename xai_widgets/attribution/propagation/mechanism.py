"""How a value arises from a backward pass by rules: what each channel of the layer above sends to the place.

What arrives at a place is linear in what arrives at the layer above: so a pass that starts there, with the part of one
channel alone, says what that channel sends on, by whatever rule.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from xai_widgets.answers.question import Question
from xai_widgets.attribution.mechanism import Elements, Ledger, Mechanism, Place, largest_first
from xai_widgets.attribution.method import AttributionSampler, Method
from xai_widgets.errors import InputError
from xai_widgets.models.cut import Cut
from xai_widgets.models.objective import Array, Evaluation, Objective
from xai_widgets.models.passes import propagated
from xai_widgets.models.rules import Relevance, Rules
from xai_widgets.render.diagram import Bars, Part

EXACT = 1e-5
"""By how much of the largest value what starts at the layer above may differ from what starts at the scores."""

TRIED = 6
"""So many layers are tried for one through which all comes."""

NOTES = "layers above"
"""Where a model keeps which layer it was, for each place and rules."""


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class FlowMechanism(Mechanism):
    """A value that flows to the place from the layer above in a backward pass by rules; made by `Method.mechanism`.

    Attributes
    ----------
    layer : str
        The layer above: the first one through which all comes.
    flows : array of shape (channels,)
        What each of its channels sends to the place; the value is their sum.
    multipliers : array of shape (channels,), or None
        The same before it is multiplied by the way from a reference, summed over the channels of the place that the map
        counts; None where there is no reference.
    way : bool
        Whether there is a way from the reference; what is sent is nothing where there is none.

    Examples
    --------
    >>> arises = xai.RelevancePropagation().mechanism(model, x, at=(3, 4))
    >>> arises.layer, arises.flows.shape, bool(np.isclose(arises.flows.sum(), arises.value))
    ('conv', (8,), True)
    """

    layer: str
    flows: Array
    multipliers: Array | None = None
    way: bool = True

    @property
    def sentence(self) -> str:
        sent = f"the sum of what {len(self.flows)} channels of the layer above, {self.layer}, send to it"
        if not self.way:
            return f"{sent}, times the way from the baseline, which is 0: it gets nothing, whatever they send"
        return f"{sent}: {int((self.flows > 0).sum())} for, {int((self.flows < 0).sum())} against"

    @property
    def parts(self) -> Sequence[Part]:
        label = f"from the channels of {self.layer}"
        if self.multipliers is not None and not self.way:
            return [Bars(largest_first(self.multipliers), f"{label}, here times 0")]
        return [Bars(largest_first(self.flows), label)]


@dataclass(eq=False)
class Flows(Ledger):
    """What the channels of the layer above send to each element.

    Attributes
    ----------
    layer : str
    elements : Elements
    flows : float array (channels, elements)
    ways : float array (1, elements), or None
        What they are multiplied by, where there is a reference.
    """

    layer: str
    elements: Elements
    flows: Array
    ways: Array | None

    def read(self, found: Any, at: Place) -> Mechanism | None:
        (layout,) = found.question.layouts
        wanted = layout.elements_at(at)
        flows = self.elements.at(self.flows, wanted)
        if flows is None or len(flows) < self.channels_of(found.question):
            return None
        flows = sent = flows.astype(np.float64)
        ways = None if self.ways is None else self.elements.at(self.ways, wanted)
        if ways is not None:
            flows = sent * ways
        counted = layout.counted(flows.sum(axis=0), found.method.channels)
        flows, sent = (one[:, *counted].reshape(len(one), -1).sum(axis=1) for one in (flows, sent))
        return FlowMechanism(
            method=found.method,
            question=found.question,
            at=at,
            value=float(flows.sum()),
            layer=self.layer,
            flows=flows,
            multipliers=None if ways is None else sent,
            way=ways is None or bool(ways[:, *counted].any()),
        )

    def channels_of(self, question: Question) -> int:
        """Return how many channels the layer has."""
        return question.model.at(self.layer).layout.channels


class FromAbove(AttributionSampler):
    """Runs the backward pass, then one from the layer above for each of its channels.

    Parameters
    ----------
    method : Method
    question : Question
    rules : Rules
    at : tuple of int, optional
        The place that is asked about.
    reference : array, optional
        What `Rescaled` compares with; values are then what arrives times the way from there.
    """

    layer: str
    begins: Array
    ways: Array | None = None
    """How far each element is from the reference, (1, *shape of the cut)."""

    def __init__(
        self, method: Method, question: Question, rules: Rules, at: Place | None, reference: Array | None = None
    ) -> None:
        super().__init__(method, question)
        self.rules, self.asked_at, self.reference = rules, at, reference
        self.size = 1  # Known once the layer is.

    def start(self) -> Iterator[None]:
        question = self.question
        whole = self._passed(question.cut, question.batch, question.asked)
        question.fix(whole)
        if self.reference is not None:
            self.ways = np.asarray(whole.activations) - np.asarray(whole.reference_activations)
        self.found = self._counted(whole)
        yield
        yield from self._find_above()
        self.layout = question.model.at(self.layer).layout
        self.size = self.layout.channels
        elements = Elements.fitting(question, self.asked_at, self.size)
        ways = None if self.ways is None else elements.of(self.ways)
        flows = np.zeros((self.size, elements.of(self.found).shape[1]), np.float32)
        self.kept = Flows(self.layer, elements, flows, ways)

    @property
    def chunk(self) -> int:
        return self.question.cut.chunk("backward")

    def draw(self, start: int, stop: int) -> None:
        channels = np.stack([self.layout.of_channel(channel) for channel in range(start, stop)])
        begins = (self.begins * channels).astype(self.begins.dtype)
        found = self._passed(self.question.cut, self._rows(stop - start), Objective(begins, layer=self.layer))
        self.kept.flows[start:stop] = self.kept.elements.of(np.asarray(found.gradients))

    def values(self) -> Array:
        return self.found

    def more(self) -> dict[str, Any]:
        kept = self.kept
        return {"ledger": replace(kept, flows=kept.flows[: self.drawn])}

    def _rows(self, count: int) -> Array:
        return np.broadcast_to(self.question.batch, (count, *self.question.batch.shape[1:]))

    def _passed(self, cut: Cut, inputs: Array, objective: Objective) -> Evaluation:
        reference = None if self.reference is None else np.broadcast_to(self.reference, inputs.shape)
        self.evaluations += len(inputs)
        return propagated(cut, inputs, objective, self.rules, reference)

    def _counted(self, found: Evaluation) -> Array:
        """Return what arrives, times the way where there is one, (rows, *shape of the cut)."""
        arrived = np.asarray(found.gradients)
        return arrived if self.ways is None else arrived * self.ways

    def _find_above(self) -> Iterator[None]:
        """Find the first layer through which all comes, and with what a pass starts there, (1, *shape).

        That all comes through it is seen from what arrives at the place when it starts there. One may leave off after
        each pass: the first one of its kind may take long, where a framework makes it ready.
        """
        question, known = self.question, self.question.model.notes.setdefault(NOTES, {})
        key = (question.cut.layer, self.rules)
        tried = self._layers()[:TRIED]
        if key in known:
            tried = [known[key], *(layer for layer in tried if layer != known[key])]
        for layer in tried:
            begins = self._begins(question.at(layer))
            yield
            found = self._passed(question.cut, question.batch, Objective(begins, layer=layer))
            yield
            apart = np.abs(self._counted(found) - self.found).max()
            if apart <= EXACT * np.abs(self.found).max():
                known[key] = layer
                self.layer, self.begins = layer, begins
                return
        raise InputError(
            f"No layer is seen above {question.cut.layer or 'the input'!r} through which all comes that "
            f"{self.method.label} sends back there (tried: {', '.join(map(repr, tried)) or 'none'}), so it is not "
            "known what sends how much. Explain another layer, or take a method such as IntegratedGradients."
        )

    def _layers(self) -> list[str]:
        """Return the layers that may be the one above, in the order in which they run."""
        question, model = self.question, self.question.model
        layers = list(model.layers)
        end = len(layers) if question.asked.layer is None else layers.index(question.asked.layer)
        start = 0 if question.cut.layer is None else layers.index(question.cut.layer) + 1
        return [layer for layer in layers[start:end] if model.at(layer).layout.known]

    def _begins(self, above: Question) -> Array:
        """Return what a pass starts with at a layer, so that what arrives there now is what it starts from."""
        evaluation = self._passed(above.cut, above.batch, above.objective)
        arrived = np.asarray(evaluation.gradients)
        if not isinstance(self.rules, Relevance):
            return arrived
        # It starts with the weighted value of each unit.
        own = np.asarray(evaluation.activations)
        begins: Array = np.divide(arrived, own, out=np.zeros_like(arrived), where=own != 0)
        return begins
