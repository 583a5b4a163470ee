"""What every live widget shares: its front end, its line to the browser, and the session that computes for it."""

from __future__ import annotations

import base64
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar

import anywidget

from xai_widgets.errors import InputError, message_of, unknown_name
from xai_widgets.session import Job, Session

FROM_KERNEL = ("catalogue", "_esm", "_css", "_anywidget_id")
"""Traits that the browser reads and has no say in."""

PORTRAIT_SECONDS = 0.7
"""So long a picture of the widget waits for the final map; it is made within a second."""

_STATIC = Path(__file__).parents[1] / "static"

_NOT_BUILT = """export default { render({ el }) {
  el.textContent = "The front end of this checkout is not built: run npm run build in js/, then restart the kernel.";
} }"""


def front_end(name: str) -> tuple[str, str]:
    """Return the module and the style sheet of a widget, as built from ``js/src/<name>.ts`` and ``.css``.

    A fresh checkout has none yet; Python works without.
    """
    module, style = (_STATIC / f"{name}.{kind}" for kind in ("js", "css"))
    return (
        module.read_text(encoding="utf-8") if module.is_file() else _NOT_BUILT,
        style.read_text(encoding="utf-8") if style.is_file() else "",
    )


class LiveWidget(anywidget.AnyWidget):
    """A widget whose pictures are computed while one moves its controls.

    A subclass loads its front end with ``_esm, _css = front_end(name)``, and says with the methods below that raise
    `NotImplementedError` what its traits may be and what follows from them. What all traits that belong together amount
    to is called a setting: an object that only the subclass looks into.

    Parameters
    ----------
    **traits
        The first values of the traits; they are not checked again.
    """

    _made_by: ClassVar[str]
    """The public function that makes such widgets."""

    _opening = True

    def __init__(self, **traits: Any) -> None:
        self._guard = threading.RLock()
        self._session = Session(self._send_frame)
        super().__init__(**traits)
        self._opening = False
        self.on_msg(self._receive)

    # What a subclass says. (The metaclass of traitlets leaves no room for an abstract base class.)

    def _checked(self, changes: dict[str, Any]) -> Any:
        """Return the setting that the present one becomes with some traits changed; names that are none are left out.

        Raises
        ------
        ValueError, TypeError
            If there is no such setting; nothing has changed then.
        """
        raise NotImplementedError

    def _traits_of(self, setting: Any) -> dict[str, Any]:
        """Return the traits, as JSON, that a setting amounts to."""
        raise NotImplementedError

    def _take(self, setting: Any) -> None:
        """Take a setting that was checked: what is set from now on is checked against it, and views are asked for."""
        raise NotImplementedError

    def _request(self, state: dict[str, Any], buffers: Sequence[Any], request: int) -> None:
        """Compute what the browser asks for, while a control is moved: traits stay as they are.

        Raises
        ------
        ValueError, TypeError
            If there is no such thing to ask for.
        """
        raise NotImplementedError

    def _ask_again(self) -> None:
        """Ask the session once more for what is on the screen."""
        raise NotImplementedError

    def _portrait(self) -> bytes:
        """Return a PNG file of what is on the screen by now."""
        raise NotImplementedError

    def _greet(self) -> None:
        """Do what has time until a browser is there."""

    # What it gets for it.

    def close(self) -> None:
        """End the computation and take the widget off the screen."""
        session = getattr(self, "_session", None)
        if session is not None:
            session.close()
        super().close()
        # Its box has a line to the browser of its own, which ipywidgets leaves open.
        if session is not None:
            self.layout.close()

    def set_state(self, sync_data: dict[str, Any]) -> None:
        """Take over traits that the browser set, all or none of them."""
        data = {name: value for name, value in sync_data.items() if name not in FROM_KERNEL}
        with self._guard:
            try:
                setting = self._checked(data)
            except (ValueError, TypeError) as error:
                self._session.report(message_of(error))
                self.send_state([name for name in data if name in self.keys])
                return
            data |= {name: value for name, value in self._traits_of(setting).items() if name in data}
            self._take(setting)
            super().set_state(data)
            self._settle(setting)

    def notify_change(self, change: Any) -> None:
        """Send what follows from a change, the options of a new method, in one message with it."""
        with self._guard, self.hold_sync():
            super().notify_change(change)

    def _repr_mimebundle_(self, **kwargs: Any) -> tuple[dict[str, Any], dict[str, Any]] | None:
        bundle = super()._repr_mimebundle_(**kwargs)
        if bundle is None:
            return None
        data, metadata = bundle
        png = self._repr_png_()
        if png is not None:
            data = {**data, "image/png": base64.b64encode(png).decode("ascii")}
        return data, metadata

    def _repr_png_(self) -> bytes | None:
        """Return a picture of the widget with the maps there are after a short wait; None once it is closed."""
        if self._session.closed:
            return None
        self._session.wait(PORTRAIT_SECONDS)
        return self._portrait()

    def _check_trait(self, proposal: Any) -> Any:
        """Return the value that a trait takes; what a subclass validates its traits with."""
        name, value = proposal["trait"].name, proposal["value"]
        if self._opening:
            return value
        with self._guard:
            return self._traits_of(self._checked({name: value}))[name]

    def _trait_changed(self, change: Any) -> None:
        """Let the other traits follow one; what a subclass observes its traits with."""
        if self._opening:
            return
        with self._guard:
            self._settle(self._checked({change["name"]: change["new"]}))

    def _settle(self, setting: Any) -> None:
        """Make what was checked the state of the widget: the traits follow, all of them before anyone is told."""
        self._take(setting)
        with self.hold_sync(), self.hold_trait_notifications():
            for name, value in self._traits_of(setting).items():
                if getattr(self, name) != value:
                    self.set_trait(name, value)

    def _final_jobs(self) -> list[Job]:
        """Return the views of the screen when all are final, and wait until then.

        Raises
        ------
        ValueError, TypeError
            What went wrong in the model or the method.
        """
        self._check_open()
        while True:
            if self._session.stopped:
                self._ask_again()
            self._session.wait()
            self._check_open()
            jobs = self._session.jobs
            for job in jobs:
                if job.error is not None:
                    raise _readable(job.error)
            if jobs and all(job.done and not job.stopped and job.answer is not None for job in jobs):
                return jobs

    def _receive(self, _: Any, content: Any, buffers: Any) -> None:
        """Do what the browser asks; what it sends is not to be trusted, and never raises."""
        request = content.get("request") if isinstance(content, dict) else None
        request = request if isinstance(request, int) and not isinstance(request, bool) else None
        try:
            self._handle(content, list(buffers or []), request)
        except Exception as error:  # noqa: BLE001  # a message that cannot be understood is answered, not logged
            self._session.report(message_of(error), request)

    def _handle(self, content: Any, buffers: Sequence[Any], request: int | None) -> None:
        kind = content.get("type") if isinstance(content, dict) else None
        if kind == "acknowledge":
            frame = content.get("frame")
            if not isinstance(frame, int):
                raise InputError(f"An acknowledgement names frame {frame!r}; expected a number.")
            self._session.acknowledge(frame)
        elif kind == "request":
            if request is None or not isinstance(content.get("state"), dict):
                raise InputError("A request came without its number or its state.")
            with self._guard:
                self._request(content["state"], buffers, request)
        elif kind == "hello":
            self._session.repeat()
            self._greet()
        elif kind == "stop":
            self._session.stop()
        else:
            raise unknown_name("message", kind, ["acknowledge", "hello", "request", "stop"])

    def _send_frame(self, content: dict[str, Any], buffers: list[bytes]) -> None:
        self.send(content, buffers)

    def _check_open(self) -> None:
        if self._session.closed:
            name = type(self).__name__.lower()
            raise InputError(f"This {name} is closed; make a new one with {self._made_by}().")


def _readable(error: BaseException) -> Exception:
    """Return an error for Python: our own as they are, those of a network with a sentence."""
    if isinstance(error, Exception) and type(error).__module__.startswith("xai_widgets."):
        return error.with_traceback(None)
    readable = InputError(message_of(error))
    readable.__cause__ = error
    return readable
