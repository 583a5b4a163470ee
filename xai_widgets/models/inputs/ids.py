"""Which of several inputs are ids, of words or of categories: as told, and as embeddings read them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

from xai_widgets.errors import InputError
from xai_widgets.models.inputs.categories import Categories
from xai_widgets.models.inputs.category_columns import columns_read
from xai_widgets.models.inputs.input import Input
from xai_widgets.models.inputs.lookups import Reader
from xai_widgets.models.inputs.named import NOTHING, Named, ToldByName
from xai_widgets.models.inputs.several import Several
from xai_widgets.models.inputs.table import Table
from xai_widgets.models.inputs.text import Text
from xai_widgets.models.inputs.tokens import Embedded
from xai_widgets.models.layout import plain

Elements = Sequence[Sequence[Reader]]
"""How each element of an input is read, by which embeddings."""


def may_be_ids(said: ToldByName, piece: Input) -> bool:
    """Whether one of several inputs may be ids, as far as is known before the network is run."""
    own = said.named.get(piece.name, NOTHING).tokens.tokens
    return len(piece.shape) == 1 and (said.plain.tokens.tokens if own is None else own) is not False


def with_ids(said: ToldByName, several: Several, readers: Sequence[Elements], whole: Sequence[bool]) -> Several:
    """Return several inputs with those as texts and categories that are, and with what is said of each.

    Parameters
    ----------
    said : ToldByName
    several : Several
    readers : sequence
        For each input how its elements are read, by which embeddings.
    whole : sequence of bool
        Which of them the network takes as whole numbers.

    Raises
    ------
    ValueError
        If something that is said does not fit, or how many ids there are is not known.
    """
    pieces = several.pieces

    def fitting(of_one: Named) -> list[str]:
        may = [piece for piece in pieces if may_be_ids(said, piece)]
        if of_one.categories is not None:
            return [piece.name for piece in may if piece.shape == (len(of_one.categories),)]
        if of_one.columns is not None:
            return [piece.name for piece in pieces if piece.shape == (len(of_one.columns),)]
        pairs = list(zip(pieces, readers, whole, strict=True))
        read = [piece.name for piece, elements, _ in pairs if _together(elements) and len(elements) > 1]
        return read or [piece.name for piece, _, one in pairs if one] or [piece.name for piece in may]

    told = said if said.plain.tokens.tokens is not False else replace(said, plain=NOTHING)
    of_each = told.of_each([piece.name for piece in pieces], fitting)
    each = zip(pieces, readers, whole, strict=True)
    return replace(several, parts=tuple(_as_read(piece, of_each[piece.name], read, one) for piece, read, one in each))


def _together(elements: Elements) -> list[Embedded]:
    """Return what is known of the embeddings that read all elements of an input alike, as those of words do."""
    if not elements or not all(elements):
        return []
    alike = set.intersection(*({(one.table, one.shift) for one in each} for each in elements))
    found = {(one.table, one.shift): one for one in elements[0]}
    return [one.known._replace(size=one.known.size - max(one.shift, 0)) for key, one in found.items() if key in alike]


def _as_read(piece: Input, said: Named, elements: Elements, whole: bool) -> Input:
    """Return one of several inputs as what is said of it, and what reads it, make it."""
    if said.tokens.tokens is False:
        elements = []
    embedded, read = _together(elements), bool(elements) and all(elements)
    if said.categories is not None or (read and not said.tokens.tokens and (not embedded or len(elements) == 1)):
        return _categories(piece, said, elements if read else [[]] * math.prod(piece.shape))
    if said.columns is not None:
        return _table(piece, said.columns, whole or read)
    if whole and not embedded and not said.tokens.tokens:
        raise InputError(
            f"{piece.name!r} takes whole numbers, and no embedding is seen that reads all of them and tells how "
            f"many ids there are; expected wrap(..., vocabulary={{{piece.name!r}: [...]}}) with the word of each, or "
            f"wrap(..., categories={{{piece.name!r}: {{...}}}}) with the names of each column's."
        )
    tokens = said.tokens.tokens_of(embedded)
    if tokens is None:
        return piece
    if piece.bounds not in (None, (0, 1)):
        raise InputError(f"{piece.name!r} are token ids, which have no bounds; found {piece.bounds}, expected None.")
    return Text.of(piece.shape, tokens, "which an embedding reads" if embedded else "as told").called(piece.name)


def _table(piece: Input, columns: tuple[str, ...], ids: bool) -> Table:
    """Return one of several inputs as a table with these columns."""
    shape = piece.shape
    if ids or shape != (len(columns),):
        raise InputError(
            f"features has {len(columns)} names for {piece.name!r}, {shape}{', which holds ids' if ids else ''}; "
            "expected the names of the columns of a table of numbers, one per column."
        )
    return Table(shape, piece.bounds, plain(shape), "as its columns have names", piece.name, columns=columns)


def _categories(piece: Input, said: Named, elements: Elements) -> Categories:
    """Return one of several inputs as categories."""
    if said.columns is not None or said.tokens.tokens is not None or piece.bounds not in (None, (0, 1)):
        raise InputError(
            f"{piece.name!r} holds categories, which have neither bounds nor words of a text, and are no numbers; "
            "leave bounds, tokens and features of it out, and name its columns by categories={...}."
        )
    told = said.categories
    if len(piece.shape) != 1 or (told is not None and piece.shape != (len(told),)):
        count = "" if told is None else f", and categories has {len(told)} columns"
        raise InputError(f"{piece.name!r} has shape {piece.shape}{count}; expected a row with an id for each column.")
    columns = columns_read(told, elements, piece.name, said.tokens.padding)
    seen = "which embeddings read, one for each column" if all(elements) else "as told"
    return Categories.of(columns, seen, piece.name)
