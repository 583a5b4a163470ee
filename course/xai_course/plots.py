"""Bokeh plots that carry BokehJS with them, packed, so that a saved notebook shows them without a network."""

from __future__ import annotations

import base64
import functools
import gzip
import hashlib
import json
import re
from typing import Any

from bokeh.embed import json_item
from bokeh.plotting import figure
from bokeh.resources import Resources

COLORS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7")
"""Okabe and Ito's colours, which colour-blind eyes tell apart."""

_HTML = """<div id="{id}">This plot is drawn by a script: trust the notebook, or run the cell.</div>
<script>
(async () => {{
  const packed = "{library}";
  window.xaiBokeh ??= (async () => {{
    const bytes = Uint8Array.from(atob(packed), (c) => c.charCodeAt(0));
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
    (0, eval)(await new Response(stream).text());
    return window.Bokeh;
  }})();
  const Bokeh = await window.xaiBokeh;
  const target = document.getElementById("{id}");
  if (target === null) return;
  target.textContent = "";
  await Bokeh.embed.embed_item({item}, "{id}");
}})();
</script>"""


class Plot:
    """A Bokeh figure or layout with the sentence that stands for it where nothing can be drawn."""

    def __init__(self, layout: Any, sentence: str) -> None:
        self.layout, self.sentence = layout, sentence

    def __repr__(self) -> str:
        return self.sentence

    def _repr_html_(self) -> str:
        # Bokeh numbers a document at random; executed notebooks should not differ for that.
        item = json.dumps(json_item(self.layout))
        random = re.findall(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", item)
        for number, name in enumerate(dict.fromkeys(random)):
            item = item.replace(name, f"xai-{number}")
        name = f"xai-plot-{hashlib.sha256(item.encode()).hexdigest()[:12]}"
        return _HTML.format(id=name, library=_library(), item=item.replace("</", "<\\/"))


def curve(
    title: str,
    x_label: str,
    y_label: str,
    *,
    x_type: str = "linear",
    y_type: str = "linear",
    tooltips: list[tuple[str, str]] | None = None,
) -> Any:
    """Return an empty figure in the course's looks; draw on it with Bokeh's own methods."""
    return figure(
        title=title,
        x_axis_label=x_label,
        y_axis_label=y_label,
        x_axis_type=x_type,
        y_axis_type=y_type,
        tooltips=tooltips,
        width=440,
        height=320,
        toolbar_location=None,
        tools="hover" if tooltips else "",
    )


@functools.cache
def _library() -> str:
    code = "\n".join(Resources(mode="inline", components=["bokeh"]).js_raw)
    return base64.b64encode(gzip.compress(code.encode(), 9, mtime=0)).decode("ascii")
