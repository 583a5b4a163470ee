"""Definitions written out, and inputs of every kind made without a network."""

import numpy as np

from xai_widgets.models.inputs.given import Given
from xai_widgets.models.inputs.named import NOTHING, ToldByName
from xai_widgets.models.inputs.recognition import Clues, recognised
from xai_widgets.models.layout import unknown


def gaussian_noise(seed, index, shape, channel_axis):
    """Return noise sample `index`: standard normal, drawn channels last so that it is the same in every layout."""
    key = (seed,) if isinstance(seed, int) else seed
    generator = np.random.default_rng((key[0], index, *key[1:]))
    if channel_axis == 0:
        return np.moveaxis(generator.standard_normal((*shape[1:], shape[0]), np.float32), -1, 0)
    return generator.standard_normal(shape, np.float32)


def an_input(shape, bounds=(0, 1), layout=None):
    """Return an input of a shape, as nothing but its size and what is said of it tells."""
    given = Given(bounds, layout, None, ToldByName(NOTHING, {}), None)
    taken = given.one(shape, [])
    (roles,) = given.roles(taken)
    return recognised(taken, [Clues(roles, None, lambda: unknown(shape, "nothing is seen"))])
