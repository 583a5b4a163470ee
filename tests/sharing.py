"""How workers share the tests: by file, with one browser for those that drive it, and what takes long first."""

from xdist.scheduler import LoadScopeScheduling

LONG = ("tests/ui", "tests/course/test_notebooks.py", "course", "tests/test_benchmarks.py", "tests/course")
"""Where tests take long, the longest first: what is left at the end of a run is to be short."""


def place(path):
    """Return the place in `LONG` of a path from the project's folder; those that are not in it come last."""
    return next((place for place, start in enumerate(LONG) if path.startswith(start)), len(LONG))


def takes_long(path):
    """Return whether a path is in `LONG`."""
    return place(path) < len(LONG)


class Sharing(LoadScopeScheduling):
    """Gives a worker the next group of tests, in the order in which they were collected."""

    def __init__(self, config, log):
        super().__init__(config, log)
        config.option.loadscopereorder = False

    def _split_scope(self, nodeid):
        path = nodeid.partition("::")[0]
        if path.startswith("tests/ui/"):
            return "tests/ui"
        return nodeid if path == "tests/course/test_notebooks.py" else path
