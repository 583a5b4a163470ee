"""Notebooks from sources: for students, and with the solutions.

A source in `source/` is a Python file in cells. A line `# %%` begins a cell of code, `# %% [markdown]` one of text,
which is a string in triple quotes. `only=student` and `only=solution` say in which of the two notebooks a cell goes,
and `tags=a,b` tags it. Between the blank and the solution of an exercise a cell with `only=wrong tags=wrong` holds an
answer that somebody might well give: it stands in neither notebook, and the tests hold the check to it.

`{{badges}}` and `{{repository}}` are filled in from the one address in pyproject.toml.
"""

from __future__ import annotations

import ast
import base64
import io
import os
import re
import tomllib
from pathlib import Path
from typing import Any
from urllib.parse import urlparse

import nbformat
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook
from PIL import Image, ImageFile

from making.slide_types import in_set_up, slide_type
from xai_course.plots.plot import LIBRARY

COURSE = Path(__file__).parents[1]
ROOT = COURSE.parent
BADGES = re.compile(r"(?<=<!-- badges -->\n).*?(?=\n<!-- /badges -->)", re.DOTALL)
HEADER = re.compile(r"^# %%(?P<text> \[markdown\])?(?: only=(?P<only>\w+))?(?: tags=(?P<tags>[\w,-]+))?$", re.MULTILINE)
ENVIRONMENT = {"XAI_BACKEND": "torch", "XAI_BOTH": "1"}
"""How the notebooks are executed for saving, and by the tests that compare: with both frameworks at the end."""

PATIENCE = "import xai_widgets.widgets.screen as _screen; _screen.IMAGE_SECONDS = 120"
"""Widgets are saved with their final picture: in a lecture nobody waits for it, here there is time."""

LARGE_PICTURE = 150_000
"""Characters of base64 above which a picture is saved in fewer bytes."""

WIDEST = 2400
"""Pixels across: no page of a notebook shows more of them."""


def sources() -> list[Path]:
    """Return the sources of all lessons."""
    return sorted((COURSE / "source").glob("[0-9]*.py"))


def repository(project: Path = ROOT / "pyproject.toml") -> str:
    """Return the address of the repository, the one in pyproject.toml."""
    address: str = tomllib.loads(project.read_text(encoding="utf-8"))["project"]["urls"]["Repository"]
    return address.rstrip("/")


def badges(address: str, notebook: str) -> str:
    """Return the links that open `notebook` (its path in the repository at `address`) in Colab and in Binder.

    They are words, because pictures of them would come from the network, and be broken without it.
    """
    place = urlparse(address).path.strip("/")
    colab = f"https://colab.research.google.com/github/{place}/blob/main/{notebook}"
    binder = f"https://mybinder.org/v2/gh/{place}/main?urlpath=lab/tree/{notebook}"
    return f"[Open in Colab]({colab}) · [Open in Binder]({binder})"


def build(source: Path, audience: str) -> NotebookNode:
    """Return the notebook for "student" or "solution", without outputs, or all of both as a "trial" for the tests.

    Raises
    ------
    ValueError
        If the source cannot be read; the message names the place.
    """
    text = source.read_text(encoding="utf-8")
    address = repository()
    folder = "course" if audience == "student" else "course/solutions"
    text = text.replace("{{badges}}", badges(address, f"{folder}/{source.stem}.ipynb"))
    text = text.replace("{{repository}}", address)
    headers = list(HEADER.finditer(text))
    if len(headers) != text.count("\n# %%") + text.startswith("# %%"):
        raise ValueError(f"{source.name}: a line that begins with # %% is no header as build.py knows them.")
    ends = [header.start() for header in headers[1:]] + [len(text)]
    cells = []
    skipped = False
    for number, (header, end) in enumerate(zip(headers, ends, strict=True)):
        only = header["only"]
        if only not in (None, "student", "wrong", "solution"):
            raise ValueError(f"{source.name}: only={only}; expected only=student, only=wrong or only=solution.")
        if audience == "trial" or only in (None, audience):
            cell = _cell(source, text[header.end() : end].strip(), header, number)
            code = cell.cell_type == "code"
            skipped = skipped if code else in_set_up(cell.source, before=skipped)
            kind = "skip" if skipped else slide_type(cell.source, code=code)
            if kind != "-":
                cell.metadata["slideshow"] = {"slide_type": kind}
            cells.append(cell)
    notebook = new_notebook(cells=cells)
    notebook.metadata = {
        "kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
    }
    return notebook


def _cell(source: Path, body: str, header: re.Match[str], number: int) -> NotebookNode:
    metadata: dict[str, Any] = {"tags": header["tags"].split(",")} if header["tags"] else {}
    identity = f"cell-{number:03}"
    if not header["text"]:
        return new_code_cell(body, metadata=metadata, id=identity)
    try:
        words = ast.literal_eval(body)
    except (SyntaxError, ValueError) as error:
        raise ValueError(f"{source.name}: cell {number} of text is not one string in triple quotes.") from error
    return new_markdown_cell(words.strip(), metadata=metadata, id=identity)


def destination(source: Path, audience: str) -> Path:
    """Return where the notebook goes."""
    folder = COURSE if audience == "student" else COURSE / "solutions"
    return folder / f"{source.stem}.ipynb"


def keep_outputs(notebook: NotebookNode, path: Path) -> None:
    """Take over the outputs of the notebook at `path` for as long as the code before them is the same."""
    if not path.exists():
        return
    before = [cell for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "code"]
    now = [cell for cell in notebook.cells if cell.cell_type == "code"]
    for old, new in zip(before, now, strict=False):
        if old.source != new.source:
            break
        new.outputs, new.execution_count = old.outputs, old.execution_count


def execute(notebook: NotebookNode) -> None:
    """Run the notebook in its folder; the outputs hold neither timings nor the state of widgets."""
    from nbclient import NotebookClient

    NotebookClient(
        notebook,
        timeout=600,
        record_timing=False,
        store_widget_state=False,
        coalesce_streams=True,
        extra_arguments=[f"--IPKernelApp.exec_lines={PATIENCE}"],
        resources={"metadata": {"path": str(COURSE)}},
    ).execute(env={**os.environ, **ENVIRONMENT})
    for cell in notebook.cells:
        for out in cell.get("outputs", []):
            data = out.get("data", {})
            # A saved notebook shows the widget's picture; its view would look for a kernel that is gone.
            data.pop("application/vnd.jupyter.widget-view+json", None)
            if len(data.get("image/png", "")) > LARGE_PICTURE:
                kind, picture = made_smaller(data.pop("image/png"))
                data[kind] = picture
    keep_one_library(notebook)
    notebook.metadata.pop("widgets", None)
    notebook.metadata["language_info"] = {"name": "python"}


def keep_one_library(notebook: NotebookNode) -> None:
    """Let the first plot alone carry the library that draws plots: half a megabyte, on which the others wait."""
    found = False
    for cell in notebook.cells:
        for out in cell.get("outputs", []):
            html = out.get("data", {}).get("text/html", "")
            if LIBRARY.search(html):
                out["data"]["text/html"] = LIBRARY.sub("", html) if found else html
                found = True


def made_smaller(png: str) -> tuple[str, str]:
    """Return the kind and the content, in base64, of a picture in fewer bytes.

    JPEG takes a fifth of the bytes of a photograph; a map in squares is smaller as PNG with 256 colours, and what is
    transparent stays PNG, since JPEG makes black of it: so it suits a light page and a dark one as before. What is
    wider than a page is made narrower, but for squares, whose edges would then be blurred and take more.
    """
    picture = Image.open(io.BytesIO(base64.b64decode(png)))
    sizes = [picture]
    if picture.width > WIDEST:
        size = (WIDEST, round(picture.height * WIDEST / picture.width))
        sizes.append(picture.resize(size, Image.Resampling.LANCZOS))
    kind, content = min(map(_encoded, sizes), key=lambda found: len(found[1]))
    return kind, base64.b64encode(content).decode("ascii")


def _encoded(picture: Image.Image) -> tuple[str, bytes]:
    """Return the kind of a picture that takes the fewest bytes, and these."""
    transparent = picture.mode == "RGBA" and picture.getextrema()[3][0] < 255
    few, lossy = io.BytesIO(), io.BytesIO()
    colours = picture.quantize(256, method=Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE)
    colours.save(few, "PNG", optimize=True)
    # Noise takes more room than the writer makes for a picture by itself.
    ImageFile.MAXBLOCK = max(ImageFile.MAXBLOCK, 3 * picture.width * picture.height)
    picture.convert("RGB").save(lossy, "JPEG", quality=88, subsampling=0, optimize=True)
    jpeg = not transparent and len(lossy.getvalue()) < len(few.getvalue())
    return ("image/jpeg", lossy.getvalue()) if jpeg else ("image/png", few.getvalue())


def write_readme_badges(path: Path = ROOT / "README.md") -> None:
    """Put the badges of the first lesson between the marks in the README, where it has them."""
    text = path.read_text(encoding="utf-8")
    first = badges(repository(), f"course/{sources()[0].stem}.ipynb")
    path.write_text(BADGES.sub(lambda _: first, text), encoding="utf-8")
