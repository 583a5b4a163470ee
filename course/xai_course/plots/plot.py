"""Bokeh plots that carry BokehJS with them, packed, and take the colours of the page they are on."""

from __future__ import annotations

import base64
import functools
import gzip
import hashlib
import html
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from bokeh.embed import json_item
from bokeh.plotting import figure
from bokeh.resources import Resources
from bokeh.themes import Theme

COLORS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7")
"""Okabe and Ito's colours, which colour-blind eyes tell apart."""
BRIGHTER = {"#0072b2": "#56b4e9", "#009e73": "#2cc498"}
"""What stands for the darker of them on a dark page."""

INK, FAINT, PAPER = "#1d2127", "#d8dce1", "#fdfdfe"
"""Stand for the colours of the page, which the script puts in: text and axes, grid lines, what lies behind a legend."""

THEME = Theme(
    json={
        "attrs": {
            "Plot": {"background_fill_color": None, "border_fill_color": None, "outline_line_color": None},
            "Axis": {
                "axis_label_text_color": INK,
                "axis_label_text_font_style": "normal",
                "major_label_text_color": INK,
                "axis_line_color": INK,
                "major_tick_line_color": INK,
                "minor_tick_line_color": None,
            },
            "Grid": {"grid_line_color": FAINT},
            "Title": {"text_color": INK},
            "Legend": {
                "label_text_color": INK,
                "background_fill_color": PAPER,
                "background_fill_alpha": 0.7,
                "border_line_color": None,
            },
        }
    }
)

LIBRARY = re.compile(r'(?<=const packed = ")[A-Za-z0-9+/=]*(?=")')
"""Where a plot carries the library. A saved notebook carries it once, in its first plot, and the others wait for it."""

_SLIDER = """<label>{label} <input type="range" id="slider-{id}" min="0" max="{last}" value="0"
 data-places="{places}" style="width: 20em; max-width: 60%; vertical-align: middle"></label>
"""

_HTML = """{slider}<div id="{id}">This plot is drawn by a script: trust the notebook, or run the cell.</div>
<script>
(async () => {{
  const packed = "{library}";
  if (packed !== "") window.xaiBokeh ??= (async () => {{
    const bytes = Uint8Array.from(atob(packed), (c) => c.charCodeAt(0));
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
    (0, eval)(await new Response(stream).text());
    return window.Bokeh;
  }})();
  while (window.xaiBokeh === undefined) await new Promise((resolve) => setTimeout(resolve, 200));
  const Bokeh = await window.xaiBokeh;
  const place = document.getElementById("{id}");
  if (place === null) return;
  const item = JSON.stringify({item});
  const slider = document.getElementById("slider-{id}");
  const move = () => {{
    const [root] = views;
    const at = JSON.parse(slider.dataset.places)[slider.value];
    root.model.document.get_model_by_name("{moved}").location = at;
    slider.setAttribute("aria-valuetext", at);
  }};
  slider?.addEventListener("input", move);
  const ink = () => getComputedStyle(place).color;
  let drawnIn, views;
  const draw = async () => {{
    const color = ink();
    if (color === drawnIn) return;
    drawnIn = color;
    const [r, g, b] = (color.match(/[\\d.]+/g) ?? [0, 0, 0]).map(Number);
    const dark = 0.3 * r + 0.6 * g + 0.1 * b > 140;
    let own = item;
    const colors = {{
      "{ink}": color,
      "{faint}": `rgba(${{r}}, ${{g}}, ${{b}}, 0.18)`,
      ...(dark ? {{"{paper}": "#1c2026", ...{brighter}}} : {{}}),
    }};
    for (const [from, to] of Object.entries(colors)) own = own.replaceAll(from, to);
    views?.clear?.();
    place.textContent = "";
    views = await Bokeh.embed.embed_item(JSON.parse(own), "{id}");
    if (slider) move();
  }};
  await draw();
  const watch = new MutationObserver(() => {{
    if (!place.isConnected) watch.disconnect();
    else setTimeout(draw, 300);
  }});
  for (const node of [document.documentElement, document.body]) watch.observe(node, {{attributes: true}});
}})();
</script>"""


MOVED = "moved"
"""The name of the line that a slider moves."""


@dataclass(frozen=True)
class Slider:
    """A slider above a plot that moves the line named `MOVED`, with what belongs to it, to one of some places.

    It is an input of the page and not Bokeh's, for which every notebook would have to carry a third more.
    """

    label: str
    places: Sequence[float]


class Plot:
    """A Bokeh figure or layout with the sentence that stands for it where nothing can be drawn, and maybe a slider."""

    def __init__(self, layout: Any, sentence: str, slider: Slider | None = None) -> None:
        self.layout, self.sentence, self.slider = layout, sentence, slider

    def __repr__(self) -> str:
        return self.sentence

    def _repr_html_(self) -> str:
        # Bokeh numbers a document at random; executed notebooks should not differ for that.
        item = json.dumps(json_item(self.layout, theme=THEME))
        random = re.findall(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", item)
        for number, name in enumerate(dict.fromkeys(random)):
            item = item.replace(name, f"xai-{number}")
        name = f"xai-plot-{hashlib.sha256(item.encode()).hexdigest()[:12]}"
        slider = ""
        if self.slider is not None:
            label, places = html.escape(self.slider.label), json.dumps(list(self.slider.places))
            slider = _SLIDER.format(label=label, id=name, last=len(self.slider.places) - 1, places=places)
        return _HTML.format(
            slider=slider,
            id=name,
            moved=MOVED,
            library=_library(),
            item=item.replace("</", "<\\/"),
            ink=INK,
            faint=FAINT,
            paper=PAPER,
            brighter=json.dumps(BRIGHTER),
        )


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
