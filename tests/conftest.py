"""What every test needs before a framework is imported, what `make quick` leaves out, how workers share the rest."""

import os
import re
import signal

# Threads that spin while they wait cost several times the work on a shared machine.
os.environ.setdefault("OMP_WAIT_POLICY", "passive")
# NumPy's cannot wait otherwise: it gets one. Kernels and workers that tests start take it over.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
# TensorFlow's notices about the processor are no warnings of ours.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import pytest

from tests import later, sharing
from tests.agreement import AGREEMENTS

IMPORTS_TENSORFLOW = re.compile(r"^(import|from) (keras|tensorflow)\b", re.MULTILINE)


def pytest_addoption(parser):
    parser.addoption("--quick", action="store_true", help="leave out what takes long, and what needs TensorFlow")


def pytest_configure(config):
    # What a shell starts in the background ignores interrupts, and so would the scripts that tests start.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    later.skipped = config.getoption("quick")


def pytest_ignore_collect(collection_path, config):
    """Leave out where tests take long, and files that cannot be imported without TensorFlow."""
    if not config.getoption("quick"):
        return None
    if sharing.takes_long(collection_path.relative_to(config.rootpath).as_posix()):
        return True
    if collection_path.suffix == ".py" and IMPORTS_TENSORFLOW.search(collection_path.read_text("utf-8")):
        return True
    return None


def pytest_collection_modifyitems(config, items):
    if config.getoption("quick"):
        left_out = [item for item in items if item.get_closest_marker("slow")]
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in left_out]
    if hasattr(config, "workerinput"):
        items.sort(key=lambda item: sharing.place(item.nodeid))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    return sharing.Sharing(config, log)


@pytest.fixture(scope="session")
def agreement():
    """Assert that results agree, and keep by how much they do not: see `Agreements`."""
    return AGREEMENTS


@pytest.fixture(scope="session")
def browser():
    """The one browser of a process: Playwright starts no second one while the first is there."""
    from benchmarks.browser import chromium

    with chromium() as browser:
        yield browser


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node, error):
    """Take over what a worker saw, unless it broke down."""
    AGREEMENTS.merge(getattr(node, "workeroutput", {}).get("agreements", {}))


def pytest_sessionfinish(session):
    if hasattr(session.config, "workeroutput"):
        session.config.workeroutput["agreements"] = AGREEMENTS.seen()
    elif path := os.environ.get("XAI_AGREEMENTS"):
        AGREEMENTS.write(path)
