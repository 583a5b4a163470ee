"""What methods there are, as a list that reads well in a terminal and in a notebook."""

from __future__ import annotations

import html
import textwrap
from collections.abc import Iterable
from dataclasses import dataclass

from xai_widgets.attribution.family import FAMILIES
from xai_widgets.attribution.method import METHODS, Method
from xai_widgets.errors import InputTypeError
from xai_widgets.models.base import Model

WIDTH = 110
"""Of a line in a terminal."""


@dataclass(frozen=True)
class ListedMethod:
    """A method in words; made by `methods`.

    Attributes
    ----------
    method : type of Method
        The method itself, to be called with options.
    refusal : str or None
        Why it is not for the model that was asked about, in a sentence; None where it is, or no model was given.

    Examples
    --------
    >>> listed = xai.methods(model)[0]
    >>> listed.name, listed.family, listed.refusal
    ('saliency', 'Gradients', None)
    """

    method: type[Method]
    refusal: str | None

    @property
    def name(self) -> str:
        """What widgets take for it: ``explore(model, images, method="saliency")``."""
        return self.method.name

    @property
    def label(self) -> str:
        """What it is called."""
        return self.method.label

    @property
    def family(self) -> str:
        """What it belongs to."""
        return FAMILIES[self.method.family].label

    @property
    def sentence(self) -> str:
        """What it says."""
        return self.method.sentence


class MethodList(tuple[ListedMethod, ...]):
    """The methods in the order of a course, a table where it is shown; made by `methods`.

    Examples
    --------
    >>> [listed.name for listed in xai.methods(model) if listed.refusal][:1]
    ['cam']
    """

    def __repr__(self) -> str:
        lines: list[str] = []
        heading = ""
        column = 2 + max((len(one.name) for one in self), default=0)
        for one in self:
            if one.family != heading:
                heading = one.family
                lines += ["", heading] if lines else [heading]
            words = one.sentence if one.refusal is None else f"{one.sentence} Not for this model: {one.refusal}"
            indent = " " * (2 + column)
            first = f"  {one.name}".ljust(2 + column)
            lines += textwrap.wrap(words, WIDTH, initial_indent=first, subsequent_indent=indent)
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        """Return the table that a notebook shows."""
        titles = ("method", "family", "what it says", *(["not for this model"] if self._refused else []))
        head = "".join(f"<th style='text-align: left'>{title}</th>" for title in titles)
        rows = "".join(f"<tr>{''.join(_cells(one, self._refused))}</tr>" for one in self)
        return f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"

    @property
    def _refused(self) -> bool:
        return any(one.refusal for one in self)


def methods(model: Model | None = None) -> MethodList:
    """Return the methods that there are, with a sentence on each, and why which are not for a model.

    Parameters
    ----------
    model : Model, optional
        A network wrapped by `xai_widgets.wrap`.

    Returns
    -------
    MethodList
        Of one `ListedMethod` each, in the order of a course.

    Raises
    ------
    TypeError
        If it is no model.

    Examples
    --------
    >>> print(repr(xai.methods(model))[:91])
    Gradients
      saliency                       How fast the quantity changes with each pixel.
    """
    if model is not None and not isinstance(model, Model):
        raise InputTypeError(f"Found a {type(model).__name__}; expected a network in xai_widgets.wrap(network).")
    kinds = METHODS.values()
    return MethodList(ListedMethod(kind, None if model is None else kind.refusal(model)) for kind in kinds)


def _cells(one: ListedMethod, refused: bool) -> Iterable[str]:
    """Yield the cells of a row, whatever they hold taken as text."""
    words = [one.family, one.sentence, *([one.refusal or ""] if refused else [])]
    yield f"<td style='text-align: left'><code>{html.escape(one.name)}</code></td>"
    yield from (f"<td style='text-align: left'>{html.escape(word)}</td>" for word in words)
