"""What every widget shares: its front end, traits that change together or not at all, and a static image of itself."""

from __future__ import annotations

import base64
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar, Protocol

import anywidget
import traitlets

FRAMEWORK = ("_esm", "_css", "_anywidget_id")
"""Traits that the browser reads and has no say in, in every widget."""

_STATIC = Path(__file__).parents[1] / "static"

_NOT_BUILT = """export default { render({ el }) {
  el.textContent = "The front end of this checkout is not built: run npm run build in js/, then restart the kernel.";
} }"""


def front_end(name: str) -> tuple[str, str]:
    """Return the module of a widget, as built from ``js/src/<name>.ts``, and the one style sheet of all of them.

    A fresh checkout has none yet; Python works without.
    """
    module, style = _STATIC / f"{name}.js", _STATIC / "widgets.css"
    return (
        module.read_text(encoding="utf-8") if module.is_file() else _NOT_BUILT,
        style.read_text(encoding="utf-8") if style.is_file() else "",
    )


class Traits(Protocol):
    """Values that belong together."""

    def traits(self) -> dict[str, Any]:
        """Return them by the name of the trait, as JSON."""


class Chosen(traitlets.TraitType[Any, Any]):
    """A trait that belongs to the setting of its widget: whatever it is set to is checked with all the others."""

    def validate(self, obj: Any, value: Any) -> Any:
        """Return the value that the trait takes."""
        return obj._validated(self.name, value)


class Widget(anywidget.AnyWidget):
    """A widget whose traits amount to one setting: an object of its own kind, checked as a whole and never changed.

    A subclass loads its front end with ``_esm, _css = front_end(name)``, declares its traits as `Chosen`, and says with
    the methods below that raise `NotImplementedError` what settings there are. (The metaclass of traitlets leaves no
    room for an abstract base class.)

    Parameters
    ----------
    **traits
        The first values of the traits; they are not checked again.
    """

    _from_kernel: ClassVar[tuple[str, ...]] = ()
    """Traits that the browser reads and has no say in."""

    _ipython_display_: ClassVar[None] = None
    """None, because the method of ipywidgets 7 would go before `_repr_mimebundle_`, without picture and metadata."""

    _settled: Mapping[str, Any] | None = None
    """The traits of the setting that was taken last; None while the widget is made."""

    def __init__(self, **traits: Any) -> None:
        self._guard = threading.RLock()
        super().__init__(**traits)
        self._settled = traits
        self._chosen = frozenset(name for name, trait in self.traits().items() if isinstance(trait, Chosen))
        self.observe(self._follow, list(self._chosen))

    # What a subclass says.

    def _changed(self, changes: Mapping[str, Any]) -> Traits:
        """Return the setting that the present one becomes with some traits changed.

        Raises
        ------
        ValueError, TypeError
            If there is no such setting; nothing has changed then.
        """
        raise NotImplementedError  # A subclass says it: traitlets' metaclass leaves no room for abstract methods.

    def _take(self, setting: Any) -> None:
        """Take a setting that was checked."""
        raise NotImplementedError  # A subclass says it: traitlets' metaclass leaves no room for abstract methods.

    def _begin(self, request: int | None) -> None:
        """Start what follows from a setting, once the traits show it; `request` is the browser's number of it."""

    def _refuse(self, error: Exception) -> None:
        """Tell the browser why what it has set is none."""

    def _static_image(self) -> bytes | None:
        """Return a PNG file of what is on the screen; None where there is nothing."""
        raise NotImplementedError  # A subclass says it: traitlets' metaclass leaves no room for abstract methods.

    # What it gets for it.

    def set_state(self, sync_data: dict[str, Any]) -> None:
        """Take over traits that the browser set, all or none of them."""
        data = {name: value for name, value in sync_data.items() if name not in (*FRAMEWORK, *self._from_kernel)}
        with self._guard:
            try:
                setting = self._changed({name: value for name, value in data.items() if name in self._chosen})
            except Exception as error:  # noqa: BLE001  # what a browser sets is not to be trusted, and never raises
                self._refuse(error)
                self.send_state([name for name in data if name in self.keys])
                return
            settled = self._accept(setting)
            super().set_state({name: settled.get(name, value) for name, value in data.items()})
            # What became something else of what the browser set.
            self.send_state([name for name in settled if name in data and data[name] != settled[name]])
            self._show(settled)
            self._begin(None)

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
        return self._static_image()

    def _validated(self, name: str, value: Any) -> Any:
        """Return the value that a trait takes."""
        with self._guard:
            if self._settled is None or value is self._settled[name]:
                return value
            return self._changed({name: value}).traits()[name]

    def _follow(self, change: Any) -> None:
        """Let the other traits follow one."""
        with self._guard:
            if self._settled is not None and change["new"] is not self._settled[change["name"]]:
                self._settle(self._changed({change["name"]: change["new"]}))

    def _settle(self, setting: Traits, request: int | None = None) -> None:
        """Take a setting that was checked, and let the traits follow it."""
        with self._guard:
            self._show(self._accept(setting))
            self._begin(request)

    def _accept(self, setting: Traits) -> Mapping[str, Any]:
        """Take a setting, and return its traits."""
        self._settled = setting.traits()
        self._take(setting)
        return self._settled

    def _show(self, settled: Mapping[str, Any]) -> None:
        """Set the traits to what was settled, all of them before anyone is told."""
        with self.hold_sync(), self.hold_trait_notifications():
            for name, value in settled.items():
                if getattr(self, name) != value:
                    self.set_trait(name, value)
