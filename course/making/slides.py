"""Slides from the saved notebooks, by nbconvert and reveal.js; they show the widgets' pictures and need no network."""

from __future__ import annotations

import re
import shutil
from copy import deepcopy
from pathlib import Path

import nbformat
from nbformat import NotebookNode, from_dict
from nbformat.v4 import new_markdown_cell

from making import notebooks
from making.slide_types import LEADS, WIDGET, in_set_up, slide_type

FOLDER = notebooks.ROOT / "slides"
MODULES = notebooks.ROOT / "js" / "node_modules"
LIBRARIES = {
    "reveal.js": ("reveal.js", ("dist", "plugin/notes", "LICENSE")),
    "katex": ("katex/dist", ("katex.min.js", "katex.min.css", "contrib/auto-render.min.js", "fonts")),
}
"""What lies beside the slides: where npm has it, and which parts."""

PREDICT = "**Predict.**"
PIECES = re.compile(rf"^(?=#{{1,3}} |> {re.escape(PREDICT)}|{'|'.join(map(re.escape, LEADS))})", re.MULTILINE)
"""Where a cell of text is cut for the slides."""
WITHOUT_CODE = "without-code"
CODE_LINES = 6
"""Longer code is left out: its output is what the room looks at."""


def slides(notebook: NotebookNode) -> NotebookNode:
    """Return a notebook whose cells are cut for slides, with the type of slide of each."""
    cells: list[NotebookNode] = []
    skipped = asked = False
    for cell in notebook.cells:
        code = cell.cell_type == "code"
        for piece in [cell.source] if code else filter(None, map(str.strip, PIECES.split(cell.source))):
            skipped = skipped if code else in_set_up(piece, before=skipped)
            kind = "skip" if skipped else slide_type(piece, code=code)
            if code and kind == "-":
                kind = "skip" if not cell.outputs else "fragment" if asked else "-"
            asked = not code and PREDICT in piece
            part = deepcopy(cell) if code else new_markdown_cell(_for_a_room(piece))
            long = code and not WIDGET.search(piece) and len(piece.splitlines()) > CODE_LINES
            part.metadata = from_dict({"slideshow": {"slide_type": kind}, "tags": [WITHOUT_CODE] if long else []})
            cells.append(part)
    result = notebook.copy()
    result.cells = cells
    # With the state of a widget its picture would give way to code from the network.
    result.metadata = from_dict({name: value for name, value in notebook.metadata.items() if name != "widgets"})
    return result


def html(notebook: NotebookNode, title: str) -> str:
    """Return the slides of a notebook as a page that looks for reveal.js and KaTeX beside itself."""
    from nbconvert import SlidesExporter
    from traitlets.config import Config

    exporter = SlidesExporter(
        Config({"TagRemovePreprocessor": {"enabled": True, "remove_input_tags": [WITHOUT_CODE]}}),
        template_name="lecture",
        extra_template_basedirs=[str(Path(__file__).parent / "templates")],
        reveal_url_prefix="reveal.js",
        reveal_theme="white",
        exclude_input_prompt=True,
        exclude_output_prompt=True,
        exclude_anchor_links=True,
    )
    text: str = exporter.from_notebook_node(slides(notebook), resources={"metadata": {"name": title}})[0]
    return text


def write(path: Path, folder: Path = FOLDER) -> Path:
    """Write the slides of the notebook at `path` into `folder`, and return where they are."""
    folder.mkdir(parents=True, exist_ok=True)
    page = folder / f"{path.stem}.html"
    page.write_text(html(nbformat.read(path, as_version=4), path.stem), encoding="utf-8")
    return page


def copy_libraries(folder: Path = FOLDER, modules: Path = MODULES) -> None:
    """Copy reveal.js and KaTeX to where the slides look for them.

    Raises
    ------
    FileNotFoundError
        If npm has not brought them.
    """
    for name, (place, parts) in LIBRARIES.items():
        if not (modules / place).is_dir():
            raise FileNotFoundError(f"There is no {modules / place}; run make slides, or npm ci in the folder js.")
        for part in parts:
            here, there = modules / place / part, folder / name / part
            there.parent.mkdir(parents=True, exist_ok=True)
            if here.is_dir():
                shutil.copytree(here, there, dirs_exist_ok=True, ignore=shutil.ignore_patterns("*.map"))
            else:
                shutil.copyfile(here, there)


def _for_a_room(text: str) -> str:
    """Leave out what is for a reader at a screen: badges, and hints that unfold."""
    text = re.sub(r"^\[Open in .*\n?", "", text, flags=re.MULTILINE)
    return re.sub(r"<details>.*?</details>", "", text, flags=re.DOTALL).strip()
