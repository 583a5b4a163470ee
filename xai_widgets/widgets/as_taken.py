"""From a picture as a person has it to the array that a model takes, with the Python that does it."""

from __future__ import annotations

import numpy as np
from PIL import Image

from xai_widgets.errors import InputError, InputTypeError
from xai_widgets.widgets.form import Form
from xai_widgets.widgets.given import Written, plain


def as_array(raw: Written, form: Form) -> Written:
    """Return one picture as an array, channels last."""
    value, expression = raw
    if isinstance(value, Image.Image):
        grey = form.channels in (None, 1)
        mode = "L" if grey else {4: "RGBA"}.get(form.channels or 3, "RGB")
        if value.mode not in ("1", "L", "LA", "P", "PA", "RGB", "RGBA", "RGBX", "CMYK", "YCbCr"):
            raise InputTypeError(
                f"The PIL picture has mode {value.mode!r}; expected 8 bits a channel, for instance 'RGB'."
            )
        if grey and value.mode not in ("1", "L", "LA"):
            raise InputError(
                f"The PIL picture has colours (mode {value.mode!r}), but the model takes grey ones; convert it with "
                "picture.convert('L')."
            )
        if value.mode != mode:
            value, expression = value.convert(mode), f'{expression}.convert("{mode}")'
        return Written(np.asarray(value), f"np.asarray({expression})")
    if isinstance(value, np.ndarray):
        return raw
    return Written(plain(value), f"np.asarray({expression})")


def scaled(written: Written, bounds: tuple[float, float] | None) -> Written:
    """Bring 8-bit values into the bounds of a model; floats are there already."""
    value, expression = written
    if value.dtype == np.uint8 and bounds is not None and bounds != (0, 255):
        low, high = bounds
        if low == 0:
            divisor = 255 / high
            return Written(value / _short(divisor), f"{expression} / {_short(divisor)}")
        factor = (high - low) / 255
        return Written(value * factor + low, f"{expression} * {factor!r} + {low!r}")
    if value.dtype == np.uint8 and bounds is None:
        return Written(value.astype("float32"), f'{expression}.astype("float32")')
    if value.dtype.kind in "iu" and bounds != (0, 255):
        raise InputTypeError(
            f"The picture holds integers ({value.dtype}); expected 8 bits (numpy.uint8, 0 to 255), or floats within "
            f"{bounds}."
        )
    return written


def laid_out(written: Written, form: Form) -> Written:
    """Give the picture the model's own axes."""
    value, expression = written
    if form.channels is None and value.ndim > len(form.plane):
        value, expression = value[..., 0], f"{_primary(expression)}[..., 0]"
    elif form.channels == 1 and value.ndim == 2:
        if form.axis == 0:
            return Written(value[np.newaxis], f"{_primary(expression)}[np.newaxis]")
        return Written(value[..., np.newaxis], f"{_primary(expression)}[..., np.newaxis]")
    if form.axis == 0:
        return Written(np.moveaxis(value, -1, 0), f"np.moveaxis({expression}, -1, 0)")
    return Written(value, expression)


def _primary(expression: str) -> str:
    """Return the expression in parentheses where it needs them to be indexed."""
    return f"({expression})" if " " in expression else expression


def _short(number: float) -> float:
    return int(number) if float(number).is_integer() else number
