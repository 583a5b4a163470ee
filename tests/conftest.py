"""What every test needs before a framework is imported."""

import os

# Threads that spin while they wait cost several times the work on a shared machine.
os.environ.setdefault("OMP_WAIT_POLICY", "passive")
# TensorFlow's notices about the processor are no warnings of ours.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import pytest

from tests.agreement import AGREEMENTS, written


@pytest.fixture(scope="session")
def agreement():
    """Assert that results agree, and keep by how much they do not: see `Agreements`."""
    yield AGREEMENTS
    written()
