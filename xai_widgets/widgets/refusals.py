"""Which methods the models of a widget support, found out once for each: to know may take a pass."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from functools import partial

from xai_widgets.attribution.method import METHODS, Method
from xai_widgets.errors import InputError
from xai_widgets.models.base import Model
from xai_widgets.option import Counted

logger = logging.getLogger(__name__)


class Refusals:
    """Why methods cannot explain the models of a widget.

    Parameters
    ----------
    models : dict of str to Model
    layers : sequence of str
        Those that can be chosen.
    """

    def __init__(self, models: Mapping[str, Model], layers: Sequence[str] = ()) -> None:
        self._models, self._layers = dict(models), list(layers)
        self._fitting: dict[str, list[str]] = {}
        self._found: dict[str, str | None] = {}
        self._counts: dict[Counted, int] = {}

    def of(self, method: type[Method]) -> str | None:
        """Return why one of the models, the first such named, is not for this method; None where all are."""
        if method.name not in self._found:
            self._found[method.name] = self._ask(method)
        return self._found[method.name]

    def allows(self, method: type[Method]) -> bool:
        """Whether it is known by now that all of the models are for this method."""
        return method.name in self._found and self._found[method.name] is None

    def check(self, method: type[Method]) -> None:
        """Raise where a method cannot explain the models.

        Raises
        ------
        ValueError
            With the reason.
        """
        reason = self.of(method)
        if reason is not None:
            raise InputError(f"{method.label} is not for this model. {reason}")

    def known(self) -> dict[str, str]:
        """Return the reasons that are known by now, by the name of the method."""
        return {name: reason for name, reason in self._found.items() if reason is not None}

    def fits(self, method: type[Method], layer: str) -> bool:
        """Whether attributions of the method to this layer make sense in every model."""
        return all(method.fits_layer(model.at(layer)) for model in self._models.values())

    def check_layer(self, method: type[Method], layer: str) -> None:
        """Refuse a layer at which a map of the method makes no sense.

        Raises
        ------
        ValueError
            With the reason.
        """
        for model in self._models.values():
            cut = model.at(layer)
            cut.layout.checked(layer)
            if not method.fits_layer(cut):
                raise InputError(
                    f"{method.label} makes no sense at layer {layer!r}; expected one with channels, height and width."
                )

    def layers(self) -> dict[str, list[str]]:
        """Return the layers of the methods that do not fit all, by the name of the method, as far as that is known."""
        return {name: layers for name, layers in self._fitting.items() if len(layers) < len(self._layers)}

    def counted(self, method: type[Method]) -> bool:
        """Whether it is known by now how many the models have of what choices of the method are about."""
        return self._counts.keys() >= _of_choices(method)

    def count(self, what: Counted) -> int:
        """Return how many all of the models have of something; asked once."""
        if what not in self._counts:
            self._counts[what] = min(model.count(what) for model in self._models.values())
        return self._counts[what]

    def open_questions(self) -> list[Callable[[], None]]:
        """Return what is to be called to know the rest, one call for each method."""
        return [partial(self._find, method) for name, method in METHODS.items() if name not in self._fitting]

    def _find(self, method: type[Method]) -> None:
        for what in _of_choices(method):
            try:
                self.count(what)
            except Exception:  # as above: what cannot be counted is not offered
                logger.debug("Could not count %s.", what, exc_info=True)
                self._counts[what] = 0
        if self.of(method) is None and method.takes_layer:
            self._fitting[method.name] = [layer for layer in self._layers if self.fits(method, layer)]
        else:
            self._fitting[method.name] = self._layers

    def _ask(self, method: type[Method]) -> str | None:
        if method.needs_batch:
            return "It says something of many inputs together, and here one is looked at."
        for name, model in self._models.items():
            try:
                reason = method.refusal(model)
            except Exception:  # a network may raise anything; whoever chooses the method is told, by the method
                logger.debug("Could not find out about %s.", method.label, exc_info=True)
                continue
            if reason is not None:
                return f"{name}: {reason}" if name else reason
        return None


def _of_choices(method: type[Method]) -> set[Counted]:
    """Return what of a network choices of a method are about, which only some networks have."""
    return {what for option in method.controls() for what in option.counted_choices.values()}
