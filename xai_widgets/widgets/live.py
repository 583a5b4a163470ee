"""A widget whose pictures are computed while one moves its controls."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar, TypeVar

import traitlets

from xai_widgets.answers.saved import write_whole
from xai_widgets.errors import InputError, message_of
from xai_widgets.render import Canvas, Display
from xai_widgets.session import Job
from xai_widgets.widgets import files
from xai_widgets.widgets.after_cells import leave_no_word, leave_word_after_cells
from xai_widgets.widgets.kept import Kept, as_text, read
from xai_widgets.widgets.marking import Marking
from xai_widgets.widgets.screen import IMAGE_SECONDS, Screen, Setting, picture_digest
from xai_widgets.widgets.unheard import Unheard
from xai_widgets.widgets.widget import Chosen, Widget

Result = TypeVar("Result")


class LiveWidget(Widget):
    """A widget that stands on a screen: it gives the traits of a notebook to what the screen decides and computes.

    Parameters
    ----------
    choices, answer, image
        As `Screen` takes them.
    state : State or AttackState
        What to begin with.
    display : dict or None
        What to change of the drawing.
    catalogue : dict
        All there is to choose from, as the front end takes it.
    kept : Kept
        What the state was taken from, in part or in whole.
    marking : Marking, optional
        What is marked on the pictures.
    """

    _made_by: ClassVar[str]
    """The public function that makes such widgets."""

    _needs: tuple[str, ...] = ()
    """What it cannot do without, beside models and inputs."""

    _from_kernel: ClassVar[tuple[str, ...]] = ("catalogue",)

    display: Any = Chosen({}).tag(sync=True)
    catalogue = traitlets.Any().tag(sync=True)
    _snapshot = traitlets.Any(None).tag(sync=True)

    _screen: Screen[Any]

    _left: Any = None
    """What was asked when word was left; None when it is displayed, anew or for the first time."""

    def __init__(
        self,
        choices: Any,
        answer: Any,
        image: Callable[[Any, Any, Sequence[Job]], Canvas],
        state: Any,
        display: Mapping[str, Any] | None,
        catalogue: Mapping[str, Any],
        kept: Kept,
        marking: Marking | None = None,
    ) -> None:
        self._choices, self._answer = choices, answer
        drawn = Display().changed(kept.display).changed({} if display is None else display)
        setting = Setting(state, drawn, marking)
        marked = {} if marking is None or marking.refusal else marking.traits()
        first = {**state.as_dict(), "display": drawn.as_dict(), **marked}
        super().__init__(**setting.traits(), catalogue={**catalogue, "first": first})
        self._unheard: Unheard | None = Unheard(self.send)
        says, needs = self._made_by, self._needs
        self._screen = Screen(choices, answer, image, setting, self._guard, self._unheard, self._settle, says, needs)
        self.on_msg(self._receive)
        if kept.seen and state.index == kept.question.get("index", 0):
            # Asked for here, where it can be said to whoever gave the state; the screen knows it with its first frame.
            kept.compare(picture_digest(state), answer.asked_outputs(state) if kept.seen.get("outputs") else {})

    @property
    def code(self) -> str:
        """The Python lines that give what is on the screen, from ``images`` and ``model`` (or ``models``, a dict)."""
        written: str = self._answer.code(self._screen.asked)
        return written

    @property
    def state(self) -> dict[str, Any]:
        """What is on the screen, as JSON: to keep, and to begin with another time with ``state=``.

        It holds what is asked, with the names of classes beside their numbers, how it is drawn, a digest of the picture
        and of what the models said of it, the name of the file of one that was added in the page, and what was marked
        on pictures; neither pictures nor weights. It can be set to another one.
        """
        return self._screen.kept()

    @state.setter
    def state(self, given: Any) -> None:
        kept = read(given, self._made_by)
        self._check_open()
        with self._guard:
            now = self._screen.setting
            state, marking = kept.onto(self._choices, now.state), now.marking
            if marking is not None:
                told = {"predict_first": False, "marks": {}, **kept.marked(state.source)}
                marking = marking.changed(told, state.source)
            self._settle(Setting(state, now.display.changed(kept.display), marking))

    @property
    def state_text(self) -> str:
        """The same as one line of letters, digits, - and _, which ``state=`` takes, too; it hides nothing of it."""
        return as_text(self.state)

    def set(self, *, display: Mapping[str, Any] | None = None, **changes: Any) -> None:
        """Change several attributes at once, for instance ``set(layer="conv2", index=5)``.

        Parameters
        ----------
        display : dict, optional
            What to change of the drawing.
        **changes
            The attributes of the widget, with their new values.

        Raises
        ------
        ValueError, TypeError
            If there is no such thing to choose; nothing has changed then.
        """
        self._change({**changes, "display": {} if display is None else display})

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write what is on the screen to a file, once it is final.

        Parameters
        ----------
        path : str or path
            Where to; its end says as what: ".png" and ".svg" are drawings with the sentence and the legend, and
            ``state=`` takes the PNG file, which holds the `state`. ".csv" has a line for each value of the maps, ".npz"
            the maps as arrays; what `load` reads where it is one map. Values are raw, in units of what is explained. A
            drawing hides a map that the screen hides; values are written all the same.

        Raises
        ------
        ValueError, TypeError
            If it is no such path, it cannot be written, or what went wrong in the model or the method.
        """
        target = files.checked_target(path)
        answers = self._answers()
        setting, jobs = self._screen.shown, self._screen.session.jobs
        maps = self._answer.maps(setting.state, answers)
        if target.suffix.lower() in files.DRAWN:
            canvas, words = self._screen.drawn(setting, jobs), self._answer.sentence(setting.state)
            write_whole(target, files.drawing(target.suffix.lower()[1:], canvas, words, self.state_text))
        else:
            files.write(target, maps, answers, self.state)

    def close(self) -> None:
        """End the computation and take the widget off the screen."""
        screen = getattr(self, "_screen", None)
        if screen is not None:
            screen.session.close()
        super().close()
        # Its box has a line to the browser of its own, which ipywidgets leaves open.
        if screen is not None:
            self.layout.close()

    def __repr__(self) -> str:
        names = [name for name in self._choices.models if name]
        models = f"{' and '.join(map(repr, names))}, " if names else ""
        return f"{type(self).__name__}({models}{self._place()}. {self._answer.sentence(self._screen.asked)})"

    def _place(self) -> str:
        """Return which input is in view, in words."""
        return f"picture {self._screen.asked.index + 1} of {len(self._screen.asked.source)}"

    def _repr_mimebundle_(self, **kwargs: Any) -> tuple[dict[str, Any], dict[str, Any]] | None:
        self._screen.session.expect()
        bundle = super()._repr_mimebundle_(**kwargs)
        if self._unheard is not None:
            self._left = None
            self.leave_word()
            leave_word_after_cells(self)
        return bundle

    def _changed(self, changes: Mapping[str, Any]) -> Setting[Any]:
        return self._screen.changed(changes)

    def _take(self, setting: Setting[Any]) -> None:
        self._screen.take(setting)

    def _begin(self, request: int | None) -> None:
        self._screen.begin(request)

    def _refuse(self, error: Exception) -> None:
        self._screen.session.report(message_of(error))

    def _static_image(self) -> bytes | None:
        return self._screen.static_image()

    def leave_word(self) -> None:
        """Leave in the state what is on the screen, until a browser asks: where none does, a page finds no kernel."""
        if self._unheard is None or self._screen.session.closed:
            return
        # Once for all that is asked, for what takes longer would hold up every cell that comes after.
        if self._left is not self._screen.asked:
            self._left = self._screen.asked
            self._screen.session.wait(IMAGE_SECONDS)
        with self._guard:
            if self._unheard is not None:
                self._snapshot = self._unheard.state()

    def _is_heard(self) -> None:
        """Take note that a browser listens, which keeps by itself what it was told."""
        self._screen.session.send = self.send
        leave_no_word(self)
        with self._guard, self._lock_property(_snapshot=None):
            self._unheard = self._snapshot = None

    def _receive(self, _: Any, content: Any, buffers: Any) -> None:
        if self._unheard is not None:
            self._is_heard()
        self._screen.receive(content, buffers or [])

    def _change(self, changes: Mapping[str, Any]) -> None:
        """Change several traits at once."""
        self._check_open()
        with self._guard:
            self._settle(self._screen.changed(changes))

    def _answers(self) -> list[Any]:
        """Return what is on the screen when all of it is final."""
        self._check_open()
        return [job.answer for job in self._screen.jobs()]

    def _per_model(self, results: Sequence[Result]) -> Result | dict[str, Result]:
        """Return one result for each model as Python gives them: the only one bare where a model was given bare."""
        names = self._choices.models
        return results[0] if "" in names else dict(zip(names, results, strict=True))

    def _check_open(self) -> None:
        if self._screen.session.closed:
            name = type(self).__name__.lower()
            raise InputError(f"This {name} is closed; make a new one with {self._made_by}().")
