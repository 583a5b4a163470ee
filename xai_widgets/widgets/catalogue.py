"""All there is to choose from, as the front end takes it."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from xai_widgets.attribution.family import FAMILIES
from xai_widgets.attribution.method import METHODS
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
                "takes_layer": method.takes_layer,
                "needs_layer": method.needs_layer,
                "has_mechanism": method.has_mechanism,
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
        **choices.source.told(),
    }
