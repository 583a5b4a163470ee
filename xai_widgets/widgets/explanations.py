"""What an explorer is answered with: attributions, and what the models say of what is in view."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from functools import cache, partial
from typing import Any

from xai_widgets.answers.quantity import Channel, Quantity
from xai_widgets.answers.question import Question
from xai_widgets.attribution.mechanism import checked_place
from xai_widgets.session import Inspected, View
from xai_widgets.widgets import quantities
from xai_widgets.widgets.channels import Channels
from xai_widgets.widgets.choices import Choices
from xai_widgets.widgets.code import code
from xai_widgets.widgets.files import Map
from xai_widgets.widgets.kept import Outputs
from xai_widgets.widgets.mechanisms import told, untold
from xai_widgets.widgets.outline import as_runs, explained_class
from xai_widgets.widgets.predictions import Predictions
from xai_widgets.widgets.protocol import ExplainedChannel, Header, Prediction
from xai_widgets.widgets.state import State
from xai_widgets.widgets.weights import Weights
from xai_widgets.widgets.words import in_words, sentence

logger = logging.getLogger(__name__)


class Explanations:
    """Attributions of what a state asks for, each with what is to be said of it.

    Parameters
    ----------
    choices : Choices
    """

    def __init__(self, choices: Choices) -> None:
        self.choices = choices
        self.weights = Weights(choices.models)
        self._versions = {name: partial(self.weights.look, name) for name in choices.models}
        self.predictions = Predictions(choices)
        self.channels = Channels()
        self._asked: dict[tuple[str, str], tuple[str | None, Question]] = {}
        """What each method has last asked each model, and under which weights."""
        for forget in (self.predictions.forget, self.channels.forget):
            self.weights.tell(forget)

    def code(self, state: State) -> str:
        """Return the Python that asks the same."""
        return code(self.choices, state)

    def sentence(self, state: State) -> str:
        """Return what is on the screen in a sentence."""
        return sentence(self.choices, state)

    def maps(self, state: State, answers: Sequence[Any]) -> list[Map]:
        """Return the maps of final answers, with what their values belong to."""
        titles = state.titles if state.grid else [state.cell.title]
        cells = [(title, name) for title in titles for name in self.choices.models]
        found = []
        for (title, name), answer in zip(cells, answers, strict=True):
            of_columns = answer.question.cut.layer is None and answer.map.ndim == 1
            found.append(Map(name, title, answer.map, state.source.columns if of_columns else None))
        return found

    def outputs(self, state: State) -> Outputs:
        """Return what the models say of the input in view, as far as they were asked."""
        known = {name: self.predictions.known(name, state) for name in self.choices.models}
        return {name: _first(rows) for name, rows in known.items() if rows}

    def asked_outputs(self, state: State) -> Outputs:
        """Return the same of all models that do not fail."""
        for name in self.choices.models:
            try:
                self.predictions.top(name, state)
            except Exception:  # a network may raise anything; the screen says so where its picture would be
                logger.debug("%s could not be asked.", name, exc_info=True)
        return self.outputs(state)

    def views(self, state: State) -> tuple[list[View], Sequence[int]]:
        """Return a view for each method and each model, and which come first: those of the focused method."""
        count = len(self.choices.models)
        lead = range(state.focus * count, (state.focus + 1) * count)
        written = cache(partial(code, self.choices, state))
        views = []
        for place, single in enumerate(state.singles):
            compared = slice(place * count, (place + 1) * count)
            title = state.titles[place] if state.grid else None
            for name in self.choices.models:
                said = partial(self._said, single, name, title, written)
                views.append(self._view(single, name, compared, said))
        return views, lead

    def quantity(self, state: State, name: str) -> Quantity:
        """Return what is explained of the input in view, in terms of indices."""
        if self.choices.quantities[state.quantity].of_layer:
            return Channel(str(state.channel_layer), self.channel(state, name))
        return self.choices.quantity(state.quantity, name, state.target, state.contrast)

    def channel(self, state: State, name: str) -> int:
        """Return which channel is explained; the one with most influence on the class is looked for at the input."""
        if state.channel is not None:
            return state.channel
        model = self.choices.models[name]
        asked = self.choices.quantity(quantities.SCORE, name, state.target, state.contrast)
        return self.channels.most_influential(model, state.input(name), str(state.channel_layer), asked)

    def header(self, state: State, name: str, code: str) -> Header:
        """Return what is said of an input with its first frame."""
        predictions, channel, cell = (
            self.predictions.top(name, state, self._thought_of(state, name) if len(self.choices.models) > 1 else set()),
            None,
            state.cell,
        )
        top = predictions[0]["index"]
        labels = self.predictions.labels(name, state)
        segment = None if labels is None else self.predictions.segment(name, state)
        if self.choices.quantities[state.quantity].of_layer:
            count = quantities.channel_count(self.choices.models[name], str(state.channel_layer))
            channel = ExplainedChannel(index=self.channel(state, name), count=count)
        return {
            "state": state.known,
            "code": code,
            "title": cell.method.title,
            "quantity": in_words(self.choices, state, top, None if channel is None else channel["index"]),
            "predictions": predictions,
            "remark": cell.method.remark,
            "ends": state.source.ends(cell.method, cell.layer, name),
            "explained": top if labels is None else explained_class(labels, state.target),
            "outline": None if segment is None else as_runs(segment),
            "channel": channel,
            **state.source.said(name, state.index),  # type: ignore[typeddict-item]  # It says what a header holds, of any input.
        }

    def _thought_of(self, state: State, name: str) -> set[int]:
        """Return the classes that the other models think of first, as far as they were asked: bars are compared."""
        others = (self.predictions.known(other, state) for other in self.choices.models if other != name)
        return {row["index"] for rows in others for row in rows}

    def _said(self, state: State, name: str, title: str | None, written: Callable[[], str]) -> Any:
        """Return the header of a view."""
        header = self.header(state, name, written())
        return header if title is None else {**header, "title": title}

    def _known(self, question: Question, name: str, method: str) -> Question:
        """Return the same question as it was asked before, if it was: its class is fixed."""
        weights, before = self.weights.seen.get(name), self._asked.get((name, method))
        if before is not None and before[0] == weights and before[1].same_as(question):
            return before[1]
        self._asked[name, method] = weights, question
        return question

    def _view(self, state: State, name: str, compared: slice, header: Callable[[], Any]) -> View:
        model, picture, cell = self.choices.models[name], state.input(name), state.cell
        method = state.source.asked(cell.method) if state.source.says_more else cell.method
        explained = (state.quantity, state.target, state.contrast, state.channel_layer, state.channel)

        def stream(resume: Any) -> Iterator[Any]:
            # Here, where the worker calls it: to find a channel the model is run.
            question = method.ask(model, picture.value, self.quantity(state, name), cell.layer)
            return method.steps_to(self._known(question, name, cell.name), resume=resume)

        def inspected(at: Sequence[int]) -> Inspected:
            def steps() -> Iterator[Any]:
                question = method.ask(model, picture.value, self.quantity(state, name), cell.layer)
                question = self._known(question, name, cell.name)
                return method.kept_steps_to(question, checked_place(question, at))

            if not method.has_mechanism:
                return Inspected(steps, lambda _: untold(method))
            return Inspected(steps, partial(told, at=at, model=name if len(self.choices.models) > 1 else ""))

        return View(
            question=(name, picture.key, explained, cell.layer),
            method=method,
            stream=stream,
            header=header,
            version=self._versions[name],
            # Compared are only the models, not the methods.
            frame=lambda answer, answers: answer.frame(answers[compared]),
            inspected=inspected,
        )


def _first(rows: Sequence[Prediction]) -> tuple[int, float]:
    """Return the top class and its share, as a state keeps them."""
    value = rows[0].get("probability", rows[0].get("value")) or 0.0
    return rows[0]["index"], float(f"{value:.4g}")
