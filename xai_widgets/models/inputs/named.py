"""What is said of one input, or of each of several by its name."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from xai_widgets.errors import InputError, unknown_name
from xai_widgets.models.inputs.category_columns import Told, checked_categories
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
    categories : dict, optional
        By the name of a column the names of its categories.
    """

    tokens: ToldOfTokens
    columns: tuple[str, ...] | None = None
    categories: Told | None = None

    @property
    def one_by_one(self) -> list[Named]:
        """What is said, of ids, of columns and of categories, each alone: they need not be about the same input."""
        each = [
            Named(self.tokens),
            replace(NOTHING, columns=self.columns),
            replace(NOTHING, categories=self.categories),
        ]
        return [one for one in each if one.words]

    def leaves_open(self, other: Named) -> bool:
        """Whether nothing is said here of what is said there."""
        return not set(self._said) & set(other._said)

    def with_more(self, other: Named) -> Named:
        """Return both together."""
        return Named(
            other.tokens if other.tokens != NOTHING.tokens else self.tokens,
            other.columns or self.columns,
            other.categories or self.categories,
        )

    @property
    def are_ids(self) -> bool:
        """Whether it is said that the input holds ids."""
        return self.categories is not None or bool(self.tokens.tokens)

    @property
    def words(self) -> str:
        """What is said, by the names of the arguments of `wrap`."""
        return " and ".join(f"{name}=" for name in self._said)

    @property
    def _said(self) -> list[str]:
        ids = self.tokens
        said = {
            "tokenizer": ids.tokenizer is not None,
            "vocabulary": ids.vocabulary is not None and ids.tokenizer is None,
            "tokens": ids.tokens is not None and ids.vocabulary is None,
            "padding": ids.padding is not None,
            "features": self.columns is not None,
            "categories": self.categories is not None,
        }
        return [name for name, given in said.items() if given]


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
        for said in self.plain.one_by_one:
            fits = [name for name in fitting(said) if found[name].leaves_open(said)]
            if len(fits) != 1:
                among = f"of {', '.join(map(repr, fits))} each may be meant" if fits else "none of them can be meant"
                raise InputError(
                    f"Of several inputs, {', '.join(map(repr, names))}, {among} by {said.words}; expected a dict by "
                    f"the names of inputs, such as {{{(fits or list(names))[0]!r}: ...}}."
                )
            found[fits[0]] = found[fits[0]].with_more(said)
        return found


def told_by_name(**given: Any) -> ToldByName:
    """Return what is said of inputs, checked; each of these is for one input, or a dict by the names of several."""
    by_name = {what: one for what, one in given.items() if _is_by_name(what, one)}
    plain = {what: None if what in by_name else one for what, one in given.items()}
    names = dict.fromkeys(name for one in by_name.values() for name in one)
    named = {name: _checked(**{what: by_name.get(what, {}).get(name) for what in given}) for name in names}
    return ToldByName(_checked(**plain), named)


def _is_by_name(what: str, said: Any) -> bool:
    """Whether something is said by the names of inputs: names of words and columns may be a dict to their numbers."""
    if not isinstance(said, Mapping) or not said or not all(isinstance(name, str) for name in said):
        return False
    if what == "categories":  # The names of one column may be a dict to their numbers.
        return all(isinstance(one, Mapping) and not _is_by_number(one) for one in said.values())
    several = all(isinstance(one, list | tuple | Mapping | np.ndarray) for one in said.values())
    return several or what not in ("vocabulary", "features")


def _is_by_number(names: Mapping[Any, Any]) -> bool:
    sides = list(names), list(names.values())
    return any(all(isinstance(one, int | np.integer) for one in side) for side in sides)


def _checked(*, tokens: Any, vocabulary: Any, padding: Any, tokenizer: Any, features: Any, categories: Any) -> Named:
    made = None if tokenizer is None else Tokenizer(tokenizer)
    ids = ToldOfTokens(tokens, checked_vocabulary(vocabulary), padding, made)
    return Named(ids, checked_features(features), checked_categories(categories))
