# %% [markdown]
r"""
# 11. Segmentation: why is this a tumour, and why here?

{{badges}}

**Aim.** A network that answers at every pixel has no single score to explain. You learn to ask about a *segment*: the
sum of a class's scores over the places that the network gave to it. Then three ways of explaining, one from each of
the lessons before, and what they say about the network's mistakes.

**Time.** 35 to 45 minutes: data and network 5, the question 10, three ways 10, mistakes 10, exercises 10.

**You need** lesson 1 (saliency, integrated gradients) and lesson 7 (guided backpropagation, Grad-CAM). No GPU and no
training. Without the scans the notebook draws slices.

This is a lesson about explanations, not about medicine. The network is small, and no doctor would use it.
"""

# %% [markdown]
r"""
## Set-up

In Colab the first cell installs the course; anywhere else it does nothing.
"""

# %%
import sys

if "google.colab" in sys.modules:
    import subprocess

    from google.colab import output

    packages = ["xai-widgets @ git+{{repository}}"]
    subprocess.run([sys.executable, "-m", "pip", "install", "--quiet", *packages], check=True)
    output.enable_custom_widget_manager()

# %% [markdown]
r"""
The next cell chooses the framework. Everything below is the same for both; a kernel loads only the one you choose.
"""

# %%
import os

import numpy as np
from scipy import ndimage

import xai_course
import xai_widgets as xai
from xai_course import lesson_11 as check
from xai_course import segmentation
from xai_course.plots import Table, gallery

BACKEND = os.environ.get("XAI_BACKEND", "torch")  # or write "keras"
lab = xai_course.backend(BACKEND)
print(f"This notebook runs on {lab.FRAMEWORK}.")

# %% [markdown]
r"""
## 1. Slices of brains, and a U-Net

The scans show 110 people with a lower-grade glioma (Buda, Saha and Mazurowski 2019). The three channels are three
kinds of the same scan, so that the colours are not those of a brain; a tumour often looks green. A doctor has drawn
where it is. Every fifth person is for testing, with all of their slices: two slices of one person are nearly the same
picture. Every slice here holds a tumour; those without one were left out. So the network has never learnt to say that
there is none.
"""

# %%
slices = xai_course.load_slices()
slices

# %% [markdown]
r"""
The network is a U-Net (Ronneberger, Fischer and Brox 2015): it looks at the picture in ever coarser steps, then goes
back up, and at each step joins what it saw on the way down. It has 120,000 weights, and puts out two scores for each
pixel, *tissue* and *tumour*; the larger one is its answer.

How good is an answer? The Dice coefficient (Dice 1945) compares two areas: twice what they share, divided by the sum
of both. 1 is perfect, 0 has nothing in common.
"""

# %%
network = segmentation.network(lab, slices)
some = slices.test[:: len(slices.test) // 20]
pictures, drawn = slices.pictures(some), slices.masks(some)
answers = lab.predict(network, pictures).argmax(axis=-1) == 1
agreement = np.array([segmentation.dice(answer, mask) for answer, mask in zip(answers, drawn, strict=True)])
print(
    f"{len(some)} slices of people that the network has not seen; half of them have a Dice above {np.median(agreement):.1f}"
)
assert np.median(agreement) > 0.6

size = drawn.reshape(len(drawn), -1).sum(axis=1)
best = np.argsort(-size * (agreement > 0.75))[:5]  # large tumours that are found
worst = np.argsort(agreement - 1e-6 * size)[:1]  # and the one that is missed most
chosen = np.concatenate([best, worst])
pictures, drawn, answers = pictures[chosen], drawn[chosen], answers[chosen]
gallery(
    [pictures, drawn, answers],
    rows=["slice", "drawn by\nthe doctor", "answer"],
    columns=[f"Dice {segmentation.dice(answer, mask):.1f}" for answer, mask in zip(answers, drawn, strict=True)],
    sentence="Five slices with a tumour that is found, and one where the answer is poor.",
)

# %% [markdown]
r"""
## 2. The question: a segment

**The idea.** Every method of this course explains *one number*. Here there are two for each of 16,384 pixels. The
natural question is about all pixels that the network gave to the tumour, $M$, at once:

$$q(x') = \sum_{(i, j) \in M} z_{\text{tumour}}(x')_{ij}, \qquad M \text{ fixed where } z_{\text{tumour}}(x)_{ij} \text{ is the larger score}$$

In words: the scores for *tumour*, added up over the places where the answer is *tumour*. The places stay the same
while a method changes the picture; if they moved, the question would change with the answer. This is
`xai.Segment("tumour")`; Vinogradova, Dibrov and Myers (2020) explain such a sum. Another mask asks about another
place: `xai.Segment("tumour", mask=...)`.

> **Predict.** The network decides pixel by pixel. Will it look at the tumour alone, or at its surroundings too? How
> far?

The line in the picture is the border of the segment. Change the picture at the left, and the steps.
"""

# %%
model = xai.wrap(network, classes=slices.classes, bounds=(0, 1), input_shape=lab.layout(pictures).shape[1:])
xai.explore(model, pictures[:5], method="integrated_gradients", target="tumour", steps=16)

# %% [markdown]
r"""
**What it shows.** Most of the map lies in the tumour and around its edge. But not all of it: the network compares.
Let us measure it. *Inside* is the share of the map's size that falls on the segment, *near* that which falls within 8
pixels of it. If the map knew nothing, both would be the shares of the picture's area.
"""

# %%
question = xai.Segment("tumour")
inputs = lab.layout(pictures[:5])
segments = answers[:5]
near = np.stack([ndimage.binary_dilation(segment, iterations=8) for segment in segments])


def share(maps, places):
    """Return how much of the size of each map lies on the places, on average."""
    size = np.abs(maps).reshape(len(maps), -1)
    return float(np.mean((size * places.reshape(len(maps), -1)).sum(axis=1) / size.sum(axis=1)))


path = xai.IntegratedGradients(steps=16)(model, inputs, quantity=question)
inside, around = share(path.map, segments), share(path.map, near)
print(f"inside the segment {inside:.1f} (area {segments.mean():.2f}), near it {around:.1f} (area {near.mean():.2f})")
assert inside > 3 * segments.mean()
assert around > 0.5

# %% [markdown]
r"""
**Its limits.** A sum over a large segment is dominated by its clear middle; a few doubtful pixels at the edge hardly
count. Ask about them with a mask of their own. And the baseline of the path is black: a picture with no brain at all.
"Compared with nothing" is a strange comparison here; a slice without a tumour would be a better one, if we had it.
"""

# %%
row, column = (round(place) for place in ndimage.center_of_mass(segments[0]))
print(f"The middle of the first segment is row {row}, column {column}.")

# %% [markdown]
r"""
### Exercise 1: one pixel

Ask about the one pixel in the middle of the segment of the first slice: `row, column` above. How far away can a pixel
lie and still matter to it? The check measures it with your question.

<details><summary>A hint</summary>

`mask` is an array of true and false, of the height and width of the picture: `np.zeros((128, 128), bool)`.

</details>
"""

# %% only=student tags=exercise
my_question = ...

check.one_pixel(my_question, model, inputs[0], row, column)

# %% only=wrong tags=wrong
my_question = xai.Segment("tumour", mask=segments[0])

check.one_pixel(my_question, model, inputs[0], row, column)

# %% only=solution tags=solution
mask = np.zeros((128, 128), bool)
mask[row, column] = True
my_question = xai.Segment("tumour", mask=mask)

check.one_pixel(my_question, model, inputs[0], row, column)

# %% [markdown]
r"""
## 3. Three ways to explain it

Nothing about the methods is new: only the quantity is. So everything works as before: **integrated gradients**;
**guided backpropagation**, which lets only positive signals back (and which lesson 7 has shown to care little about
the network); and **Grad-CAM** at a layer. A U-Net has no last layer before a classifier. Which one to take? At the
bottom of the U (`relu_down4b`) the maps are coarse and the network has seen the most context. At the top
(`relu_up1b`) they are as fine as the picture, and the answer is nearly made.

> **Predict.** Which of the maps is sharpest? Which one tells *where the network looked*, rather than where its answer
> is?

The grid shows them side by side; a click on one of them opens it with its sliders.
"""

# %%
xai.grid(
    model,
    pictures[:5],
    methods=[
        xai.IntegratedGradients(steps=16),
        "guided_backpropagation",
        {"method": "grad_cam", "layer": "relu_up1b"},
        {"method": "grad_cam", "layer": "relu_down4b"},
    ],
    target="tumour",
)

# %%
ways = {
    "integrated gradients": (xai.IntegratedGradients(steps=16), None),
    "guided backpropagation": (xai.GuidedBackpropagation(), None),
    "Grad-CAM at relu_up1b": (xai.GradCam(), "relu_up1b"),
    "Grad-CAM at relu_down4b": (xai.GradCam(), "relu_down4b"),
}
results = {name: method(model, inputs, quantity=question, layer=layer) for name, (method, layer) in ways.items()}
maps = {name: result.on_input for name, result in results.items()}
shares = {name: (share(found, segments), share(found, near)) for name, found in maps.items()}
rows = [[name, f"{inside:.1f}", f"{around:.1f}"] for name, (inside, around) in shares.items()]
Table(["way", "inside", "near"], [*rows, ["area", f"{segments.mean():.1f}", f"{near.mean():.1f}"]])

# %%
score = lab.predict(network, pictures[:5])[..., 1]  # of "tumour", at each pixel
without_bias = np.maximum(score - lab.weights_of(network)["head.bias"][1], 0)
cosines = [
    (found * one).sum() / np.linalg.norm(found) / np.linalg.norm(one)
    for found, one in zip(maps["Grad-CAM at relu_up1b"], without_bias, strict=True)
]
print(f"The cosine of Grad-CAM at the last layer and the score itself is at least {min(cosines):.3f}.")
assert min(cosines) > 0.999

# %% [markdown]
r"""
**What it shows.** At the last layer Grad-CAM *is* the score of each pixel, up to its size and a constant: behind that
layer comes one linear step. True, and no news. At the bottom of the U it is coarse, and on the first scan it is
strongest far from the tumour: for this answer the fine levels count. Integrated gradients and guided backpropagation
give detail. Both lie in part outside the segment; only the first adds up to the change of the score.

**Its limits.** That a map lies on the tumour does not show that the network knows what a tumour is. A bright patch
may be enough for it. To find out, change the patch and see (lesson 8), or look where it fails.

## 4. Where it fails

The last slice of section 1 is the one with the poorest answer. On the scans there is no segment at all to ask about.
But we can ask about the *doctor's* outline, whatever the network's own answer was: `xai.Segment("tumour", mask=...)`.
A score below zero in there is against a tumour.

> **Predict.** Will the pixels *in* the outline speak against the tumour, or those around it?
"""

# %%
in_outline = {}
for name, number in (("found", 0), ("poor", -1)):
    x, outline = lab.layout(pictures)[number], drawn[number]
    found = xai.IntegratedGradients(steps=32)(model, x, quantity=xai.Segment("tumour", mask=outline))
    in_outline[name] = found.map[outline].sum()
    print(
        f"The slice that is {name}: the score in the outline is {found.score:.0f}, and of the change from black",
        end=" ",
    )
    print(f"the pixels in the outline add {in_outline[name]:.0f}.")
assert min(in_outline.values()) > 0
found

# %% [markdown]
r"""
**What it shows.** The score in the doctor's outline is *against* a tumour. (On drawn slices even the poorest answer
is a good one.) But the pixels in the outline speak *for* it, and some of those around it against. So the network was
not blind: it saw something, and not enough. An explanation of a wrong answer tells what the network went by; it does
not tell what a tumour looks like. Quality explanations require quality models.

**Its limits.** "For" and "against" compare with the baseline, a black picture, as before: all tissue is compared with
none.

### Exercise 2: the share inside

Write the measure of section 2 for one map: how much of its *size* lies on the mask. `values` is a map (height, width)
with values of both signs, `mask` is true on the segment.

<details><summary>A hint</summary>

Values of both signs cancel when they are added. Size does not.

</details>
"""


# %% only=student tags=exercise
def my_share(values, mask): ...  # your line


check.share_inside(my_share)


# %% only=wrong tags=wrong
def my_share(values, mask):
    return values[mask].sum() / values.sum()


check.share_inside(my_share)


# %% only=solution tags=solution
def my_share(values, mask):
    return np.abs(values)[mask].sum() / np.abs(values).sum()


check.share_inside(my_share)

# %% [markdown]
r"""
## What to remember

- A method explains one number. For a segmentation that number is a sum of scores over a mask, and the mask stays
  fixed.
- The network's own segment asks "why did you say this?". Any other mask asks "what did you make of this place?".
- The nearer a layer is to the output, the more its map repeats the answer.
- A map on the right place is not yet a reason. Look at the mistakes as well.

## Further reading

- O. Ronneberger, P. Fischer, T. Brox (2015), *U-Net: Convolutional Networks for Biomedical Image Segmentation*,
  MICCAI.
- K. Vinogradova, A. Dibrov, G. Myers (2020), *Towards Interpretable Semantic Segmentation via Gradient-weighted Class
  Activation Mapping*, AAAI: Grad-CAM for a sum over pixels.
- M. Buda, A. Saha, M. A. Mazurowski (2019), *Association of genomic subtypes of lower-grade gliomas with shape
  features automatically extracted by a deep learning algorithm*, Computers in Biology and Medicine: the scans.
"""
