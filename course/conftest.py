"""How the stored outputs of the notebooks are compared with fresh ones."""

import os
from pathlib import Path

import pytest
from nbval.plugin import IPyNbCell, IPyNbFile

collect_ignore_glob = ["solutions/*"]  # tests/course runs them, on the stand-ins

# The notebooks are saved as course/build.py executes them: with both frameworks in the last section.
os.environ.setdefault("XAI_BOTH", "1")

DATA = ("mnist.npz", "lfw_home/lfw_funneled")
"""The real data, below XAI_DATA_HOME."""


def comparable() -> bool:
    """Whether the notebooks run here as they were saved: in PyTorch, and on the same pictures."""
    home, backend = os.environ.get("XAI_DATA_HOME"), os.environ.get("XAI_BACKEND", "torch")
    if backend != "torch" or home is None or not all((Path(home) / name).exists() for name in DATA):
        return False
    from xai_course.data.lfw import is_deep_funneled

    return is_deep_funneled(Path(home) / DATA[1])


def pytest_collectstart(collector: pytest.Collector) -> None:
    """Compare text only, and nothing of it that depends on the process; elsewhere just run, with every assert."""
    if isinstance(collector, IPyNbFile):
        collector.skip_compare += ("stderr", "text/html")
        if not comparable():
            collector.compare_outputs = False


def pytest_itemcollected(item: pytest.Item) -> None:
    """Leave it to nbval to give up on a cell, which says more."""
    if isinstance(item, IPyNbCell):
        item.add_marker(pytest.mark.timeout(660))
