"""Every lesson runs from top to bottom where the saved notebooks did not: in Keras, and on the stand-ins in both.

What runs is the lesson with everything in it: of each exercise the blank, a wrong answer and the solution, in this
order, so that each check says "not yet", "not right yet" and "right". nbval runs the notebooks of the students, in
PyTorch on the real data: so every lesson meets both frameworks and both kinds of data.
"""

import asyncio
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

from making import notebooks

HOME = os.environ.get("XAI_DATA_HOME")
DATA = ("mnist.npz", "lfw_home/lfw_funneled", "brain_mri_lgg_128.npz")
REAL = HOME is not None and all((Path(HOME) / name).exists() for name in DATA)

STAND_INS = {
    "load_digits(": "scikit-learn's digits",
    "load_faces(": "Drawn faces",
    "load_slices(": "Drawn slices",
}
"""What loads data, and what it says where there are none."""


def possible(source, data):
    """Return whether a lesson runs on such data here; one that loads none runs once, and calls that real."""
    loads = any(loader in source.read_text("utf-8") for loader in STAND_INS)
    return (REAL or not loads) if data == "real" else loads


RUNS = [
    (source, backend, data)
    for source in notebooks.sources()
    for backend, kinds in (("keras", ("real", "stand-in")), ("torch", ("stand-in",)))
    if (data := tuple(kind for kind in kinds if possible(source, kind)))
]
IDENTITIES = [f"{source.stem}, {backend}, {' and '.join(data)}" for source, backend, data in RUNS]
BOTH = ("torch", "stand-in")
"""The run in which lessons also load the other framework, where they have a section for it."""

pytestmark = pytest.mark.timeout(900)

AGAIN = """
%reset -f
import os
import sys
for name in [name for name in sys.modules if name.partition(".")[0] == "xai_course"]:
    del sys.modules[name]
os.environ.update({environment})
"""
"""Begins a lesson anew on other data, in a kernel that has loaded the framework already, which takes seconds."""

VERDICTS = {"exercise": "Not yet: ", "wrong": "Not right yet: ", "solution": "Right: "}
MEMORY = """
import sys
from pathlib import Path
import psutil
status = Path("/proc/self/status")
# Not resource.getrusage: on Linux its peak is also that of the process that started this one.
lines = status.read_text().splitlines() if status.exists() else []
peaks = [1024 * int(line.split()[1]) for line in lines if line.startswith("VmHWM")]
print(*(peaks or [psutil.Process().memory_info().rss]))
print(*sorted({"torch", "tensorflow"} & set(sys.modules)))
"""


@pytest.fixture(scope="session")
def cache(tmp_path_factory):
    """The folder of all runs for what lessons train, as on the machine of a student: the first trains from nothing."""
    own = tmp_path_factory.getbasetemp()
    # A worker of pytest-xdist has a folder in that of the run; what is kept appears only when it is whole.
    return (own.parent if "PYTEST_XDIST_WORKER" in os.environ else own) / "course_cache"


def run(source, backend, data, folder, cache):
    """Run everything that is in a source on each kind of data, in one kernel; return the cells of each with outputs."""
    places = {name: str(folder / name.lower()) for name in ("KERAS_HOME", "SCIKIT_LEARN_DATA")}
    environment = {**os.environ, **places, "XAI_CACHE": str(cache), "XAI_OFFLINE": "1", "XAI_BACKEND": backend}
    lessons, whole = [], nbformat.v4.new_notebook()
    for kind in data:
        lesson = notebooks.build(source, "trial")
        here = {
            "XAI_DATA_HOME": HOME if kind == "real" and HOME else "",
            "XAI_BOTH": "1" if (backend, kind) == BOTH else "",
        }
        around = map(nbformat.v4.new_code_cell, (AGAIN.format(environment=here), MEMORY))
        lessons.append([next(around), *lesson.cells, next(around)])
        whole.metadata = lesson.metadata
        whole.cells += lessons[-1]
    client = NotebookClient(whole, timeout=300, coalesce_streams=True, store_widget_state=False)
    # In a thread of its own: where a browser was driven before, the main one has an event loop that runs.
    with ThreadPoolExecutor(1) as thread:
        thread.submit(asyncio.run, client.async_execute(cwd=str(folder), env=environment)).result()
    return lessons


@pytest.mark.parametrize("case", RUNS, ids=IDENTITIES)
def test_every_claim_holds_and_every_check_knows_its_answers(case, tmp_path, cache):
    source, backend, data = case
    lessons = dict(zip(data, run(*case, tmp_path, cache), strict=True))
    for kind, cells in lessons.items():
        check(source, backend, kind, cells)
    # Of the first in a kernel: the other adds to that, and the stand-ins are smaller than what they stand in for.
    assert int(lessons[data[0]][-1].outputs[0].text.split()[0]) < 1.5e9


def check(source, backend, data, cells):
    verdicts = {tag: [] for tag in VERDICTS}
    for cell in cells:
        for tag in VERDICTS.keys() & set(cell.metadata.get("tags", [])):
            verdicts[tag].append(cell.outputs[-1].data["text/plain"])
    assert len({len(said) for said in verdicts.values()}) == 1
    for tag, opening in VERDICTS.items():
        assert verdicts[tag]
        assert all(said.startswith(opening) for said in verdicts[tag]), verdicts[tag]

    outputs = [output for cell in cells for output in cell.get("outputs", [])]
    assert not [output.text for output in outputs if output.get("name") == "stderr"]
    words = "\n".join(output.get("text", "") + output.get("data", {}).get("text/plain", "") for output in outputs)
    for loader, name in STAND_INS.items():
        if loader in source.read_text("utf-8"):
            assert (name in words) == (data == "stand-in")

    _, frameworks = cells[-1].outputs[0].text.splitlines()
    own = "tensorflow" if backend == "keras" else "torch"
    both = (backend, data) == BOTH and "XAI_BOTH" in source.read_text("utf-8")
    assert frameworks == ("tensorflow torch" if both else own)
