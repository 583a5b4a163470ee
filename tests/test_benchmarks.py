"""The benchmark runs, at a tiny size: what it measures is for a quiet machine and for people to read."""

import math

import numpy as np
import pytest

from benchmarks.__main__ import PARTS
from benchmarks.apart import apart
from benchmarks.memory import streams
from benchmarks.report import Row, Table, document
from benchmarks.size import TINY
from benchmarks.torch_methods import comparisons
from xai_widgets.attribution.method import METHODS


@pytest.mark.parametrize("part", PARTS)
def test_every_part_measures_something(part):
    tables = apart(f"benchmarks.{part}", "tables", TINY)
    assert all(table.rows for table in tables)
    for row in (row for table in tables for row in table.rows):
        assert row.ours > 0, row.name
        assert row.theirs > 0, row.name
        assert row.difference is None or row.difference < 1e-2, f"{row.name} is fast by being wrong"
    if part == "keras_methods":
        assert all(row.difference is not None for table in tables for row in table.rows)


def test_a_move_of_a_slider_costs_few_calls():
    opening, first, last = apart("benchmarks.calls", "totals")
    assert opening <= 3490
    assert first <= 307
    assert last <= 480


def test_every_method_of_captums_is_compared_where_it_can_be():
    entries = comparisons(TINY, np.zeros((2, 3, 16, 16), np.float32))
    assert len({type(entry.method) for entry in entries}) >= 20
    apart = {type(entry.method).name for entry in entries if not entry.compared}
    assert apart == {
        *("expected_gradients", "feature_permutation", "lime", "kernel_shap", "shapley_sampling"),
        *("deeplift", "deeplift_shap"),
    }


def test_the_memory_of_every_method_that_samples_is_measured():
    counts = {"samples", "steps", "stride"}
    sampling = {name for name, kind in METHODS.items() if counts & {option.name for option in kind.options()}}
    # These choose their samples by themselves, take a batch, or are the choices of others.
    sampling -= {"boundary_integrated_gradients", "feature_permutation", "pertinent_negative", "pertinent_positive"}
    assert {type(stream.few).name for stream in streams(TINY)} == sampling


def test_a_row_knows_whether_its_limit_is_met():
    assert Row(name="", ours=8, theirs=10, limit=0.8).met is True
    assert Row(name="", ours=9, theirs=10, limit=0.8).met is False
    assert Row(name="", ours=24, theirs=20, limit=1, at_least=True).met is True
    assert Row(name="", ours=16, theirs=20, limit=1, at_least=True).met is False
    assert Row(name="", ours=9, limit=0.8).met is None
    assert Row(name="", ours=9, theirs=10).met is None


def test_the_document_shows_figures_limits_and_what_is_missed():
    rows = [
        Row(name="fast", ours=61.24, theirs=122.4, against="peer, batches of 8", limit=0.85, difference=3e-7),
        Row(name="slow", ours=200, theirs=100, against="peer", limit=1.1),
        Row(name="alone", ours=math.pi, unit="MB"),
    ]
    text = document([Table("Title", "How it was measured.", rows)])
    assert "| fast | 61.2 | 122 | ms | peer, batches of 8 | 0.50 | 0.85 | yes | 3e-07 |" in text
    assert "| slow | 200 | 100 | ms | peer | 2.00 | 1.1 | **no** |  |" in text
    assert "| alone | 3.14 |  | MB |  |  |  |  |  |" in text
    assert "Machine: " in text
    assert "How it was measured." in text
