"""The table of what there is: made from what the tests saw, and whole."""

import importlib.util
import json
from pathlib import Path

import pytest

from docs.networks import __main__ as examining
from docs.networks.page import page
from xai_widgets.answers.registry import REGISTRY
from xai_widgets.attribution.method import METHODS

DOCS = Path(__file__).parents[2] / "docs"
SEEN = json.loads((DOCS / "agreements.json").read_text("utf-8"))
FREE_OF_FRAMEWORKS = 0.02
"""Closed forms of what samples or searches are met within its own error; all else within 1e-4."""


@pytest.fixture(scope="module")
def script():
    spec = importlib.util.spec_from_file_location("methods_table", DOCS / "methods.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_table_is_what_the_script_makes_of_what_the_tests_saw(script):
    assert (DOCS / "methods.md").read_text("utf-8") == script.page(SEEN), "run make methods"


@pytest.mark.parametrize("name", METHODS)
def test_every_method_has_an_oracle_runs_in_both_frameworks_and_agrees_between_them(name):
    differences = SEEN[name]["differences"]
    oracles = set(differences) - {"parity"}
    assert oracles, "no oracle but the other framework"
    assert differences["parity"] <= (2e-3 if name.startswith("boundary") else 1e-4)
    assert all(differences[oracle] <= FREE_OF_FRAMEWORKS for oracle in oracles)
    for framework in ("torch", "keras"):
        assert any(model.startswith(framework) and said == "runs" for model, said in SEEN[name]["models"].items())


@pytest.mark.parametrize("name", REGISTRY["concept"])
def test_whatever_looks_inside_has_an_oracle_and_agrees_between_the_frameworks(name):
    differences = SEEN[name]["differences"]
    assert set(differences) - {"parity"}, "no oracle but the other framework"
    assert differences["parity"] <= 1e-4
    assert max(differences.values()) <= FREE_OF_FRAMEWORKS


@pytest.mark.parametrize("name", REGISTRY["similarity"])
def test_whatever_compares_layers_has_an_oracle_and_agrees_between_the_frameworks(name):
    differences = SEEN[name]["differences"]
    assert set(differences) - {"parity"}, "no oracle but the other framework"
    assert max(differences.values()) <= 1e-4


def test_every_other_row_was_seen(script):
    for name in script.ROWS:
        assert script._beside(name, SEEN)["differences"], name


def test_the_table_of_networks_is_what_the_script_makes_of_what_it_found():
    found = json.loads((DOCS / "networks" / "results.json").read_text("utf-8"))
    assert (DOCS / "networks.md").read_text("utf-8") == page(found), "run python -m docs.networks --page"


def test_a_network_is_given_up_after_its_time_on_a_processor_whatever_else_runs(monkeypatch, tmp_path):
    busy, waiting = tmp_path / "busy", tmp_path / "waiting"
    busy.write_text("#!/bin/sh\nwhile :; do :; done\n")
    waiting.write_text("#!/bin/sh\nsleep 1.2; echo '{\"untouched\": true}'\n")
    for script in (busy, waiting):
        script.chmod(0o700)
    monkeypatch.setattr(examining, "SECONDS", 1)
    assert examining._examined(busy, "timm:resnet18") == {"error": "not done after 1 s of a processor"}
    assert examining._examined(waiting, "timm:resnet18") == {"untouched": True}
