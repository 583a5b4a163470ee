"""What passes let go of stays with the process."""

import platform
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]

FAULTS = """
import resource
import numpy as np
from xai_widgets.models.freed import keep_freed

if {keeping}:
    keep_freed()

def work():
    blocks = [np.ones(3 * 2**20, np.uint8) for _ in range(12)]

work()
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
work()
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


def faults(keeping):
    code = FAULTS.format(keeping=keeping)
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    return int(done.stdout)


def test_pages_that_were_freed_are_there_for_who_asks_next():
    """36 MB are 9,000 pages."""
    left, kept = faults(False), faults(True)
    assert kept <= left
    if platform.libc_ver()[0] == "glibc":
        assert left > 5000
        assert kept < 100
