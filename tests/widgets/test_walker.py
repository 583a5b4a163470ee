"""The walk through the orders of a game, without a browser."""

import io

import ipywidgets
import numpy as np
import pytest
from IPython.core.formatters import DisplayFormatter
from PIL import Image

import xai_widgets as xai
from xai_widgets.widgets.walk_image import brought, change

VIEW = "application/vnd.jupyter.widget-view+json"


@pytest.fixture
def house():
    prices = {"age": -20, "rooms": 60, "location": 150}
    extra = {frozenset({"rooms", "location"}): -30}

    def value(coalition):
        return 250 + sum(prices[name] for name in coalition) + extra.get(frozenset(coalition) - {"age"}, 0)

    return xai.Game(["age", "rooms", "location"], value)


def test_the_browser_gets_the_whole_game_at_once(house):
    widget = xai.walk(house, worth="price", prefix="$")
    sent = widget.get_state()["game"]
    assert sent["players"] == ["age", "rooms", "location"]
    for code, value in enumerate(sent["values"]):
        names = [name for place, name in enumerate(house.players) if code >> place & 1]
        assert value == house.value(*names)
    assert [[house.players[player] for player in order] for order in sent["orders"]] == [
        list(order.players) for order in house.orders()
    ]
    assert (sent["worth"], sent["prefix"], sent["suffix"]) == ("price", "$", "")


def test_what_it_shows_is_what_the_game_says(house):
    sent = xai.walk(house).game
    for number, order in enumerate(house.orders()):
        found = {house.players[player]: value for player, value in brought(sent, number).items()}
        assert found == order.contributions
    assert brought(sent, 0, 1) == {0: -20}


def test_the_orders_may_be_shuffled(house):
    plain, shuffled, again = (xai.walk(house, seed=seed).game["orders"] for seed in (None, 4, 4))
    assert shuffled == again != plain
    assert sorted(shuffled) == sorted(plain)


def test_places_are_checked(house):
    widget = xai.walk(house)
    widget.order, widget.step = 5, 3
    for name, bad in (("order", 6), ("order", -1), ("step", 4)):
        with pytest.raises(ValueError, match=f"{name} is {bad}; expected a number from 0"):
            setattr(widget, name, bad)
    assert (widget.order, widget.step) == (5, 3)


def test_in_words_it_says_which_order_it_shows(house):
    widget = xai.walk(house)
    widget.order = 5
    assert repr(widget) == "Walker(order 6 of 6: location → rooms → age)"


def test_it_has_a_picture_of_itself(house):
    widget = xai.walk(house, prefix="$")
    early = np.asarray(Image.open(io.BytesIO(widget._repr_png_())))
    widget.order, widget.step = 5, 3
    data, _ = widget._repr_mimebundle_()
    late = np.asarray(Image.open(io.BytesIO(widget._repr_png_())))
    assert {"image/png", VIEW} <= set(data)
    assert late.shape[0] > early.shape[0], "six orders take more room than one"


def test_before_the_first_step_its_picture_shows_what_the_first_order_brings(house):
    widget = xai.walk(house)
    unbegun = widget._repr_png_()
    widget.step = 1
    one_in = widget._repr_png_()
    widget.step = 3
    assert unbegun == widget._repr_png_() != one_in


def test_ipywidgets_7_does_not_show_it_without_its_picture(house, monkeypatch):
    shown = []
    # As version 7 has it for every widget: what IPython finds under this name goes before anything else.
    monkeypatch.setattr(ipywidgets.Widget, "_ipython_display_", lambda widget: shown.append(widget), raising=False)
    monkeypatch.setattr(
        "anywidget.widget.repr_mimebundle", lambda model_id, repr_text: ({VIEW: model_id}, {VIEW: "Colab"})
    )
    widget = xai.walk(house)
    data, metadata = DisplayFormatter().format(widget)
    assert not shown
    assert data[VIEW] == widget.model_id
    assert data["image/png"]
    assert metadata[VIEW] == "Colab"


@pytest.mark.parametrize(
    ("value", "digits", "words"),
    [(50_000, 0, "+$50,000"), (-50_000, 0, "\N{MINUS SIGN}$50,000"), (-0.001, 2, "$0.00"), (1.5, 2, "+$1.50")],
)
def test_changes_are_written_as_the_browser_does(value, digits, words):
    assert change({"prefix": "$", "suffix": "", "digits": digits}, value) == words


@pytest.mark.parametrize(("scale", "digits"), [(1, 0), (0.01, 2), (1e-4, 4), (1000, 0)])
def test_as_many_digits_as_tell_values_apart(scale, digits):
    game = xai.Game(["a", "b"], {(): 0, "a": 1.23 * scale, "b": 3.4 * scale, ("a", "b"): 123 * scale})
    assert xai.walk(game).game["digits"] == digits


def test_too_many_players_are_refused():
    with pytest.raises(ValueError, match="8 players, so 40320 orders; expected at most 7"):
        xai.walk(xai.Game([str(number) for number in range(8)], len))
    with pytest.raises(TypeError, match="expected a Game"):
        xai.walk({"a": 1})
