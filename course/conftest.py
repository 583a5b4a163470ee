"""How the stored outputs of the notebooks are compared with fresh ones."""

from nbval.plugin import IPyNbFile


def pytest_collectstart(collector):
    """Leave out what goes to stderr: warnings name the process that gave them."""
    if isinstance(collector, IPyNbFile):
        collector.skip_compare += ("stderr",)
