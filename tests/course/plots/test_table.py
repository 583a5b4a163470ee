"""Tables say the same in HTML and in plain text, and means are those of the runs."""

import re
import statistics

import pytest

from xai_course.plots import Table, spread, summary

ROWS = [
    {"framework": framework, "painted": painted, "accuracy": 0.8 + 0.01 * seed * (1 + painted)}
    for framework in ("PyTorch", "Keras")
    for painted in (0, 20)
    for seed in range(5)
]


def test_html_and_plain_text_hold_the_same_words():
    table = Table(["name", "value"], [["a <b>", 1], ["longer name", 0.5]], "A caption.")
    html = table._repr_html_()
    words = [word.replace("&lt;", "<").replace("&gt;", ">") for word in re.findall(r">([^<>]+)<", html)]
    assert words == ["A caption.", "name", "value", "a <b>", "1", "longer name", "0.5"]
    assert repr(table).splitlines() == ["A caption.", "name         value", "a <b>        1", "longer name  0.5"]


def test_a_row_of_another_length_is_refused():
    with pytest.raises(ValueError, match="has 1 entries for 2 columns"):
        Table(["a", "b"], [["1"]])


def test_the_spread_is_the_standard_deviation_of_a_sample():
    values = [0.81, 0.9, 0.87]
    assert spread(values, 3) == f"{statistics.mean(values):.3f} ± {statistics.stdev(values):.3f}"
    assert spread([0.5]) == "0.50"
    assert spread([]) == "none"


def test_a_summary_has_a_line_for_each_group_in_order():
    table = summary(ROWS, by=["framework", "painted"], columns={"accuracy": "test accuracy"}, digits=3)
    assert table.columns == ["framework", "painted", "runs", "test accuracy"]
    assert [row[:3] for row in table.rows] == [
        ["PyTorch", "0", "5"], ["PyTorch", "20", "5"], ["Keras", "0", "5"], ["Keras", "20", "5"],
    ]  # fmt: skip
    values = [row["accuracy"] for row in ROWS[5:10]]
    assert table.rows[1][3] == f"{statistics.mean(values):.3f} ± {statistics.stdev(values):.3f}"
