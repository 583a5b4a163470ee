"""The explorer of texts in a real browser: one types, and prediction and colours follow."""

import pytest

READER = """
words = "<pad> <unk> a the film good bad not very dull , .".split()

class Reader(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.embedding = torch.nn.Embedding(len(words), 1, padding_idx=0)

    def forward(self, ids):
        total = self.embedding(ids).sum((1, 2))
        return torch.stack([-total, total], dim=1)

reader = Reader()
with torch.no_grad():
    reader.embedding.weight[:] = torch.tensor([0, 0, 0, 0, .1, 2, -2, -1, .5, -1, 0, 0.])[:, None]
reading = xai.wrap(reader, vocabulary=words, classes=["bad", "good"], input_shape=(12,))
"""
OPEN = "t = xai.tokens(reading, ['The film, not good.', 'a <b>very</b> dull film'], target='good'); t"


@pytest.fixture
def tokens(lab, eventually):
    lab.execute(READER)
    lab.run(OPEN)
    root = lab.page.locator(".xai").first
    eventually(lab.page, lambda: root.locator(".xai-words .xai-word").count() == 6, "six words")
    yield lab, root
    lab.execute("t.close()")


def spoken(root):
    labels = root.locator(".xai-words .xai-word").evaluate_all("items => items.map(i => i.getAttribute('aria-label'))")
    return [label.replace("\u2212", "-") for label in labels]


def test_words_have_colours_and_values_one_can_read(tokens, eventually):
    lab, root = tokens
    assert root.locator(".xai-words .xai-word").all_inner_texts() == ["The", "film", ",", "not", "good", "."]
    assert spoken(root) == ["The: 0", "film: for 0.1", ",: 0", "not: against -1", "good: for 2", ".: 0"]
    assert lab.value("[round(float(v), 4) for v in t.result.map[:6]]") == [0.0, 0.1, 0.0, -1.0, 2.0, 0.0]
    good, bad = (
        root.locator(".xai-words .xai-word").nth(place).evaluate("i => getComputedStyle(i).backgroundColor")
        for place in (4, 3)
    )
    red, _, blue = (int(part) for part in good.removeprefix("rgb(").removesuffix(")").split(","))
    assert red > blue
    red, _, blue = (int(part) for part in bad.removeprefix("rgb(").removesuffix(")").split(","))
    assert blue > red
    root.locator(".xai-words .xai-word").nth(4).hover()
    assert root.locator(".xai-word-value").inner_text() == "good: for 2"
    root.locator(".xai-words .xai-word").first.focus()
    for key, words in (("ArrowRight", "film: for 0.1"), ("End", ".: 0"), ("ArrowLeft", "good: for 2")):
        lab.page.keyboard.press(key)
        assert root.locator(".xai-word-value").inner_text() == words
    assert root.locator(".xai-words .xai-word[tabindex='0']").count() == 1


def test_typing_is_followed(tokens, eventually):
    lab, root = tokens
    field = root.locator("textarea")
    field.fill("very good indeed")
    eventually(
        lab.page,
        lambda: spoken(root) == ["very: for 0.5", "good: for 2", "indeed: 0, not in the vocabulary"],
        "the words that were typed",
    )
    assert root.locator(".xai-unknown").all_inner_texts() == ["indeed"]
    assert lab.value("t.text") == "The film, not good."
    field.blur()
    eventually(lab.page, lambda: lab.value("t.text") == "very good indeed", "Python knows the text")
    lab.execute("t.text = 'not bad'")
    eventually(lab.page, lambda: spoken(root) == ["not: against -1", "bad: against -2"], "what Python wrote")
    assert field.input_value() == "not bad"
    field.fill("a " * 13)
    alert = root.locator("[role=alert]")
    eventually(lab.page, lambda: "13 words; expected at most 12" in alert.inner_text(), "too long")
    field.fill("good")
    eventually(lab.page, lambda: spoken(root) == ["good: for 2"], "the next text")
    assert alert.is_hidden()


def test_a_text_that_was_changed_says_so_and_comes_back(tokens, eventually):
    lab, root = tokens
    chosen = root.get_by_label("Texts").locator("option:checked")
    back = root.get_by_role("button", name="As it was")
    assert chosen.inner_text() == "1. The film, not good."
    assert back.is_hidden()
    root.locator("textarea").fill("good")
    eventually(lab.page, lambda: spoken(root) == ["good: for 2"], "the text that was typed")
    assert chosen.inner_text() == "1. The film, not good. (changed)"
    back.click()
    eventually(lab.page, lambda: len(spoken(root)) == 6, "the text as it was")
    eventually(lab.page, lambda: lab.value("t.text") == "The film, not good.", "Python knows")
    assert back.is_hidden()


def test_texts_are_text_and_methods_are_chosen(tokens, eventually):
    lab, root = tokens
    root.get_by_label("Texts").select_option("1")
    eventually(lab.page, lambda: "dull: against -1" in spoken(root), "the other text")
    assert root.locator(".xai-words b").count() == 0
    assert root.locator("textarea").input_value() == "a <b>very</b> dull film"
    lab.execute("t.set(method='occlusion', window=1, stride=1)")
    eventually(lab.page, lambda: "dull: covering raises -1" in spoken(root), "occlusion")
    root.get_by_role("button", name="Settings").click()
    root.get_by_label("Numbers below the words").check()
    assert "\u22121" in root.locator(".xai-word small").all_inner_texts()


PIECES = r"""
class Pieces:
    '''Pieces of two letters, bytes where a letter is none of ASCII, and a mark on both sides.'''
    def encode(self, text):
        ids, offsets, words, special = [1], [(0, 0)], [None], [1]
        for number, match in enumerate(re.finditer(r"\S+", text)):
            place = match.start()
            while place < match.end():
                step = 2 if text[place:place + 2].isascii() else 1
                stop = min(place + step, match.end())
                count = 1 if text[place:stop].isascii() else len(text[place:stop].encode())
                ids += [3 + (sum(map(ord, text[place:stop])) + byte) % 40 for byte in range(count)]
                offsets += [(place, stop)] * count
                words += [number] * count
                special += [0] * count
                place = stop
        return {"ids": [*ids, 2], "offsets": [*offsets, (0, 0)], "word_ids": [*words, None],
                "special_tokens_mask": [*special, 1]}
    def get_vocab(self):
        return {"<pad>": 0, "[CLS]": 1, "[SEP]": 2, **{f"piece {number}": number for number in range(3, 43)}}

class Masked(torch.nn.Module):
    def __init__(self):
        super().__init__()
        torch.manual_seed(0)
        self.embedding, self.head = torch.nn.Embedding(43, 4), torch.nn.Linear(4, 2)
    def forward(self, ids, attention_mask):
        there = attention_mask[..., None].float()
        return self.head((torch.tanh(self.embedding(ids)) * there).sum(1))

import re
written = xai.wrap(Masked(), tokenizer=Pieces(), input_shape=(20,), classes=["bad", "good"])
TEXT = "Good 😀  film,\nnaïve (a <b>)"
"""


def test_colours_lie_on_the_text_as_it_was_written(lab, eventually):
    lab.execute(PIECES)
    lab.run("s = xai.tokens(written, [TEXT, TEXT * 3], target='good'); s")
    root = lab.page.locator(".xai").first
    words = root.locator(".xai-words .xai-word")
    eventually(lab.page, lambda: words.count() == 6, "six words")
    assert words.all_inner_texts() == ["Good", "😀", "film,", "naïve", "(a", "<b>)"]
    written = "all => [...all.children].map(one => (one.firstElementChild ?? one).textContent).join('')"
    assert root.locator(".xai-words").evaluate(written) == "Good 😀  film,\nnaïve (a <b>)"
    # A word has the sum of its tokens, four of one picture; the marks on both sides are said beside the text.
    sums = lab.value("[float(v) for v in written.tokens.reading(written.ids(TEXT)).passage.values(s.result.map)]")
    said = [f"{'for' if value > 0 else 'against'} {value:.3g}" for value in sums]
    assert spoken(root) == [f"{word}: {one}" for word, one in zip(words.all_inner_texts(), said, strict=True)]
    beside = root.locator(".xai-beside").inner_text()
    assert beside == "[CLS] [SEP]: 0"  # They stand in the reference too.
    assert lab.value("abs(float(s.result.gap)) < 0.01 * abs(float(s.result.map.sum()))")
    # Lines are kept: what is written behind the end of one stands below it.
    above, below = (words.nth(place).bounding_box()["y"] for place in (2, 3))
    assert below > above + 10
    words.nth(0).hover()
    assert "piece" in root.locator(".xai-word-value").inner_text()
    # What there is no room for is struck through.
    lab.run("s.index = 1; s")
    eventually(lab.page, lambda: root.locator(".xai-unread").inner_text() != "", "a text that is cut off")
    lab.execute("s.close()")
