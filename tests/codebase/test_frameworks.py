"""No framework is loaded before it is needed; `tests/models` holds that one is enough."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_importing_the_package_loads_no_framework():
    code = "import sys, xai_widgets; assert not (found := {'torch', 'tensorflow', 'keras'} & set(sys.modules)), found"
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True)
