"""Raw results survive an interruption, row by row."""

import importlib.util
import json
from pathlib import Path

import pytest

_spec = importlib.util.spec_from_file_location(
    "reproduce_rows", Path(__file__).parents[2] / "course" / "reproduce" / "rows.py"
)
module = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(module)


def test_what_was_written_is_found_again(tmp_path):
    path = tmp_path / "folder" / "found.json"
    rows = module.Rows(path)
    rows.add("networks", {"seed": 0, "kind": "a", "vra": 0.5})
    rows.add("networks", {"seed": 1, "kind": "a", "vra": 0.6})
    rows.add("attacks", {"seed": 0})
    again = module.Rows(path)
    assert again.find("networks", seed=1, kind="a") == {"seed": 1, "kind": "a", "vra": 0.6}
    assert again.find("networks", seed=2) is None
    assert again.all("networks", kind="a") == again.tables["networks"]
    again.find("networks", seed=0)["vra"] = 0.7
    again.write()
    assert module.Rows(path).find("networks", seed=0)["vra"] == 0.7
    assert again.find("choice") is None
    assert json.loads(path.read_text()) == again.tables


def test_an_interrupted_row_leaves_the_ones_before(tmp_path):
    path = tmp_path / "found.json"
    rows = module.Rows(path)
    rows.add("networks", {"seed": 0})
    with pytest.raises(TypeError):
        rows.add("networks", {"seed": object()})
    assert module.Rows(path).tables == {"networks": [{"seed": 0}]}
    assert list(tmp_path.iterdir()) == [path]
