"""Train the small network that reads digits in lessons 1 and 9, and ship its weights.

    python course/reproduce/reading.py

Some seconds. A file that is there already stays as it is: another processor would bring other weights.
"""

from __future__ import annotations

import xai_course
from xai_course import reading
from xai_course.networks.shipped import FOLDER, ship


def main() -> None:
    """Train the network unless that was done."""
    if (FOLDER / f"{reading.NAME}.safetensors").exists():
        return
    digits = xai_course.load_digits()
    if digits.is_stand_in:
        raise SystemExit(f"These weights are for MNIST; found {digits}.")
    lab = xai_course.backend("torch")
    ship(reading.NAME, lab.weights_of(reading.trained(lab, digits)))


if __name__ == "__main__":
    main()
