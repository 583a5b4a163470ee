"""Train the U-Nets of the lesson on segmentation, on scans where there are some and on drawn slices.

    python course/reproduce/slices.py

A quarter of an hour on one core. The weights go to course/xai_course/weights, the figures are printed.
"""

from __future__ import annotations

import numpy as np

import xai_course
from xai_course import segmentation
from xai_course.data import draw_slices, load_slices
from xai_course.networks.shipped import ship


def main() -> None:
    """Train on each kind of slices that there is, and print how well tumours are found in patients not seen before."""
    lab = xai_course.backend("torch")
    for slices in {each.is_stand_in: each for each in (load_slices(), draw_slices())}.values():
        network = segmentation.trained(lab, slices)
        ship(segmentation.shipped_name(slices), lab.weights_of(network), half=True)
        found = lab.predict(network, slices.pictures(slices.test)).argmax(axis=-1) == 1
        masks = slices.masks(slices.test)
        each = [segmentation.dice(one, mask) for one, mask in zip(found, masks, strict=True)]
        print(f"{slices}: Dice {segmentation.dice(found, masks):.3f}, median of the slices {np.median(each):.3f}")


if __name__ == "__main__":
    main()
