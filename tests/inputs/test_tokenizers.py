"""Texts by way of a tokenizer: ids and places are its own, and nothing that a method finds is lost on the text."""

import copy
import pickle

import numpy as np
import pytest
import torch
from captum.attr import LayerIntegratedGradients
from torch import nn

import xai_widgets as xai
from tests.inputs.tokenizers_here import byte_pairs, word_pieces
from tests.later import keras, layers
from xai_widgets.errors import InputError, InputTypeError

LENGTH = 32
TEXTS = [
    "Good 😀 film!",
    "  two  spaces\n and a LINE",
    "naïve café, unbelievably good",
    "日本 film\n\nfilming",
    "e\u0301clair 👩‍👩‍👧 ﬁlm",
    "a",
    "",
]


class Reader(nn.Module):
    def __init__(self, size):
        super().__init__()
        torch.manual_seed(2)
        self.words, self.norm, self.head = nn.Embedding(size, 8), nn.LayerNorm(8), nn.Linear(8, 3)
        self.seen = []

    def forward(self, input_ids, attention_mask):
        self.seen.append((input_ids.numpy().copy(), attention_mask.numpy().copy()))
        there = attention_mask[..., None].float()
        z = torch.tanh(self.norm(self.words(input_ids)))
        return self.head((z * there).sum(1) / there.sum(1).clamp_min(1))


@pytest.fixture(params=[word_pieces, byte_pairs])
def tokenizer(request):
    return request.param()


def wrapped(tokenizer, **options):
    net = Reader(tokenizer.get_vocab_size())
    return net, xai.wrap(net, tokenizer=tokenizer, **{"input_shape": (LENGTH,), **options})


@pytest.mark.parametrize("text", TEXTS)
def test_ids_and_places_are_the_tokenizers_own(text, tokenizer):
    _, model = wrapped(tokenizer)
    encoding = tokenizer.encode(text)
    count = len(encoding.ids)
    assert model.ids(text).tolist() == [*encoding.ids, *[0] * (LENGTH - count)]
    assert model.words(model.ids(text)) == encoding.tokens
    reading = model.tokens.read(text, LENGTH)
    assert list(reading.spans[:count]) == encoding.offsets
    passage = reading.passage
    written = "".join(unit.before + unit.text for unit in passage.units) + passage.after
    assert written.replace("↵", "") == text
    places = sorted(place for unit in passage.units for place in unit.tokens)
    assert sorted([*places, *passage.beside]) == list(range(LENGTH))
    for word in {word for word in encoding.word_ids if word is not None}:
        # Pieces of one word are one unit, which the text has at the places that the tokenizer says.
        pieces = {place for place, one in enumerate(encoding.word_ids) if one == word}
        start = min(encoding.offsets[place][0] for place in pieces)
        end = max(encoding.offsets[place][1] for place in pieces)
        if text[start:end]:
            (unit,) = (unit for unit in passage.units if pieces <= set(unit.tokens))
            assert unit.text.replace("↵", "\n") in (text[start:end], text[start:end].strip())


def test_a_character_of_several_bytes_has_the_sum_of_its_tokens():
    tokenizer = byte_pairs()
    _net, model = wrapped(tokenizer)
    text = "film 日 film"
    found = xai.IntegratedGradients(steps=32)(model, text, xai.Logit(1))
    encoding = tokenizer.encode(text)
    bytes_of_it = [place for place, span in enumerate(encoding.offsets) if span == (5, 6)]
    assert len(bytes_of_it) == 3
    passage = model.tokens.read(text, LENGTH).passage
    values = dict(zip([unit.text for unit in passage.units], passage.values(found.map), strict=True))
    space = encoding.tokens.index("Ġ")
    np.testing.assert_allclose(values["日"], found.map[[space, *bytes_of_it]].sum(), atol=1e-6)


def test_gradients_are_captums_and_the_text_and_what_stands_beside_it_sum_to_the_change(tokenizer):
    net, model = wrapped(tokenizer)
    text = "Good films 😀"
    ids = torch.tensor(model.ids(text))[None]
    mask = (ids != 0).long()
    around = torch.isin(ids, torch.tensor([2, 3])) if tokenizer.token_to_id("[CLS]") else torch.zeros_like(ids) > 0
    reference = torch.where(around, ids, 0)
    found = xai.IntegratedGradients(steps=256)(model, text, xai.Logit(1))
    captum = LayerIntegratedGradients(net, net.words)
    expected = captum.attribute(ids, reference, target=1, additional_forward_args=(mask,), n_steps=100)[0]
    np.testing.assert_allclose(found.values, expected.detach(), atol=1e-5)
    passage = model.tokens.read(text, LENGTH).passage
    total = passage.values(found.map).sum() + passage.value_beside(found.map)
    change = (net(ids, mask) - net(reference, mask))[0, 1].item()
    np.testing.assert_allclose(total, change, atol=1e-4)


PERTURBING = [
    xai.Occlusion(window=2, stride=1),
    xai.FeatureAblation(),
    xai.FeatureAblation(features="pixels", baseline="mask"),
    xai.Lime(samples=32),
    xai.KernelShap(samples=32),
    xai.ShapleySampling(samples=4),
    xai.Rise(samples=16),
]


@pytest.mark.parametrize("method", PERTURBING, ids=lambda method: f"{method.name} {method.baseline}")
def test_what_stands_around_a_text_is_never_taken_away(method):
    _net, model = wrapped(word_pieces())
    text = "unbelievably good films"
    ids = model.ids(text)
    inside = np.isin(ids, [2, 3, 0], invert=True)
    shadow = model._follow()
    seen = []
    with shadow.hooked([("words", lambda module, args, output: seen.extend(args[0].numpy().copy()))]):
        found = method(model, text, xai.Logit(1))
    seen = np.array(seen)
    assert len(seen) >= 4
    assert (seen[:, ~inside] == ids[~inside]).all()
    replaced = np.unique(seen[:, inside][seen[:, inside] != ids[inside]])
    assert replaced.tolist() == [4 if method.baseline == "mask" else 0]
    if not isinstance(method, xai.Rise):  # Its map is the mean score, which does not start from zero.
        np.testing.assert_allclose(found.map[~inside], 0, atol=1e-6)


def test_words_are_the_features_and_each_has_its_drop():
    net, model = wrapped(word_pieces())
    text = "Unbelievably good"
    ids = model.ids(text)
    found = xai.FeatureAblation()(model, text, xai.Logit(2))
    words = word_pieces().encode(text).word_ids
    mask = torch.tensor(ids != 0).long()[None]
    full = net(torch.tensor(ids)[None], mask)[0, 2].item()
    for word in (0, 1):
        pieces = [place for place, one in enumerate(words) if one == word]
        less = ids.copy()
        less[pieces] = 0
        drop = full - net(torch.tensor(less)[None], mask)[0, 2].item()
        np.testing.assert_allclose(found.map[pieces].sum(), drop, atol=1e-5)
        np.testing.assert_allclose(found.values[pieces], drop, atol=1e-5)
        assert found.words[word][1] == pytest.approx(drop, abs=1e-5)
    assert found.features.count == 2
    assert xai.FeatureAblation(features="pixels")(model, text).features.count == len(words) - 2
    exact = xai.ExactShapley()(model, [text, "a fine story , a film"], xai.Logit(2))
    assert exact.features.count == 6
    both = torch.tensor(model.ids([text, "a fine story , a film"]))
    there = (both != 0).long()
    empty = net(torch.where((both == 2) | (both == 3), both, 0), there)
    change = (net(both, there) - empty)[:, 2].detach().numpy()
    np.testing.assert_allclose(exact.map.sum(axis=1), change, atol=1e-4)
    np.testing.assert_allclose([sum(value for _, value in words) for words in exact.words], change, atol=1e-4)


def test_a_text_is_an_input_everywhere(tokenizer):
    _, model = wrapped(tokenizer, classes=["bad", "good", "none"])
    texts = ["Good film!", "dull"]
    ids = model.ids(texts)
    assert ids.shape == (2, LENGTH)
    np.testing.assert_array_equal(model.scores(texts), model.scores(ids))
    for method in (xai.Saliency(), xai.Occlusion(window=1, stride=1), xai.GradCam()):
        layer = "norm" if isinstance(method, xai.GradCam) else None
        both = method(model, texts, xai.Logit("good"), layer=layer)
        np.testing.assert_array_equal(both.map, method(model, ids, xai.Logit("good"), layer=layer).map)
        assert both.map.shape == (2, LENGTH)
        assert both._repr_png_()[:4] == b"\x89PNG"
    assert "of a Tokenizer" in repr(model)
    for again in (copy.deepcopy(model), pickle.loads(pickle.dumps(model))):
        np.testing.assert_array_equal(again.ids("Good film!"), ids[0])


def test_what_there_is_no_room_for_is_said():
    tokenizer = word_pieces()
    _, model = wrapped(tokenizer, input_shape=(6,))
    text = "a good film , a fine story"
    encoding = tokenizer.encode(text)
    with pytest.warns(UserWarning, match=f"{len(encoding.ids) - 6} tokens more than the 6 .* left out: '.*fine story'"):
        ids = model.ids(text)
    assert ids.tolist() == [*encoding.ids[:5], 3]
    reading = model.tokens.read(text, 6)
    assert reading.passage.unread == text[encoding.offsets[5][0] :]
    assert reading.left_out == len(encoding.ids) - 6
    _, tight = wrapped(tokenizer, input_shape=(2,))
    with pytest.raises(InputError, match="of which 2 stand around"):
        tight.ids(text)


def test_a_tokenizer_that_cuts_off_and_fills_up_says_how_long_texts_are():
    tokenizer = copy.deepcopy(word_pieces())
    tokenizer.enable_truncation(5)
    tokenizer.enable_padding(length=5, direction="left")
    _net, model = wrapped(tokenizer, input_shape=None)
    assert model.input_shape == (5,)
    for text in ("a film", "a"):
        assert model.ids(text).tolist() == tokenizer.encode(text).ids
    with pytest.warns(UserWarning, match="tokens more"):
        assert model.ids("a good film , a fine story").tolist() == tokenizer.encode("a good film , a fine").ids
    found = xai.IntegratedGradients()(model, "a film")
    assert found.map[0] == 0


def test_ids_alone_are_shown_as_a_text_that_they_may_be_made_of():
    _, model = wrapped(word_pieces())
    ids = np.array(word_pieces().encode("good film!").ids + [0] * (LENGTH - 5))
    assert model.tokens.reading(ids).text == "good film!"
    odd = np.array([2, 10, 3, 11, *[0] * (LENGTH - 4)])
    passage = model.tokens.reading(odd).passage
    assert [unit.text for unit in passage.units] == [word_pieces().id_to_token(one) for one in (10, 11)]


class Letters:
    """A tokenizer by hand: each letter is a token, and nothing of it is told but ids and offsets."""

    def encode(self, text):
        return [ord(one) % 50 for one in text], [(place, place + 1) for place in range(len(text))]


class Object(Letters):
    def encode(self, text):
        ids, offsets = super().encode(text)
        return type("Encoding", (), {"ids": ids, "offsets": offsets})()


class Dict(Letters):
    def encode(self, text):
        ids, offsets = super().encode(text)
        return {"input_ids": ids, "offset_mapping": offsets}


class Called(Letters):
    """As a fast tokenizer of transformers: it is called, and has padding of its own."""

    is_fast, pad_token_id, padding_side = True, 49, "left"

    def __call__(self, text):
        return type("Batch", (), {"encodings": [Dict().encode(text)]})()


@pytest.mark.parametrize("kind", [Letters, Object, Dict, Called])
def test_whatever_gives_ids_and_offsets(kind):
    net = Reader(50)
    model = xai.wrap(net, tokenizer=kind(), input_shape=(6,), padding=None if kind is Called else 0)
    fill = [49] * 4 if kind is Called else [0] * 4
    ids = [ord("o") % 50, ord("k") % 50]
    assert model.ids("ok").tolist() == (fill + ids if kind is Called else ids + fill)
    assert [unit.text for unit in model.tokens.read("ok", 6).passage.units] == ["o", "k"]
    assert xai.Saliency()(model, "ok").map.shape == (6,)


class Bytes(Letters):
    def encode(self, text):
        count = len(text.encode())
        return [1] * count, [(place, place + 1) for place in range(count)]


class Failing(Letters):
    def encode(self, text):
        raise RuntimeError("no")


class Slow(Called):
    is_fast = False


class Nothing(Letters):
    def encode(self, text):
        return [1, 2, 3]


@pytest.mark.parametrize(
    ("tokenizer", "options", "error", "message"),
    [
        (Failing(), {}, InputError, "tokenizer failed on ''.*RuntimeError: no"),
        (Nothing(), {}, InputTypeError, "expected ids and offsets"),
        (Slow(), {}, InputTypeError, "expected a fast one"),
        ("bert-base-uncased", {}, InputTypeError, "expected one of tokenizers or transformers"),
        (Letters(), {"vocabulary": ["a"]}, InputError, "expected it alone"),
        (Letters(), {}, InputError, r"fills texts up; expected wrap\(..., padding"),
        (Letters(), {"padding": 99}, InputError, "padding is 99"),
    ],
)
def test_what_does_not_fit_is_refused(tokenizer, options, error, message):
    with pytest.raises(error, match=message):
        xai.wrap(Reader(50), tokenizer=tokenizer, input_shape=(6,), **options)


def test_offsets_of_bytes_are_refused():
    model = xai.wrap(Reader(50), tokenizer=Bytes(), input_shape=(9,), padding=0)
    with pytest.raises(InputError, match="not those of bytes"):
        model.ids("é")


def test_twins(tokenizer):
    net, model = wrapped(tokenizer)
    size = tokenizer.get_vocab_size()
    ids, mask = keras.Input((None,), dtype="int32", name="ids"), keras.Input((None,), name="mask")
    z = layers.LayerNormalization(epsilon=1e-5, name="norm")(layers.Embedding(size, 8, name="words")(ids))
    there = mask[..., None]
    mean = keras.ops.sum(keras.ops.tanh(z) * there, 1) / keras.ops.maximum(keras.ops.sum(there, 1), 1)
    network = keras.Model([ids, mask], layers.Dense(3, name="head")(mean))
    network.get_layer("words").set_weights([net.words.weight.detach().numpy()])
    network.get_layer("head").set_weights([net.head.weight.detach().numpy().T, net.head.bias.detach().numpy()])
    other = xai.wrap(network, tokenizer=tokenizer, input_shape=(LENGTH,))
    for method in (xai.IntegratedGradients(), xai.FeatureAblation(), xai.Lime(samples=64), xai.GradCam()):
        layer = "norm" if isinstance(method, xai.GradCam) else None
        one, two = (method(each, TEXTS[2], xai.Logit(1), layer=layer).map for each in (model, other))
        np.testing.assert_allclose(one, two, atol=1e-4)
