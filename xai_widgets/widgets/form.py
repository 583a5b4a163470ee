"""What a model takes: the size of the plane and the number and place of its channels; or a vector."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from xai_widgets.errors import InputError
from xai_widgets.models.base import Model
from xai_widgets.models.inputs.input import Input


@dataclass(frozen=True)
class Form:
    """What a model takes: the size of the plane and the number and place of its channels; or a vector.

    Attributes
    ----------
    plane : (height, width), or (features,) of a vector
    channels : int or None
        None where inputs have no axis for them.
    axis : 0, -1 or None
        Where that axis is.
    """

    plane: tuple[int, ...]
    channels: int | None
    axis: int | None

    @classmethod
    def of(cls, model: Model) -> Form:
        """Return what `model`, whose input shape is known, takes."""
        shape, axis = model.input_shape or (), model.channel_axis
        if model.input.not_on_screen:
            raise InputError(model.input.not_on_screen)
        return cls.shaped(shape, axis)

    @classmethod
    def of_input(cls, taken: Input) -> Form:
        """Return the form of one of several inputs."""
        shape, axes = taken.shape, taken.layout.channel_axes
        return cls.shaped(shape, (0 if axes[0] == 0 else -1) if axes and len(axes) < len(shape) else None)

    @classmethod
    def shaped(cls, shape: tuple[int, ...], axis: int | None) -> Form:
        """Return the form of inputs of a shape whose channels lie along an axis."""
        if axis is None:
            return cls(shape, None, None)
        return cls(shape[1:] if axis == 0 else shape[:-1], shape[axis], axis)

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of one picture, channels last."""
        return self.plane if self.channels is None else (*self.plane, self.channels)

    def fits(self, shape: tuple[int, ...]) -> bool:
        """Whether an array of `shape` is one picture; grey ones may come with or without an axis for channels."""
        if shape == self.shape:
            return True
        grey = self.channels in (None, 1) and len(self.plane) == 2
        return grey and shape in (self.plane, (*self.plane, 1))

    def explain(self, shape: tuple[int, ...], resizes: bool = False) -> str:
        """Say why an array of `shape` does not fit, and what to do; also that one may ask to have it resized."""
        found = f"The picture has shape {shape}; expected {self.shape}."
        if len(self.plane) == 1:
            if np.prod(shape) == self.plane[0]:
                return f"{found} This model takes vectors: flatten with images.reshape(len(images), -1)."
            return f"{found} This model takes vectors."
        if len(shape) == 3 and shape == (self.channels or 1, *self.plane):
            return f"{found} Widgets take channels last for every model: numpy.moveaxis(images, -3, -1)."
        if len(shape) not in (2, 3):
            return f"{found} Give one picture, (height, width) or (height, width, channels), a stack or a list of them."
        if shape[:2] != self.plane:
            height, width = self.plane
            if resizes:
                return (
                    f'{found} Nothing is resized unless it is asked for: resize="crop" cuts the edges off, "pad" adds '
                    'black borders, "stretch" changes height and width apart.'
                )
            return (
                f"{found} Nothing is resized here; for 8-bit pictures do it with "
                f"PIL.Image.fromarray(picture).resize(({width}, {height}))."
            )
        found_channels = shape[2] if len(shape) == 3 else 1
        hint = ""
        if found_channels == 4 and self.channels == 3:
            hint = " Leave the transparency out: images[..., :3]."
        elif found_channels == 3 and self.channels in (1, None):
            hint = " Make it grey, for instance with PIL.Image.fromarray(picture).convert('L')."
        elif found_channels == 1 and self.channels == 3:
            hint = " Repeat the grey channel: numpy.repeat(picture.reshape(*picture.shape[:2], 1), 3, axis=-1)."
        return f"{found} The channels differ: {found_channels} and {self.channels or 1}.{hint}"
