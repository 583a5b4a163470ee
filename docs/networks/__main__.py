"""Examine networks by name, and write docs/networks.md of what was found.

    python -m docs.networks                    all of them, in an environment of their own
    python -m docs.networks timm:resnet18 ...  some of them
    python -m docs.networks --page             the page alone, from what was found before

The packages that the networks are from are large and hold their dependencies at versions of their own, so they are
no dependencies of the tests: this is run by hand, and what it finds is committed. Each network is examined in a
process of its own, with random weights: nothing is fetched but the packages.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import venv
from pathlib import Path
from typing import Any

from docs.networks.page import page
from docs.networks.zoo import ZOO

ROOT = Path(__file__).parents[2]
RESULTS = Path(__file__).parent / "results.json"
PAGE = ROOT / "docs" / "networks.md"
ENVIRONMENT = Path(os.environ.get("XAI_NETWORKS_ENVIRONMENT", ROOT / ".networks"))
PACKAGES = ("torch", "torchvision", "timm", "transformers", "tensorflow-cpu", "keras")
SECONDS = 1200
"""Of a processor, after which a network is given up: how busy the machine is otherwise does not matter."""


def main() -> None:
    """Examine what is asked for, and write the page."""
    asked = [one for one in sys.argv[1:] if not one.startswith("--")]
    found: dict[str, Any] = json.loads(RESULTS.read_text("utf-8")) if RESULTS.exists() else {}
    if "--page" not in sys.argv[1:]:
        python = _environment()
        found["versions"] = _versions(python)
        for entry in ZOO:
            if not asked or entry.key in asked:
                print(entry.key, flush=True)
                found[entry.key] = _examined(python, entry.key)
                RESULTS.write_text(json.dumps(found, indent=1, sort_keys=True) + "\n", "utf-8")
    PAGE.write_text(page(found), "utf-8")


def _environment() -> Path:
    """Return the interpreter of the environment that the networks are in, which is made if there is none."""
    python = ENVIRONMENT / "bin" / "python"
    if not python.exists():
        venv.create(ENVIRONMENT, with_pip=True)
        subprocess.run([python, "-m", "pip", "install", "--quiet", *PACKAGES, str(ROOT)], check=True)
    return python


def _examined(python: Path, key: str) -> Any:
    settings = {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "OMP_NUM_THREADS": "1",
        "HF_HUB_OFFLINE": "1",
        "TF_CPP_MIN_LOG_LEVEL": "3",
    }
    command = [python, "-m", "docs.networks.examine", key]
    limited = ["bash", "-c", f'ulimit -S -t {SECONDS}; exec "$@"', "bash", *command]
    run = subprocess.run(limited, cwd=ROOT, env=settings, capture_output=True, text=True)
    if run.returncode == -signal.SIGXCPU:
        return {"error": f"not done after {SECONDS} s of a processor"}
    if run.returncode:
        return {"error": run.stderr.strip().splitlines()[-1][:300]}
    return json.loads(run.stdout.splitlines()[-1])


def _versions(python: Path) -> dict[str, str]:
    code = (
        f"import json; from importlib.metadata import version as v; print(json.dumps([v(one) for one in {PACKAGES}]))"
    )
    found = json.loads(subprocess.run([python, "-c", code], capture_output=True, check=True).stdout)
    return dict(zip(PACKAGES, found, strict=True))


if __name__ == "__main__":
    main()
