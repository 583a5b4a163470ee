"""What is said of one input, or of each of several by its name."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from xai_widgets.errors import InputError, unknown_name
from xai_widgets.models.inputs.tokenizer import Tokenizer
from xai_widgets.models.inputs.tokens import ToldOfTokens, checked_vocabulary
from xai_widgets.models.names import checked_features


@dataclass(frozen=True)
class Named:
    """What is said of the elements of one input tensor.

    Attributes
    ----------
    tokens : ToldOfTokens
    columns : tuple of str or None
        What the columns of a table are called.
    """

    tokens: ToldOfTokens
    columns: tuple[str, ...] | None = None

    @property
    def says(self) -> bool:
        """Whether anything is said at all."""
        ids = self.tokens
        return self.columns is not None or ids.tokens is not None or ids.padding is not None

    @property
    def words(self) -> str:
        """What is said, by the names of the arguments of `wrap`."""
        ids = self.tokens
        said = {
            "tokenizer": ids.tokenizer is not None,
            "vocabulary": ids.vocabulary is not None and ids.tokenizer is None,
            "tokens": ids.tokens is not None and ids.vocabulary is None,
            "padding": ids.padding is not None,
            "features": self.columns is not None,
        }
        return " and ".join(f"{name}=" for name, given in said.items() if given)


NOTHING = Named(ToldOfTokens(None, None, None))


@dataclass(frozen=True)
class ToldByName:
    """What is said of several inputs by their names, and what is said without one."""

    plain: Named
    named: Mapping[str, Named]

    def of_each(self, names: Sequence[str], fitting: Callable[[Named], Sequence[str]]) -> dict[str, Named]:
        """Return what is said of each of several inputs; what is said without a name is about the only one that fits.

        Raises
        ------
        ValueError
            If something is said of an input that the network has not got, or it is not clear of which.
        """
        for name in self.named:
            if name not in names:
                raise unknown_name("input", name, names)
        found = {name: self.named.get(name, NOTHING) for name in names}
        if not self.plain.says:
            return found
        fits = [name for name in fitting(self.plain) if not found[name].says]
        if len(fits) != 1:
            among = f"of {', '.join(map(repr, fits))} each may be meant" if fits else "none of them can be meant"
            raise InputError(
                f"Of several inputs, {', '.join(map(repr, names))}, {among} by {self.plain.words}; expected a dict by "
                f"the names of inputs, such as {{{(fits or list(names))[0]!r}: ...}}."
            )
        return {**found, fits[0]: self.plain}


def told_by_name(*, tokens: Any, vocabulary: Any, padding: Any, tokenizer: Any, features: Any) -> ToldByName:
    """Return what is said of inputs, checked; each of these is for one input, or a dict by the names of several."""
    given = {"tokens": tokens, "vocabulary": vocabulary, "padding": padding, "tokenizer": tokenizer}
    by_name = {what: one for what, one in {**given, "features": features}.items() if _is_by_name(what, one)}
    plain = {what: None if what in by_name else one for what, one in {**given, "features": features}.items()}
    names = dict.fromkeys(name for one in by_name.values() for name in one)
    named = {name: _checked(**{what: by_name.get(what, {}).get(name) for what in plain}) for name in names}
    return ToldByName(_checked(**plain), named)


def _is_by_name(what: str, said: Any) -> bool:
    """Whether something is said by the names of inputs: names of words and columns may be a dict to their numbers."""
    if not isinstance(said, Mapping) or not said:
        return False
    several = all(isinstance(one, list | tuple | Mapping | np.ndarray) for one in said.values())
    return several or what not in ("vocabulary", "features")


def _checked(*, tokens: Any, vocabulary: Any, padding: Any, tokenizer: Any, features: Any) -> Named:
    made = None if tokenizer is None else Tokenizer(tokenizer)
    return Named(ToldOfTokens(tokens, checked_vocabulary(vocabulary), padding, made), checked_features(features))
