"""Every lesson runs from top to bottom where the saved notebooks did not: in Keras, and on the stand-ins.

What runs is the lesson with everything in it: of each exercise the blank, a wrong answer and the solution, in this
order, so that each check says "not yet", "not right yet" and "right". nbval runs the notebooks of the students, in
PyTorch on the real data: so every lesson meets both frameworks and both kinds of data. Its kernels have loaded nothing
when they begin, those here only `LOADED`.
"""

import os
from pathlib import Path

import nbformat
import pytest

from making import notebooks
from tests.course.kernels import Forking

HOME = os.environ.get("XAI_DATA_HOME")
DATA = ("mnist.npz", "lfw_home/lfw_funneled", "brain_mri_lgg_128.npz")
REAL = HOME is not None and all((Path(HOME) / name).exists() for name in DATA)

STAND_INS = {
    "load_digits(": "scikit-learn's digits",
    "load_faces(": "Drawn faces",
    "load_slices(": "Drawn slices",
}
"""What loads data, and what it says where there are none."""


def possible(source, backend, data):
    """Return whether a lesson runs so here; one that loads no data runs once, and calls that real.

    In Keras it runs on the real data or else on the stand-ins: with PyTorch on both, three of the four ways are run
    where there are data, and the fourth where there are none.
    """
    loads = any(loader in source.read_text("utf-8") for loader in STAND_INS)
    if data == "real":
        return REAL or not loads
    return loads and not (REAL and backend == "keras")


RUNS = [
    (source, backend, data)
    for source in notebooks.sources()
    for backend, data in (("keras", "real"), ("keras", "stand-in"), ("torch", "stand-in"))
    if possible(source, backend, data)
]
IDENTITIES = [f"{source.stem}, {backend}, {data}" for source, backend, data in RUNS]
BOTH = ("torch", "stand-in")
"""The run in which lessons also load the other framework, where they have a section for it."""

pytestmark = pytest.mark.timeout(900)

BESIDE = ("bokeh.plotting", "scipy.ndimage", "scipy.stats", "sklearn.datasets")
LOADED = {"keras": ("tensorflow", *BESIDE), "torch": ("torch", *BESIDE)}
"""What kernels have loaded when a lesson begins, which is no part of it but takes seconds."""

FAST = {"TF_ENABLE_ONEDNN_OPTS": "1"}
"""TensorFlow's faster convolutions, which it takes by itself on newer processors alone. The library's tests take those
that it takes by itself."""

VERDICTS = {"exercise": "Not yet: ", "wrong": "Not right yet: ", "solution": "Right: "}
MEMORY = """
import os
import sys
from pathlib import Path
import psutil
def read(process, what):
    lines = Path(f"/proc/{process}/status").read_text().splitlines()
    return sum(1024 * int(line.split()[1]) for line in lines if line.startswith(what))
if Path("/proc").exists():
    # Not resource.getrusage: on Linux its peak is also that of the process that started this one. Of the files which
    # that one has mapped, the libraries, a fork maps only what it uses: a kernel of its own would have them all, and
    # each of them once. How much of a file a process has is the system's to say: newer ones map it in large pieces.
    print(read("self", "VmHWM") - read("self", "RssFile") + max(read(who, "RssFile") for who in ("self", os.getppid())))
else:
    print(psutil.Process().memory_info().rss)
print(*sorted({"torch", "tensorflow"} & set(sys.modules)))
"""


@pytest.fixture(scope="session")
def cache(tmp_path_factory):
    """The folder of all runs for what lessons train, as on the machine of a student: the first trains from nothing."""
    own = tmp_path_factory.getbasetemp()
    # A worker of pytest-xdist has a folder in that of the run; what is kept appears only when it is whole.
    return (own.parent if "PYTEST_XDIST_WORKER" in os.environ else own) / "course_cache"


@pytest.fixture(scope="session")
def forking(tmp_path_factory):
    """Return what has loaded the framework of a backend and forks kernels; it is started when first asked for."""
    started = {}

    def of(backend):
        if backend not in started:
            # Keras looks there while it is loaded.
            environment = {**os.environ, **FAST, "KERAS_HOME": str(tmp_path_factory.mktemp("keras_home"))}
            started[backend] = Forking(LOADED[backend], environment)
        return started[backend]

    yield of
    for process in started.values():
        process.close()


def run(source, backend, data, forking, folder, cache):
    """Run everything that is in a source, in a kernel of its own; return the cells with outputs, and `MEMORY`'s."""
    environment = {
        **os.environ,
        **FAST,
        **{name: str(folder / name.lower()) for name in ("KERAS_HOME", "SCIKIT_LEARN_DATA")},
        "XAI_DATA_HOME": HOME if data == "real" and HOME else "",
        "XAI_BOTH": "1" if (backend, data) == BOTH else "",
        "XAI_CACHE": str(cache),
        "XAI_OFFLINE": "1",
        "XAI_BACKEND": backend,
    }
    lesson = notebooks.build(source, "trial")
    lesson.cells.append(nbformat.v4.new_code_cell(MEMORY))
    forking.run(lesson, folder, environment)
    return lesson.cells


@pytest.mark.parametrize("case", RUNS, ids=IDENTITIES)
def test_every_claim_holds_and_every_check_knows_its_answers(case, forking, tmp_path, cache):
    source, backend, data = case
    cells = run(*case, forking(backend), tmp_path, cache)
    check(source, backend, data, cells)
    assert int(cells[-1].outputs[0].text.split()[0]) < 1.5e9


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
