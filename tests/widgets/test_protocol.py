"""The protocol is declared once: TypeScript is made from it, what is sent follows it, what comes is held against it."""

import importlib.util
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal, NotRequired, TypedDict

import numpy as np
import pytest
from torch import nn

import xai_widgets as xai
from tests.widgets.conftest import Browser, brightened, halves, state_of
from tests.widgets.test_inputs import two_inputs
from tests.widgets.test_tokens import WORDS as VOCABULARY
from tests.widgets.test_tokens import Sum
from xai_widgets.widgets import protocol
from xai_widgets.widgets.conformity import check

ROOT = Path(__file__).parents[2]


def generator():
    spec = importlib.util.spec_from_file_location("protocol_script", ROOT / "js/protocol.py")
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    return script


def test_the_typescript_is_that_of_the_declarations():
    script = generator()
    written = script.written(script.SOURCE.read_text("utf-8"))
    assert script.TARGET.read_text("utf-8") == written, "run python js/protocol.py"


def test_types_become_those_of_typescript():
    source = '''
Side = Literal["left", "right"]
"""Which."""

class Base(TypedDict):
    """A base."""
    a: int
    b: NotRequired[str | None]
    """Perhaps None."""

class More(Base):
    c: Sequence[dict[str, Any]]
    d: Sequence[float | None]
    e: tuple[str, bool]
    f: Sequence[Sequence[Base]]

NAMES = tuple(More.__annotations__)
'''
    words = " ".join(generator().written(source).split("\n", 1)[1].split())
    assert words == (
        '/** Which. */ export type Side = "left" | "right"; '
        "/** A base. */ export interface Base { a: number; /** Perhaps null. */ b?: string | null; } "
        "export interface More extends Base { c: readonly Readonly<Record<string, unknown>>[]; "
        "d: readonly (number | null)[]; e: readonly [string, boolean]; f: readonly (readonly Base[])[]; } "
        'export const NAMES = ["a", "b", "c", "d", "e", "f"] as const;'
    )


# What is sent


MESSAGES = {
    "error": protocol.ErrorMessage,
    "mechanism": protocol.MechanismMessage,
    "offer": protocol.OfferMessage,
    "working": protocol.WorkingMessage,
}


def everything(widget: Any, frame: Any, header: Any, catalogue: Any, traits: Any) -> None:
    """Hold all that a widget sends against its declarations, both ways: nothing is missing, and nothing is more."""
    browser = Browser(widget)
    browser.send({"type": "hello"})
    browser.request(index=0)
    browser.send({"type": "request", "request": 7, "state": {"method": "magic"}})
    browser.send({"type": "settle", "request": 8, "changes": {"method": "saliency"}})
    browser.finish()
    seen = set()
    for message in browser.messages:
        kind = frame if message["type"] == "frame" else MESSAGES[message["type"]]
        check(message, kind, "message")
        assert set(message) <= fields(kind)
        seen.add(message["type"])
        if message.get("header"):
            check(message["header"], header, "header")
            assert set(message["header"]) <= fields(header)
    assert seen >= {"frame", "error"}
    told = json.loads(json.dumps(widget.catalogue))
    check(told, catalogue, "catalogue")
    assert set(told) == fields(catalogue)
    state = {name: value for name, value in widget.get_state().items() if name in fields(traits)}
    check(json.loads(json.dumps(state)), traits, "traits")
    assert set(state_of(widget)) <= fields(traits)


def fields(kind: Any) -> set[str]:
    return {name for base in (kind, *_bases(kind)) for name in base.__annotations__}


def _bases(kind: Any) -> Sequence[Any]:
    return [base for one in getattr(kind, "__orig_bases__", ()) if one is not TypedDict for base in (one, *_bases(one))]


def test_all_that_an_explorer_sends_is_declared(explorers, model, images):
    for models in (model, {"a": model, "b": model}):
        widget, _ = explorers(models, images, steps=4)
        parts = (protocol.FrameMessage, protocol.Header, protocol.Catalogue, protocol.Traits)
        everything(widget, *parts)
        widget.quantity = "channel"
        widget.grid = ["saliency", "grad_cam"]
        everything(widget, *parts)


def test_all_that_an_explorer_of_a_table_sends_is_declared(explorers):
    table = xai.wrap(nn.Linear(3, 1), input_shape=(3,), bounds=None, outputs="values", features=["a", "b", "c"])
    widget, _ = explorers(table, np.ones((2, 3), np.float32))
    everything(widget, protocol.FrameMessage, protocol.Header, protocol.Catalogue, protocol.Traits)


def test_all_that_a_painter_sends_is_declared(painters, model, images):
    widget, _ = painters(model, images)
    widget.fill_outside_ellipse("white")
    everything(widget, protocol.FrameMessage, protocol.PaintHeader, protocol.PaintCatalogue, protocol.PaintTraits)


def test_all_that_an_explorer_of_texts_sends_is_declared():
    words = xai.wrap(Sum(), vocabulary=VOCABULARY, classes=["bad", "good"], input_shape=(6,))
    widget = xai.tokens(words, ["a very good film", "not bad"])
    everything(widget, protocol.FrameMessage, protocol.TokenHeader, protocol.TokenCatalogue, protocol.TokenTraits)
    widget.close()


def test_all_that_an_explorer_of_several_inputs_sends_is_declared():
    widget = xai.explore(two_inputs(), (np.ones((2, 5, 4)), np.eye(2, 3)))
    widget.typed = {"row": [1, 2, 3]}
    everything(widget, protocol.InputsMessage, protocol.InputsHeader, protocol.InputsCatalogue, protocol.InputsTraits)
    widget.close()


def test_all_that_an_attacker_sends_is_declared(attackers, model, images):
    widget, _ = attackers(model, images, np.ones(4), steps=4)
    everything(widget, protocol.AttackMessage, protocol.AttackHeader, protocol.AttackCatalogue, protocol.AttackTraits)


def test_all_that_an_eraser_sends_is_declared(erasers, model, images):
    widget, _ = erasers(model, images, ["saliency", "grad_cam"], np.ones((4, 16, 16), bool), steps=4, controls=True)
    everything(widget, protocol.EraserMessage, protocol.EraserHeader, protocol.EraserCatalogue, protocol.EraserTraits)


def test_all_that_a_randomiser_sends_is_declared(randomisers, model, images):
    widget, _ = randomisers(model, images, draws=2)
    parts = (protocol.RandomiseMessage, protocol.RandomiseHeader, protocol.RandomiseCatalogue, protocol.RandomiseTraits)
    everything(widget, *parts)
    widget.depth = 1
    everything(widget, *parts)


def test_all_that_a_ranker_sends_is_declared(rankers, model, images):
    metrics = [{"metric": "deletion", "options": {"steps": 2}}, "localisation"]
    widget, _ = rankers(model, images, ["saliency", "grad_cam"], metrics, np.ones((4, 16, 16), bool))
    parts = (protocol.RankMessage, protocol.RankHeader, protocol.RankCatalogue, protocol.RankTraits)
    everything(widget, *parts)


def test_all_that_a_concept_tester_sends_is_declared(testers, model, images):
    widget, browser = testers({"one": model, "two": model}, images, brightened(images), "1", options={"runs": 4})
    parts = (protocol.ConceptMessage, protocol.ConceptHeader, protocol.ConceptCatalogue, protocol.ConceptTraits)
    everything(widget, *parts)
    browser.add(np.zeros((16, 16, 3), np.uint8))
    widget.set(step=0.5, count=2, without=[5])
    everything(widget, *parts)


@pytest.mark.parametrize("labels", [None, [0, 1, 1, 2]])
def test_all_that_a_dissector_sends_is_declared(dissectors, model, images, labels):
    widget, _ = dissectors(model, images, halves(images), "1", labels=labels, without=[1])
    parts = (protocol.DissectMessage, protocol.DissectHeader, protocol.DissectCatalogue, protocol.DissectTraits)
    everything(widget, *parts)
    widget.set(unit=2, formula="left or not top")
    everything(widget, *parts)


@pytest.mark.parametrize("network", ["one", "other"])
def test_all_that_a_prototype_viewer_sends_is_declared(viewers, images, network):
    layers = [nn.Conv2d(3, 4, 5), nn.AdaptiveMaxPool2d(1), nn.Flatten(), nn.Linear(4, 3)]
    model = xai.wrap(nn.Sequential(*layers), input_shape=(3, 16, 16))
    widget, _ = viewers({"one": model, "other": model}, images, images, network=network)
    parts = (protocol.PrototypeMessage, protocol.PrototypeHeader, protocol.PrototypeCatalogue, protocol.PrototypeTraits)
    everything(widget, *parts)
    widget.set(without=[1], target=2, index=1)
    everything(widget, *parts)


@pytest.mark.parametrize("network", ["one", "other"])
def test_all_that_an_exciter_sends_is_declared(exciters, model, images, network):
    widget, _ = exciters({"one": model, "other": model}, images, network=network, layer="1", options={"steps": 4})
    parts = (protocol.ExciteMessage, protocol.ExciteHeader, protocol.ExciteCatalogue, protocol.ExciteTraits)
    everything(widget, *parts)
    widget.set(channel=2, start="picture", index=1)
    everything(widget, *parts)
    widget.set(method="feature_inversion", options={"steps": 3})
    everything(widget, *parts)


@pytest.mark.parametrize("labels", [None, [0, 1, 1, 2]])
def test_all_that_a_decomposer_sends_is_declared(decomposers, model, images, labels):
    widget, _ = decomposers(model, images, "1", labels=labels, options={"features": 6}, truth=np.eye(4))
    parts = (protocol.DecomposeMessage, protocol.DecomposeHeader, protocol.DecomposeCatalogue, protocol.DecomposeTraits)
    everything(widget, *parts)
    widget.set(feature=2, without=[2])
    everything(widget, *parts)
    widget.method = "principal_components"
    everything(widget, *parts)


@pytest.mark.parametrize("labels", [None, [0, 1, 1, 2]])
def test_all_that_a_comparison_of_layers_sends_is_declared(representers, model, images, labels):
    widget, _ = representers({"one": model, "other": model.randomised()}, images, labels=labels)
    parts = (protocol.RepresentMessage, protocol.RepresentHeader, protocol.RepresentCatalogue, protocol.RepresentTraits)
    everything(widget, *parts)
    widget.set(method="cca", other="one")
    everything(widget, *parts)


@pytest.mark.parametrize("known", [True, False])
def test_all_that_an_intervener_sends_is_declared(interveners, model, images, known):
    truths = np.array([[0, 1, np.nan, 1]] * len(images)) if known else None
    told = {"truths": truths, "labels": [0, 1, 1, 2] if known else None}
    widget, _ = interveners({"one": model, "other": model.randomised()}, images, "1", levels=(0, 1), **told)
    parts = (protocol.InterveneMessage, protocol.InterveneHeader, protocol.InterveneCatalogue, protocol.InterveneTraits)
    everything(widget, *parts)
    widget.set(told={"unit 1": 0.5}, index=1)


def test_all_that_columns_left_out_send_is_declared(withholders):
    table = xai.wrap(nn.Linear(3, 2), classes=["no", "yes"], bounds=None, input_shape=(3,))
    rows = np.random.default_rng(0).normal(size=(12, 3))
    widget, _ = withholders({"one": table, "other": table}, rows[:2], rows, options={"draws": 8})
    parts = (protocol.WithholdMessage, protocol.WithholdHeader, protocol.WithholdCatalogue, protocol.WithholdTraits)
    everything(widget, *parts)
    widget.set(network="other", correlation=0.5, target=1)
    everything(widget, *parts)


def test_all_that_a_walker_sends_is_declared():
    widget = xai.walk(xai.Game(["a", "b"], {(): 0, "a": 1, "b": 2, ("a", "b"): 4}), prefix="$")
    state = {name: widget.get_state()[name] for name in fields(protocol.WalkTraits)}
    check(json.loads(json.dumps(state)), protocol.WalkTraits, "traits")


# What comes


class Part(TypedDict):
    number: int
    share: NotRequired[float]
    sides: NotRequired[tuple[str, str]]
    kind: NotRequired[Literal["a", "b"]]
    others: NotRequired[Sequence[int | None]]
    anything: NotRequired[Any]
    named: NotRequired[dict[str, bool]]


@pytest.mark.parametrize(
    ("found", "words"),
    [
        (3, "part is 3; expected a dict"),
        ({}, "part came without its number"),
        ({"number": True}, "part.number is True; expected a whole number"),
        ({"number": 1.0}, "part.number is 1.0; expected a whole number"),
        ({"number": 1, "share": "half"}, "part.share is 'half'; expected a number"),
        ({"number": 1, "sides": ["left"]}, "part.sides is .*; expected 2 values"),
        ({"number": 1, "sides": ["left", None]}, r"part.sides\[1\] is None; expected a text"),
        ({"number": 1, "kind": ["a"]}, "part.kind is .*; expected 'a' or 'b'"),
        ({"number": 1, "others": [1, None, "x"]}, r"part.others\[2\] is 'x'; expected a whole number"),
        ({"number": 1, "others": "12"}, "part.others is '12'; expected a list"),
        ({"number": 1, "named": {"x": 1}}, "part.named.x is 1; expected true or false"),
        ({"number": "9" * 1000}, "part.number is '9{79}…; expected"),
    ],
)
def test_what_does_not_conform_is_said(found, words):
    with pytest.raises(TypeError, match=words):
        check(found, Part, "part")


def test_what_conforms_passes():
    check({"number": 1}, Part, "part")
    check({"number": 1, "share": 1, "sides": ["l", "r"], "kind": "b", "others": [None, 2], "more": 1}, Part, "part")
    check({"number": 1, "share": 0.5, "anything": object(), "named": {"x": True}}, Part, "part")
