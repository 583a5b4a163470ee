"""A place beside plots that shows one of several pictures."""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence
from typing import Any

from bokeh.models import ColumnDataSource
from bokeh.plotting import figure

from xai_course.plots.gallery import as_image


def pane(pictures: Sequence[Any], captions: Sequence[str]) -> tuple[Any, ColumnDataSource, list[str]]:
    """Return a figure that shows the first picture with its caption, what it shows, and the addresses of all pictures.

    Another one is shown when "url" of the second holds another address; the title of the first is the caption.

    Parameters
    ----------
    pictures : sequence
        As `gallery` takes them.
    captions : sequence of str
    """
    images = [as_image(picture) for picture in pictures]
    addresses = [_address(image) for image in images]
    shape = images[0].width / images[0].height
    place = figure(
        width=round(230 * max(shape, 1)),
        height=300,
        toolbar_location=None,
        tools="",
        x_range=(0, shape),
        y_range=(0, 1),
        match_aspect=True,
        title=captions[0],
    )
    place.axis.visible = False
    place.grid.visible = False
    shown = ColumnDataSource({"url": addresses[:1]})
    place.image_url(url="url", x=0, y=1, w=shape, h=1, source=shown)
    return place, shown, addresses


def _address(image: Any) -> str:
    """Return a picture as a data address: PNG, or JPEG where that is smaller by far."""
    packed = []
    for kind, options in (("png", {"optimize": True}), ("jpeg", {"quality": 90, "subsampling": 0})):
        buffer = io.BytesIO()
        image.save(buffer, kind, **options)
        packed.append((kind, buffer.getvalue()))
    (_, png), (_, jpeg) = packed
    kind, content = packed[len(jpeg) < 0.6 * len(png)]
    return f"data:image/{kind};base64,{base64.b64encode(content).decode('ascii')}"
