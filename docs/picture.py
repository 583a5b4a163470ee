"""Take the README's picture of the explorer, in a real JupyterLab: python docs/picture.py."""

import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from benchmarks.browser import chromium, jupyter_server  # noqa: E402
from benchmarks.notebook import Notebook  # noqa: E402

CELL = """
import xai_widgets as xai
from xai_course import imagenet

pictures = [imagenet.load_photograph(name) for name in imagenet.PHOTOGRAPHS]
network, names = imagenet.load_network(), imagenet.class_names()
model = xai.wrap(network, classes=names, preprocess=imagenet.PREPROCESS, input_shape=(3, 224, 224))
explorer = xai.explore(model, pictures, method=xai.IntegratedGradients(steps=64), display={"smoothing": 2})
explorer.result
explorer
"""


def main() -> None:
    """Write docs/explorer.png."""
    with tempfile.TemporaryDirectory() as folder, chromium() as browser:
        home, workspace = Path(folder, "home"), Path(folder, "notebooks")
        home.mkdir()
        workspace.mkdir()
        with jupyter_server(home, workspace) as address:
            notebook = Notebook(browser, address, workspace / "picture.ipynb")
            widget = notebook.show(CELL)
            notebook.page.set_viewport_size({"width": 1400, "height": 1400})
            notebook.page.wait_for_timeout(3000)
            box = widget.root.locator(".xai-picture canvas").last.bounding_box()
            notebook.page.mouse.move(box["x"] + 0.389 * box["width"], box["y"] + 0.523 * box["height"])
            widget.root.locator(".xai-arises svg").wait_for(timeout=60_000)
            notebook.page.wait_for_timeout(1000)
            widget.root.screenshot(path=ROOT / "docs" / "explorer.png")


if __name__ == "__main__":
    main()
