"""How long each notebook ran, at the end of the report."""

import pytest

RUN_TIMES = pytest.StashKey[dict]()


def pytest_configure(config):
    config.stash[RUN_TIMES] = {}


@pytest.fixture(scope="session")
def run_times(request):
    """Seconds by name; what is put in here is printed after the tests."""
    return request.config.stash[RUN_TIMES]


def pytest_terminal_summary(terminalreporter, config):
    if config.stash[RUN_TIMES]:
        terminalreporter.section("run times of the notebooks, two kernels at a time")
        for name, seconds in config.stash[RUN_TIMES].items():
            terminalreporter.write_line(f"{seconds:5.0f} s  {name}")
