import html
from html.parser import HTMLParser

import pytest
from torch import nn

import xai_widgets as xai
from xai_widgets.attribution.method import METHODS, Method


class Cells(HTMLParser):
    """Reads the texts of the cells of a table, row by row."""

    def __init__(self, text):
        super().__init__()
        self.rows = []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        if tag == "tr":
            self.rows.append([])
        elif tag in ("td", "th"):
            self.rows[-1].append("")
        else:
            assert tag in ("table", "thead", "tbody", "code"), tag

    def handle_data(self, data):
        self.rows[-1][-1] += data


def test_every_method_is_listed_in_the_order_of_the_menu():
    listed = xai.methods()
    assert [one.method for one in listed] == list(METHODS.values())
    for one in listed:
        assert one.name in repr(listed)
        assert one.sentence in " ".join(repr(listed).split())
        assert one.refusal is None
    assert max(map(len, repr(listed).splitlines())) <= 110


def test_why_not_for_a_model_stands_in_words_and_in_the_table():
    model = xai.wrap(nn.Linear(4, 3), input_shape=(4,), bounds=None)
    listed = xai.methods(model)
    refused = {one.name: one.refusal for one in listed if one.refusal}
    assert refused == {name: kind.refusal(model) for name, kind in METHODS.items() if kind.refusal(model)}
    assert "grad_cam" in refused
    head, *rows = Cells(listed._repr_html_()).rows
    assert len(head) == 4
    for one, row in zip(listed, rows, strict=True):
        assert row == [one.name, one.family, one.sentence, one.refusal or ""]
    assert f"Not for this model: {refused['grad_cam']}" in " ".join(repr(listed).split())


def test_text_is_taken_as_text():
    class Rude(Method):
        name = label = "<b>rude</b>"
        sentence = "Says <script>alert(1)</script> & more."
        family = "gradient"

    shown = xai.MethodList([xai.ListedMethod(Rude, "<i>no</i>")])._repr_html_()
    assert Cells(shown).rows[1] == [Rude.name, "Gradients", Rude.sentence, "<i>no</i>"]
    assert html.escape(Rude.sentence) in shown


def test_only_a_model_is_one():
    with pytest.raises(TypeError, match="expected a network"):
        xai.methods("network")
