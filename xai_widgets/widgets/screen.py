"""What one widget shows: a setting that is checked as a whole, and the answers to it, computed while one moves it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from typing import Any, Generic, Protocol, TypeVar

from xai_widgets.errors import InputError, message_of, unknown_name
from xai_widgets.models.base import Model
from xai_widgets.render import Canvas, Display, detail
from xai_widgets.session import Asked as Inspection
from xai_widgets.session import Job, Session, View
from xai_widgets.widgets import files, kept, protocol
from xai_widgets.widgets.after_cells import refresh_after_cells
from xai_widgets.widgets.conformity import check
from xai_widgets.widgets.files import Map
from xai_widgets.widgets.marking import MARKING_TRAITS, Marking
from xai_widgets.widgets.refusals import Refusals

IMAGE_SECONDS = 0.7
"""So long a static image of the widget waits for the final map; it is made within a second."""

SCALES = (1, 2, 4)
"""So many pixels of a picture may be one of the page."""

ATTEMPTS = 3
"""So often a result is asked for whose model is being trained on meanwhile."""

MESSAGES: dict[str, Any] = {
    "acknowledge": protocol.Acknowledge,
    "add": protocol.Add,
    "bye": protocol.Bye,
    "hello": protocol.Hello,
    "inspect": protocol.Inspect,
    "keep": protocol.Keep,
    "remove": protocol.Remove,
    "request": protocol.Request,
    "save": protocol.Save,
    "settle": protocol.Settle,
    "stop": protocol.Stop,
}
"""What a browser may send, by its type."""


class Asked(Protocol):
    """What is on the screen. It is never changed: another one takes its place."""

    @property
    def source(self) -> Any:
        """The inputs as they are now."""

    @property
    def index(self) -> int:
        """Which of them."""

    def as_dict(self) -> Any:
        """Return what is asked, as JSON."""

    def with_source(self, source: Any) -> Any:
        """Return the same of other inputs."""

    def traits(self) -> dict[str, Any]:
        """Return the traits, as JSON, that it amounts to."""


StateT = TypeVar("StateT", bound=Asked)
AskedT = TypeVar("AskedT", bound=Asked, contravariant=True)


class Choices(Protocol[StateT]):
    """What there is to choose from."""

    refusals: Refusals

    @property
    def models(self) -> Mapping[str, Model]:
        """The models by name; one that was given bare under the empty name."""

    @property
    def named(self) -> Model:
        """The model whose class names are shown."""

    def changed(self, state: StateT, changes: Mapping[str, Any]) -> StateT:
        """Return a state with some things changed, or raise and change nothing."""

    def remember(self, state: StateT) -> None:
        """Take note of what is in view, for when it comes back."""

    def counted(self) -> Mapping[str, Any]:
        """Return the options of the methods that count something of the networks, by the name of the method."""


class Answer(Protocol[AskedT]):
    """What a state is answered with."""

    def code(self, state: AskedT) -> str:
        """Return the Python that asks the same."""

    def sentence(self, state: AskedT) -> str:
        """Return what is on the screen in a sentence."""

    def maps(self, state: AskedT, answers: Sequence[Any]) -> Sequence[Map]:
        """Return the maps of final answers."""

    def outputs(self, state: AskedT) -> kept.Outputs:
        """Return what the models say of the input in view, as far as they were asked."""

    def views(self, state: AskedT) -> tuple[list[View], Sequence[int]]:
        """Return the pictures of the screen, and which of them come first."""


@dataclass(frozen=True)
class Setting(Generic[StateT]):
    """All traits that belong together: what is asked, and how it is drawn."""

    state: StateT
    display: Display
    marking: Marking | None = None
    """What is marked on the pictures; None where that is not done."""

    def traits(self) -> dict[str, Any]:
        """Return them as JSON."""
        marked = {} if self.marking is None else self.marking.traits()
        return {**self.state.traits(), "display": self.display.as_dict(), **marked}


class Screen(Generic[StateT]):
    """What one widget shows.

    Parameters
    ----------
    choices : Choices
        What there is to choose from.
    answer : Answer
        What a state is answered with.
    image : callable
        Makes a drawing of a state, with the answers there are by now.
    setting : Setting
        What to begin with; it is asked for at once.
    guard : lock
        Held while the setting is changed; whoever sets it from elsewhere holds it, too.
    send : callable
        Takes a message for the browser, and its buffers.
    settle : callable
        Takes a setting that the browser asks for, and the number of its request: lets this take it, the traits follow
        it, and this begin with it.
    made_by : str
        The public function that makes such widgets.
    needs : tuple of str
        What it cannot do without, beside models and inputs.
    """

    def __init__(
        self,
        choices: Choices[StateT],
        answer: Answer[StateT],
        image: Callable[[Any, Setting[StateT], Sequence[Job]], Canvas],
        setting: Setting[StateT],
        guard: AbstractContextManager[Any],
        send: Callable[[dict[str, Any], list[bytes]], None],
        settle: Callable[[Setting[StateT], int | None], None],
        made_by: str,
        needs: tuple[str, ...] = (),
    ) -> None:
        self.choices, self.answer = choices, answer
        self.setting = setting
        self.asked = setting.state
        """What is computed: while a control is moved it is ahead of the setting."""
        self.session = Session(send)
        self._image, self._guard, self._settle, self._made_by, self._needs = image, guard, settle, made_by, needs
        self._offering = False
        refresh_after_cells(self.session)
        choices.remember(setting.state)
        self._ask(setting.state)

    def changed(self, changes: Mapping[str, Any]) -> Setting[StateT]:
        """Return the setting that the present one becomes with some things changed.

        Raises
        ------
        ValueError, TypeError
            If there is no such setting.
        """
        before, marking = self.setting, self.setting.marking
        marked = {name: changes[name] for name in MARKING_TRAITS if name in changes and marking is not None}
        others = {name: value for name, value in changes.items() if name != "display" and name not in marked}
        state = self.choices.changed(before.state, others) if others else before.state
        display = before.display.changed(changes["display"]) if "display" in changes else before.display
        if marking is not None and marked:
            marking = marking.changed(marked, state.source)
        return Setting(state, display, marking)

    def take(self, setting: Setting[StateT]) -> None:
        """Take a setting that was checked."""
        self.setting = setting
        self.choices.remember(setting.state)

    def begin(self, request: int | None = None) -> None:
        """Ask for the setting, unless that was done."""
        if self.setting.state != self.asked:
            self._ask(self.setting.state, request)

    def receive(self, content: Any, buffers: Sequence[Any]) -> None:
        """Do what the browser asks; what it sends is not to be trusted, and never raises."""
        request = None
        try:
            kind = content.get("type") if isinstance(content, dict) else None
            if not isinstance(kind, str) or kind not in MESSAGES:
                raise unknown_name("message", kind, sorted(MESSAGES))
            number = content.get("request")
            request = number if isinstance(number, int) and not isinstance(number, bool) else None
            check(content, MESSAGES[kind], kind.capitalize())
            getattr(self, f"_receive_{kind}")(content, list(buffers))
        except Exception as error:  # noqa: BLE001  # a message that cannot be understood is answered, not logged
            self.session.report(message_of(error), request)

    def jobs(self) -> list[Job]:
        """Return the work for the screen when all of it is final, under the present weights, and wait until then.

        Raises
        ------
        ValueError, TypeError
            What went wrong in the model or the method, or that the model is trained on all the while.
        """
        if any(job.error is not None for job in self.session.jobs):  # Whoever asks again may have mended it.
            self._ask(self.asked)
        for _ in range(ATTEMPTS):
            self.session.refresh()
            jobs = self._final_jobs()
            if not self.session.outdated:
                return jobs
        raise InputError("The weights of the model change while it is explained; expected that it is not trained on.")

    def static_image(self) -> bytes | None:
        """Return a PNG file of what is on the screen after a short wait; None once the widget is closed."""
        if self.session.closed:
            return None
        self.session.refresh()
        self.session.wait(IMAGE_SECONDS)
        return self.drawn(self.shown, self.session.jobs).png()

    @property
    def shown(self) -> Setting[StateT]:
        """The setting with what is computed: while a control is moved that is ahead of it."""
        return replace(self.setting, state=self.asked)

    def drawn(self, setting: Setting[StateT], jobs: Sequence[Job]) -> Canvas:
        """Return a drawing of a setting with the answers there are by now."""
        return self._image(self.answer, setting, jobs)

    def kept(self) -> dict[str, Any]:
        """Return what is on the screen as one keeps it, as JSON."""
        asked, display = self.asked, self.setting.display.as_dict()
        seen, outputs = picture_digest(asked), self.answer.outputs(asked)
        done = {name: value for name, value in asked.traits().items() if name in asked.source.changeable}
        added = asked.source.name_of(asked.index)
        marked = None if self.setting.marking is None else self.setting.marking.traits()
        question, named = {**asked.as_dict(), **done}, self.choices.named
        return kept.kept(self._made_by, question, display, named, seen, outputs, added, marked)

    def _receive_acknowledge(self, content: protocol.Acknowledge, buffers: list[Any]) -> None:
        self.session.acknowledge(content["frame"])

    def _receive_add(self, content: protocol.Add, buffers: list[Any]) -> None:
        if len(buffers) != 1:
            raise InputError(f"A picture came with {len(buffers)} buffers; expected one with its pixels.")
        with self._guard:
            source = self.setting.state.source.with_picture(content, buffers[0])
            self._turn_to(source, len(source) - 1, content["request"])

    def _receive_remove(self, content: protocol.Remove, buffers: list[Any]) -> None:
        with self._guard:
            state, index = self.setting.state, content["index"]
            source = state.source.without(index)
            self._turn_to(source, source.before(index) if index == state.index else state.index, content["request"])

    def _turn_to(self, source: Any, index: int, request: int) -> None:
        """Have other inputs, and one of them in view."""
        state = self.choices.changed(self.setting.state.with_source(source), {"index": index})
        self._settle(replace(self.setting, state=state), request)

    def _receive_bye(self, content: protocol.Bye, buffers: list[Any]) -> None:
        self.session.leave()

    def _receive_hello(self, content: protocol.Hello, buffers: list[Any]) -> None:
        self.session.repeat()
        if not self._offering:
            self._offering = True
            self.session.later([*self.choices.refusals.open_questions(), self._offer])

    def _receive_inspect(self, content: protocol.Inspect, buffers: list[Any]) -> None:
        at = content["at"]
        self.session.inspect(None if at is None else Inspection(content["view"], tuple(at), content["request"]))

    def _receive_keep(self, content: protocol.Keep, buffers: list[Any]) -> None:
        self.session.tell({"type": "kept", "code": self._begun_again()})

    def _receive_request(self, content: protocol.Request, buffers: list[Any]) -> None:
        if "painted" in content:
            self.session.acknowledge(content["painted"])
        with self._guard:
            settled = self.setting.state
            state = self.choices.changed(settled, settled.source.received(content["state"], buffers))
            # What was done to the inputs is done; the traits are told when the hand is lifted.
            if state.source is not settled.source:
                self.setting = replace(self.setting, state=settled.with_source(state.source))
            self._ask(state, content["request"])

    def _receive_save(self, content: protocol.Save, buffers: list[Any]) -> None:
        kind, scale = content["kind"], content["scale"]
        if scale not in SCALES:
            raise InputError(f"scale is {scale}; expected one of {', '.join(map(str, SCALES))}.")
        setting, jobs = self.shown, self.session.jobs
        if kind == "csv":
            if any(job.answer is None or job.error is not None for job in jobs):
                raise InputError("There are no values to save yet; expected that all maps are there.")
            file = files.table(self.answer.maps(setting.state, [job.answer for job in jobs])).encode()
        else:
            with detail(scale):
                canvas = self.drawn(setting, jobs)
            file = files.drawing(kind, canvas, self.answer.sentence(setting.state), kept.as_text(self.kept()))
        name = f"{self._made_by}.{kind}"
        told = {"type": "saved", "asked": content["asked"], "name": name, "media": files.MEDIA[kind]}
        self.session.tell(told, [file])

    def _receive_settle(self, content: protocol.Settle, buffers: list[Any]) -> None:
        with self._guard:
            self._settle(self.changed(content["changes"]), content["request"])

    def _receive_stop(self, content: protocol.Stop, buffers: list[Any]) -> None:
        self.session.stop()

    def _begun_again(self) -> str:
        """Return the Python line that makes another widget like this one."""
        given = "model" if "" in self.choices.models else "models"
        given = ", ".join([given, self.asked.source.again(self.asked.index), *self._needs])
        return f'xai.{self._made_by}({given}, state="{kept.as_text(self.kept())}")'

    def _offer(self) -> dict[str, Any]:
        """Return what the browser is told of which methods are for the models, once that was found out."""
        self._offering = False
        known = self.choices.refusals
        return {
            "type": "offer",
            "refusals": known.known(),
            "layers": known.layers(),
            "options": self.choices.counted(),
        }

    def _ask(self, state: StateT, request: int | None = None) -> None:
        """Start computing `state` in place of whatever is being computed."""
        self.asked = state
        views, lead = self.answer.views(state)
        self.session.request(views, request, lead)

    def _final_jobs(self) -> list[Job]:
        while True:
            if self.session.stopped:
                self._ask(self.asked)
            self.session.wait()
            if self.session.closed:
                raise InputError("The widget was closed while its result was waited for.")
            jobs = self.session.jobs
            for job in jobs:
                if job.error is not None:
                    raise _readable(job.error)
            if jobs and all(job.done and not job.stopped and job.answer is not None for job in jobs):
                return jobs


def picture_digest(asked: Asked) -> str:
    """Return a short text that another input than the one in view has not."""
    seen = asked.source.seen(asked.index)
    return kept.digest(asked.source.row(asked.index) if seen is None else seen)


def _readable(error: BaseException) -> Exception:
    """Return an error for Python: our own as they are, those of a network with a sentence."""
    if isinstance(error, Exception) and type(error).__module__.startswith("xai_widgets."):
        return error.with_traceback(None)
    readable = InputError(message_of(error))
    readable.__cause__ = error
    return readable
