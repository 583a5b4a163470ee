"""What is asked of a tokenizer, how a text is cut into what is coloured, what stands beside ids: without a network."""

from types import SimpleNamespace
from typing import NamedTuple

import numpy as np
import pytest

from tests.inputs.tokenizers_here import word_pieces
from xai_widgets.errors import InputError, InputTypeError
from xai_widgets.models.inputs import tokens as tokens_module
from xai_widgets.models.inputs.beside import Argument, Held, checked_beside, held, is_known
from xai_widgets.models.inputs.input import FIXED
from xai_widgets.models.inputs.reading import Reading, of_words
from xai_widgets.models.inputs.text import Text
from xai_widgets.models.inputs.tokenizer import Tokenizer
from xai_widgets.models.inputs.tokens import Embedded, Tokens, ToldOfTokens


class Fake:
    """A tokenizer that gives what it was told, and each letter as a token where it was told nothing."""

    def __init__(self, found=None, vocabulary=None, **attributes):
        self.found = found
        if vocabulary is not None:
            self.get_vocab = lambda: vocabulary
        vars(self).update(attributes)

    def encode(self, text):
        if self.found is not None and text:
            return self.found
        return [ord(one) - 86 for one in text], [(place, place + 1) for place in range(len(text))]


class Framed(Fake):
    """Puts 2 in front of the letters, and 3 behind them."""

    def encode(self, text):
        ids, spans = super().encode(text)
        return [2, *ids, 3], [(0, 0), *spans, (0, 0)]


def encoded(**parts):
    return SimpleNamespace(**{"ids": [5, 6], "offsets": [(0, 1), (1, 2)], **parts})


@pytest.mark.parametrize(
    ("padding", "mask", "unknown"),
    [("[PAD]", "[MASK]", "[UNK]"), ("<pad>", "<mask>", "<unk>"), ("<PAD>", "<MASK>", "<UNK>"), ("<|pad|>", "?", "!")],
)
def test_special_tokens_by_what_they_are_called(padding, mask, unknown):
    found = Tokenizer(Fake(vocabulary={"a": 0, padding: 3, mask: 4, unknown: 5}))
    assert (found.padding, found.mask, found.unknown) == ((3, 4, 5) if mask != "?" else (3, None, None))


def test_what_a_tokenizer_says_of_them_goes_before():
    vocabulary = {"[PAD]": 0, "[MASK]": 1, "[UNK]": 2}
    said = Tokenizer(Fake(vocabulary=vocabulary, pad_token_id=7, mask_token_id=8, unk_token_id=None))
    assert (said.padding, said.mask, said.unknown) == (7, 8, None)
    assert Tokenizer(Fake(vocabulary=vocabulary, padding={"pad_id": 9})).padding == 9


def test_what_is_not_known_or_taken_away_does_not_stand_around_a_text():
    class Marked(Fake):
        def encode(self, text):
            return [2, 5, 4, 3], [(0, 0)] * 4

    assert Tokenizer(Marked(vocabulary={"[MASK]": 4, "[UNK]": 5})).around == {2, 3}


def test_names_in_the_order_of_their_ids_with_the_number_where_there_is_none():
    assert Tokenizer(Fake(vocabulary={"c": 2, "a": 0})).vocabulary == ("a", "#1", "c")
    assert Tokenizer(Fake()).vocabulary is None


@pytest.mark.parametrize(
    ("settings", "length", "left"),
    [
        ({"padding": {"length": 5, "direction": "left"}}, 5, True),
        ({"padding": {"length": 5, "direction": "right"}}, 5, False),
        ({"truncation": {"max_length": 4, "direction": "right"}}, 4, False),
        ({"padding": {"length": None, "direction": "right"}, "truncation": {"max_length": 4}}, 4, False),
        ({"padding": None, "truncation": None, "padding_side": "left"}, None, True),
        ({}, None, False),
    ],
)
def test_how_long_texts_are_and_where_they_are_filled_up(settings, length, left):
    found = Tokenizer(Fake(**settings))
    assert (found.length, found.left) == (length, left)


def test_a_fast_one_is_called_and_another_is_not():
    class Both(Fake):
        def __call__(self, text):
            return SimpleNamespace(encodings=[([9], [(0, len(text))])])

    assert Tokenizer(Both(is_fast=True)).encode("ab").ids == [9]
    assert Tokenizer(Both()).encode("ab").ids == [11, 12]


def test_parts_of_an_encoding():
    parts = Tokenizer(Fake(encoded(tokens=["x", "y"], word_ids=[0, 0]), {"a": 5})).encode("ab")
    assert (parts.names, parts.words, parts.added, parts.left_out) == (["x", "y"], [0, 0], [False, False], 0)
    plain = Tokenizer(Fake(encoded(offsets=[(0, 0), (1, 2)]), {"a": 5})).encode("ab")
    assert (plain.names, plain.words, plain.added) == (["a", "#6"], [None, None], [True, False])
    # Where it is told what was put around, that counts, and not an empty place.
    told = Tokenizer(Fake(encoded(offsets=[(0, 0), (1, 2)], special_tokens_mask=[0, 1]))).encode("ab")
    assert told.added == [False, True]
    filled = Tokenizer(Fake(encoded(attention_mask=[0, 1], tokens=["x", "y"], word_ids=[0, 1]))).encode("ab")
    assert filled[:5] == ([6], ["y"], [(1, 2)], [1], [False])
    rest = SimpleNamespace(special_tokens_mask=[1, 0, 0, 1])
    assert Tokenizer(Fake(encoded(overflowing=[rest, rest]))).encode("ab").left_out == 4


class Named(NamedTuple):
    first: list
    second: list


@pytest.mark.parametrize(
    "found", [encoded(offsets=[(0, 1)]), ([5], [(0, 1)], [1]), Named([5], [(0, 1)]), {"ids": [5]}, [5]]
)
def test_what_is_no_encoding_is_refused(found):
    with pytest.raises(InputTypeError, match="expected ids and offsets"):
        Tokenizer(Fake(found)).encode("ab")


def test_what_is_too_long_loses_its_end_or_its_beginning():
    reading = Tokenizer(Framed()).read("abcd", 4, 0)
    assert (reading.ids, reading.end, reading.left_out) == ((2, 11, 12, 3), 2, 2)
    assert reading.passage.unread == "cd"
    reading = Tokenizer(Framed(truncation_side="left")).read("abcd", 4, 0)
    assert (reading.ids, reading.end, reading.left_out) == ((2, 13, 14, 3), None, 2)
    assert [unit.text for unit in reading.passage.units] == ["c", "d"]
    with pytest.raises(InputError, match="2 tokens, of which 2 stand around"):
        Tokenizer(Framed()).read("abcd", 2, 0)


def test_what_the_tokenizer_left_out_itself_is_not_read():
    found = encoded(overflowing=[SimpleNamespace(special_tokens_mask=[0])])
    reading = Tokenizer(Fake(found)).read("abc", 3, 0)
    assert (reading.ids, reading.end, reading.left_out, reading.passage.unread) == ((5, 6, 0), 2, 1, "c")


def test_what_fills_up_is_no_part_of_the_text():
    vocabulary = {"[PAD]": 0, "[UNK]": 12}
    reading = Tokenizer(Fake(vocabulary=vocabulary)).read("ab", 4, 0)
    assert reading == Reading(
        "ab",
        (11, 12, 0, 0),
        ("#11", "[UNK]", "[PAD]", "[PAD]"),
        ((0, 1), (1, 2), (0, 0), (0, 0)),
        (None,) * 4,
        (False, False, True, True),
        0,
        12,
    )
    assert [unit.known for unit in reading.passage.units] == [True, False]


def test_a_decoder_that_fails_or_gives_no_text_gives_none():
    def failing(ids):
        raise RuntimeError

    assert Tokenizer(Fake(decode=failing)).decode([1]) is None
    assert Tokenizer(Fake(decode=lambda ids: ids)).decode([1]) is None
    assert Tokenizer(Fake(decode=str)).decode((1,)) == "[1]"


def read(text, spans, words=None, added=None, ids=None, names=None, **rest):
    count = len(spans)
    ids = tuple(range(1, count + 1)) if ids is None else ids
    names = tuple(map(str, ids)) if names is None else names
    return Reading(text, ids, names, spans, words or (None,) * count, added or (False,) * count, 0, **rest).passage


def units(passage):
    return [(unit.before, unit.text, unit.tokens) for unit in passage.units]


def test_tokens_whose_places_overlap_are_one_unit_in_the_order_of_the_text():
    assert units(read("abc d", ((4, 5), (1, 2), (0, 3)))) == [("", "abc", (1, 2)), (" ", "d", (0,))]
    assert units(read("abc", ((0, 3), (1, 2)))) == [("", "abc", (0, 1))]
    assert units(read("ab", ((0, 1), (1, 2)))) == [("", "a", (0,)), ("", "b", (1,))]
    assert units(read("ab cd", ((0, 2), (5, 5), (3, 5)), (0, 0, 1))) == [("", "ab", (0, 1)), (" ", "cd", (2,))]


def test_what_stands_nowhere_is_beside():
    passage = read(
        "ab", ((0, 0), (0, 1), (1, 2), (1, 1), (0, 0)), added=(True, False, True, False, True), ids=(7, 8, 9, 6, 0)
    )
    assert (units(passage), passage.beside, passage.label) == ([("", "a", (1,))], (0, 2, 3, 4), "7 9 6")
    assert (passage.after, passage.unread) == ("b", "")
    values = np.array([1.0, 2, 4, 8, 16])
    assert passage.values(values).tolist() == [2]
    assert passage.value_beside(values) == 29
    assert read("", ((0, 0),) * 5, added=(True,) * 5).label == "1 2 3 4"


def test_spaces_are_between_units_and_ends_of_lines_are_seen():
    passage = read("good  film\n\nx\ny \n", ((0, 6), (6, 10), (10, 12), (12, 16), (16, 17)))
    assert units(passage) == [
        ("", "good", (0,)),
        ("  ", "film", (1,)),
        ("", "↵↵", (2,)),
        ("\n\n", "x\ny", (3,)),
        (" ", "↵", (4,)),
    ]
    assert passage.after == "\n"


def test_what_is_read_goes_to_the_last_unit_at_least():
    passage = read("abcdef", ((0, 5),), end=3)
    assert (passage.after, passage.unread) == ("", "f")
    passage = read("abcdef", ((0, 2),), end=3)
    assert (passage.after, passage.unread) == ("c", "def")


def test_a_word_is_known_where_all_of_its_tokens_are():
    passage = read("ab c", ((0, 1), (1, 2), (3, 4)), (0, 0, 1), unknown=2)
    assert [unit.known for unit in passage.units] == [False, True]
    assert all(unit.known for unit in read("ab", ((0, 1), (1, 2))).units)


def test_names_of_tokens_are_a_text_where_none_is_known():
    reading = of_words(["a", "[SEP]", "b"], [5, 3, 6], 0, 6, np.array([False, True, False]))
    assert (reading.text, reading.unknown) == ("a b", 6)
    assert [(unit.text, unit.tokens, unit.known) for unit in reading.passage.units] == [
        ("a", (0,), True),
        ("b", (2,), False),
    ]


def lexicon(given=None, **rest):
    return Tokens(**{"size": 40, "padding": 0, "vocabulary": None, "tokenizer": Tokenizer(given or Framed()), **rest})


def test_ids_are_read_as_the_text_that_they_were_last_made_of(monkeypatch):
    asked = []
    found = lexicon(Framed(decode=lambda ids: asked.append(ids) or "zz", vocabulary={"a": 11, "<s>": 2, "</s>": 3}))
    assert found.can_read
    made = found.ids("ab", 5)
    assert found.reading(made).text == "ab"
    # Another text than what it is decoded to: its tokens are shown by their names, without what stands around.
    assert found.reading(np.array([2, 11, 13, 3, 0])).text == "#11 #13"
    assert asked == [[11, 13]]
    monkeypatch.setattr(tokens_module, "REMEMBERED", 2)
    for text in ("a", "b", "c"):
        found.ids(text, 5)
    assert len(found._readings) == 2
    assert found.reading(np.array([2, 13, 3, 0, 0])).text == "c"


def test_the_padding_is_that_of_the_user_then_of_the_tokenizer_then_of_the_embedding():
    tokenizer, bare = Tokenizer(Fake(vocabulary={"[PAD]": 6})), Tokenizer(Fake())
    found = [ToldOfTokens(None, None, told, one) for told, one in ((4, tokenizer), (None, tokenizer), (None, bare))]
    assert [one.tokens_of([Embedded(10, 5)]).padding for one in found] == [4, 6, 5]


def test_the_embedding_is_the_first_that_has_a_vector_for_every_word():
    told = ToldOfTokens(None, ("a", "b", "c"), None)
    assert told.tokens_of([Embedded(2, None), Embedded(9, 1), Embedded(10, 2)]).size == 9


def test_the_word_for_what_is_unknown_is_known_itself():
    words = Tokens(3, 0, ("<pad>", "<unk>", "a"))
    assert [unit.known for unit in words.read("<unk> a", 3).passage.units] == [True, True]
    assert [unit.known for unit in words.read("b a", 3).passage.units] == [False, True]
    assert lexicon(Fake(vocabulary={"[UNK]": 12})).unknown == 12


def test_inputs_that_are_tried_are_texts_with_what_stands_around_them():
    text = Text.of((6,), lexicon(size=30), "told")
    rows = text.probe(np.random.default_rng(0), 40)
    assert (rows[:, 0] == 2).all()
    assert (rows[:, -1] == 3).all()
    assert not np.isin(rows[:, 1:-1], [0, 2, 3]).any()
    assert len(np.unique(rows[:, 1:-1])) > 20


def test_what_is_never_taken_away_is_no_feature_wherever_it_stands():
    tokenizer = word_pieces()
    text = Text.of((8,), Tokens(tokenizer.get_vocab_size(), 0, None, Tokenizer(tokenizer)), "told")
    ids = text.ids("good [CLS] film")
    assert ids.tolist().count(2) == 2
    (found,) = text.divided(ids[None], "words", 1)
    assert ((found == FIXED) == np.isin(ids, [0, 2, 3])).all()
    assert len(set(found) - {FIXED}) == 2


def test_a_map_that_is_not_of_the_tokens_is_drawn_without_a_text():
    text = Text.of((3,), lexicon(), "told")
    (view,) = text.drawn_under(np.array([2, 11, 3]), np.zeros((2, 3)))
    assert view.text is None
    (view,) = text.drawn_under(np.array([2, 11, 3]), np.zeros(3))
    assert [unit.tokens for unit in view.text.units] == [(1,)]


NAMES = {
    "mask": ("mask", "input_mask", "token_mask"),
    "types": ("token_type_ids", "type_ids", "segment_ids", "token_types", "segments"),
    "padding": ("padding_mask", "key_padding_mask", "src_key_padding_mask", "pad_mask"),
}


def test_what_stands_beside_ids_by_its_name():
    for meaning, names in NAMES.items():
        for name in names:
            assert held([Argument(name, True)], None, "padding") == (Held(name, meaning),)
            assert is_known(name)
    assert held([Argument("pad_mask", True)], None, "mask") == (Held("pad_mask", "mask"),)
    assert is_known("attention_mask")
    assert not is_known("other")


def test_what_may_be_left_out_is_given_where_its_name_means_one_thing():
    arguments = [Argument(name, False) for name in ("attention_mask", "mask", "other")]
    assert held(arguments, None, "mask") == (Held("attention_mask", "mask"),)


def test_what_is_told_of_them_goes_before():
    told = {"there": "types"}
    assert held([], told, "mask") == (Held("there", "types", True),)
    assert held([Argument("there", True), Argument("mask", True)], told, "mask") == (Held("there", "types", True),)
    assert Held("there", lambda ids: ids).words == "there as told"
    assert Held("there", "types").words == "there all 0, as of one sentence"
    with pytest.raises(InputTypeError, match="expected a dict"):
        checked_beside({1: "mask"})
