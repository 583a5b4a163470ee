"""The style sheets: one for all widgets, in which no widget's rules reach into another."""

import re
from collections import defaultdict
from itertools import combinations
from pathlib import Path

SOURCE = Path(__file__).parents[2] / "js/src"
WIDGETS = (
    "explorer",
    "attack",
    "concepts",
    "dictionary",
    "eraser",
    "excite",
    "inputs",
    "intervene",
    "paint",
    "prototypes",
    "randomise",
    "rank",
    "represent",
    "tokens",
    "units",
    "walk",
    "without",
)


def selectors(path):
    """Return the selectors of a style sheet, each on its own."""
    text = re.sub(r"/\*.*?\*/", "", path.read_text("utf-8"), flags=re.DOTALL)
    found = re.findall(r"([^{};]+)\{", text)
    heads = [head.strip() for head in found if not head.strip().startswith("@")]
    # Commas within :is() and the like belong to one selector.
    return [part.strip() for head in heads for part in re.split(r",(?![^(]*\))", head)]


def classes(selector):
    return set(re.findall(r"\.(xai[\w-]*)", selector))


def of(folder):
    return [one for path in sorted((SOURCE / folder).rglob("*.css")) for one in selectors(path)]


SHARED = {name for one in of("shared") for name in classes(one)}
OWN = {widget: {name for one in of(widget) for name in classes(one)} - SHARED for widget in WIDGETS}


def test_every_rule_of_a_widget_names_something_of_its_own():
    strangers = [(widget, one) for widget in WIDGETS for one in of(widget) if not classes(one) & OWN[widget]]
    assert strangers == [], "it would change the parts that all widgets share"


def test_no_two_widgets_call_something_the_same():
    met = {(one, other): OWN[one] & OWN[other] for one, other in combinations(WIDGETS, 2)}
    assert {pair: names for pair, names in met.items() if names} == {}


def test_every_sheet_is_in_the_one_sheet():
    imported = re.findall(r'@import "(\./[^"]+)"', (SOURCE / "widgets.css").read_text("utf-8"))
    nested = defaultdict(list)
    for path in SOURCE.rglob("*.css"):
        for name in re.findall(r'@import "([^"]+)"', path.read_text("utf-8")):
            nested[path.name].append((path.parent / name).resolve())
    reached = {(SOURCE / name).resolve() for name in imported} | {one for names in nested.values() for one in names}
    assert {path.resolve() for path in SOURCE.rglob("*.css")} - reached == {(SOURCE / "widgets.css").resolve()}
