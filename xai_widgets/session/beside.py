"""What is asked beside the pictures of a screen: how a value of one of them arises. The newest question alone."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from xai_widgets.answers.stream import Stream
from xai_widgets.errors import message_of
from xai_widgets.session.message import Message, as_bytes, as_json
from xai_widgets.session.run import Job, Run

STOPPED = "The map was stopped before its end; how its values arise is known once it is complete."


@dataclass(frozen=True)
class Asked:
    """A question about a place of a picture.

    Attributes
    ----------
    view : int
        Which picture of the screen.
    at : tuple of int
        The place of its map.
    number : int
        The screen's own number of the question.
    """

    view: int
    at: Sequence[int]
    number: int


class Beside:
    """Answers the newest question, a chunk of work at a time, once the picture that it is about is complete.

    What was found for one place is kept, and asked first about the next one.
    """

    def __init__(self) -> None:
        self.asked: Asked | None = None
        self._answered: Hashable = None
        self._about: Hashable = None
        self._known: Any = None
        self._stream: Stream[Any] | None = None

    def is_open(self, run: Run | None) -> bool:
        """Whether there is something to answer: the picture is complete, and it was not said yet."""
        job = self._job(run)
        return job is not None and self._answered != (self.asked, self._key(job))

    def advance(self, run: Run) -> Message | None:
        """Do one chunk of work, and return what the screen is to hear of it."""
        asked, job = self.asked, self._job(run)
        if asked is None or job is None:
            return None
        key = self._key(job)
        if key != self._about:
            self.forget()
            self._about, self._known = key, job.answer
        try:
            found = self._found(job, asked)
        except BaseException as error:  # noqa: BLE001  # a network may raise anything, and the screen is to tell
            self.forget()
            found = {"sentence": message_of(error), "value": None, "parts": []}, []
        if found is None:
            return None
        self._answered = (asked, key)
        content, arrays = found
        about = {"type": "mechanism", "generation": run.generation, "request": None}
        content = {**about, "view": asked.view, "at": list(asked.at), "asked": asked.number, **content}
        return as_json(content), [one.tobytes() if one.dtype == np.uint8 else as_bytes(one) for one in arrays]

    def forget(self) -> None:
        """Give up what is under way, and what was kept."""
        stream, self._stream, self._about, self._known = self._stream, None, None, None
        if stream is not None:
            stream.close()

    def _found(self, job: Job, asked: Asked) -> Any:
        """Return how the value arises, as JSON and arrays; None while that is not known."""
        if job.view.inspected is None:
            return {"sentence": "", "value": None, "parts": []}, []
        if job.stopped:
            return {"sentence": STOPPED, "value": None, "parts": []}, []
        inspected = job.view.inspected(asked.at)
        if self._stream is None:
            found = inspected.read(self._known)
            if found is None:
                self._stream = Stream(inspected.steps())
            return found
        answer = next(self._stream)
        if answer is None or not answer.final:
            return None
        # Of another place than the one that is asked about by now it may know nothing: then all begins again.
        self._known, self._stream = answer, None
        return inspected.read(answer)

    def _job(self, run: Run | None) -> Job | None:
        """Return the work for the picture that is asked about, where that is complete."""
        if self.asked is None or run is None or not 0 <= self.asked.view < len(run.jobs):
            return None
        job = run.jobs[self.asked.view]
        return job if job.done and job.error is None and job.answer is not None else None

    @staticmethod
    def _key(job: Job) -> Hashable:
        return job.view.key, job.version, job.stopped
