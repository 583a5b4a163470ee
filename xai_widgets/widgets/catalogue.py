"""All there is to choose from, as the front end takes it."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any, cast

from xai_widgets.attribution.family import FAMILIES
from xai_widgets.attribution.method import METHODS
from xai_widgets.render.colormap import colormaps
from xai_widgets.render.display import OPTIONS
from xai_widgets.widgets import protocol
from xai_widgets.widgets.choices import Choices


def catalogue(choices: Choices) -> dict[str, Any]:
    """Return all there is to choose from as the front end takes it."""
    names = choices.named
    return {
        "models": list(choices.models),
        "classes": [names.class_name(index) for index in range(names.output_count)],
        "layers": choices.layers,
        "methods": [
            {
                "name": method.name,
                "label": method.label,
                "sentence": method.sentence,
                "reference": method.reference,
                "family": method.family,
                "alike": "" if method.knows_class else "the same for every class",
                "takes_layer": method.takes_layer,
                "needs_layer": method.needs_layer,
                "options": choices.described(method.name),
            }
            for method in METHODS.values()
        ],
        "families": [{"name": name, **family._asdict()} for name, family in FAMILIES.items()],
        "quantities": [asdict(kind) for kind in choices.quantities.values()],
        "pictures": choices.source.catalogue(),
        "adds": choices.source.adds,
        "columns": choices.source.columns,
        "segmentation": names.segmentation,
        "drawing": drawing(choices),
        "colormaps": {
            name: {"kind": one.kind, "colors": one.anchors.astype(int).tolist()} for name, one in colormaps().items()
        },
        **choices.source.told(),
    }


OF_PIXELS = ("layout", "opacity", "clip", "smoothing")
"""How pixels are drawn, which means nothing for the words of a text and the columns of a table."""


def drawing(choices: Choices) -> list[protocol.OptionEntry]:
    """Return what can be chosen of how the maps are drawn."""
    without = {*(() if choices.source.has_pixels else OF_PIXELS), *(("scale",) if len(choices.models) == 1 else ())}
    return [cast(protocol.OptionEntry, option.as_dict()) for option in OPTIONS if option.name not in without]
