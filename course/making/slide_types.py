"""Where slides begin, read off the text: as the "slide type" that Jupyter and nbconvert know.

A heading begins a slide. The picture of a widget is a slide below it, on which what it shows appears when the room has
answered; then come the idea and its limits. The set-up is skipped. An exercise has a slide of its own.
"""

from __future__ import annotations

import re

WIDGET = re.compile(
    r"\bxai\.(explore|grid|walk|tokens|paint|attack|judge|randomise|rank|representations|units|excite|concepts|"
    r"dictionary|intervene|prototypes|without)\("
)
"""What draws a widget."""
ANSWER = "**What it shows.**"
LEADS = (ANSWER, "**The idea.**", "**Its limits.**")


def slide_type(text: str, *, code: bool) -> str:
    """Return "slide", "subslide", "fragment" for what appears later, or "-" for what stays with the cell before."""
    if code:
        return "subslide" if WIDGET.search(text) else "-"
    if re.match(r"##? ", text):
        return "slide"
    if text.startswith(ANSWER):
        return "fragment"
    return "subslide" if text.startswith(("### ", *LEADS)) else "-"


def in_set_up(text: str, *, before: bool) -> bool:
    """Tell whether a cell of text belongs to the set-up, which reaches from its heading to the next one of its kind."""
    headings = re.findall(r"^##? .*$", text, re.MULTILINE)
    return headings[-1].startswith("## Set-up") if headings else before
