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
    eventually(lab.page, lambda: root.locator(".xai-words li").count() == 6, "six words")
    yield lab, root
    lab.execute("t.close()")


def spoken(root):
    labels = root.locator(".xai-words li").evaluate_all("items => items.map(i => i.getAttribute('aria-label'))")
    return [label.replace("\u2212", "-") for label in labels]


def test_words_have_colours_and_values_one_can_read(tokens, eventually):
    lab, root = tokens
    assert root.locator(".xai-words li").all_inner_texts() == ["The", "film", ",", "not", "good", "."]
    assert spoken(root) == ["The: 0", "film: for 0.1", ",: 0", "not: against -1", "good: for 2", ".: 0"]
    assert lab.value("[round(float(v), 4) for v in t.result.map[:6]]") == [0.0, 0.1, 0.0, -1.0, 2.0, 0.0]
    good, bad = (
        root.locator(".xai-words li").nth(place).evaluate("i => getComputedStyle(i).backgroundColor")
        for place in (4, 3)
    )
    red, _, blue = (int(part) for part in good.removeprefix("rgb(").removesuffix(")").split(","))
    assert red > blue
    red, _, blue = (int(part) for part in bad.removeprefix("rgb(").removesuffix(")").split(","))
    assert blue > red
    root.locator(".xai-words li").nth(4).hover()
    assert root.locator(".xai-word-value").inner_text() == "good: for 2"
    root.locator(".xai-words li").first.focus()
    for key, words in (("ArrowRight", "film: for 0.1"), ("End", ".: 0"), ("ArrowLeft", "good: for 2")):
        lab.page.keyboard.press(key)
        assert root.locator(".xai-word-value").inner_text() == words
    assert root.locator(".xai-words li[tabindex='0']").count() == 1


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
    root.get_by_label("Numbers below the words").check()
    assert "\u22121" in root.locator(".xai-words li small").all_inner_texts()
