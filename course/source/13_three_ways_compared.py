# %% [markdown]
r"""
# 13. Three ways compared: cost, detail, knowledge

{{badges}}

**Aim.** Lectures sort explanations into three families: **input modification** (change the input, watch the output),
**deconvolution-based** (go back through the network by rules), and **input reconstruction** (build an input that the
network likes). Three questions are usually put to the room, and answered by opinion. Here they are measured.

**Time.** 30 to 40 minutes: three pictures 10, cost 5, detail 5, knowledge 10, exercises 10.

**You need** lessons 7 and 8. No GPU. On MNIST nothing is trained; on its stand-in two small networks are.

The comparison follows Grün, Rupprecht, Navab and Tombari (2016) and the questions of the lecture on interpretation
and explanation.
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

import xai_course
import xai_widgets as xai
from xai_course import gloro
from xai_course import lesson_13 as check
from xai_course.plots import Table, gallery

BACKEND = os.environ.get("XAI_BACKEND", "torch")  # or write "keras"
lab = xai_course.backend(BACKEND)
print(f"This notebook runs on {lab.FRAMEWORK}.")

# %%
digits = xai_course.load_digits(train=1400)
print(digits)
networks = gloro.digit_networks(digits, BACKEND, kinds=("ReLU", "robust"))
names = {"standard": networks["ReLU"], "robust": networks["robust"]}
read = [lab.predict(network, digits.x_test[:2000]).argmax(axis=1) == digits.y_test[:2000] for network in names.values()]
chosen = [np.flatnonzero((digits.y_test[:2000] == digit) & read[0] & read[1])[0] for digit in range(10)]
pictures = digits.x_test[chosen]
inputs = lab.layout(pictures)
shape = inputs.shape[1:]
models = {
    name: xai.wrap(network, classes=digits.classes, bounds=(0, 1), input_shape=shape) for name, network in names.items()
}
model, four = models["standard"], inputs[4]

# %% [markdown]
r"""
## 1. Three pictures

> **Predict.** Before anything is measured, answer for each of the three: Which is the most expensive? Which shows the
> finest detail? Which needs to know least about the network?

The first two are methods of this course. Watch how they come: one appears at once, the other gets finer.
"""

# %%
xai.grid(model, pictures, methods=[xai.Occlusion(window=5, stride=1), "guided_backpropagation"], index=4)

# %% [markdown]
r"""
**The idea.** Input reconstruction (Simonyan, Vedaldi and Zisserman 2014) forgets the picture. It starts from grey
noise and climbs:

$$\hat x = \arg\max_x \; F_c(x) - \lambda \lVert x \rVert_2^2$$

In words: which picture would this network like best for class $c$, if it must not be too bright? Each step follows
the slope of the score, which is the saliency of lesson 1, at the picture made so far.
"""

# %%
STEPS, RATE, WEIGHT = 64, 0.05, 0.5


def reconstruct(model, digit):
    """Return a picture that the model calls `digit`, by gradient ascent from noise, and how many passes it took."""
    x = np.random.default_rng(0).uniform(0, 0.2, shape).astype(np.float32)
    for _ in range(STEPS):
        slope = xai.Saliency()(model, x, quantity=xai.Logit(digit)).values
        step = slope / np.abs(slope).max() - 2 * WEIGHT * x
        x = np.clip(x + RATE * step, 0, 1).astype(np.float32)
    return x, STEPS


made = {name: [reconstruct(one, digit)[0] for digit in digits.classes] for name, one in models.items()}
for name, pictures_made in made.items():
    believed = models[name].scores(np.stack(pictures_made)).argmax(axis=1)
    print(f"{name}: it calls all ten by the right name: {bool((believed == np.arange(10)).all())}")
    assert (believed == np.arange(10)).all()

gallery(
    [[(np.moveaxis(x, 0, -1) if BACKEND == "torch" else x) / x.max() for x in row] for row in made.values()],
    rows=list(made),
    columns=list(digits.classes),
    side=72,
    sentence="What each of the two networks would like to see for each of the ten digits, brightened.",
)

# %% [markdown]
r"""
**What it shows.** Both networks call every picture by its name. Those of the standard one are patterns that hardly
anybody would read; in those of the robust one there are strokes, and some digits. (None of them is a picture from the
data, nor the reason for any one answer: they explain a *class*.)

## 2. Cost

One pass is one picture through the network, forward or forward and back. What does an explanation of one picture
take? (The library computes for each window only what the window can reach, and so saves much of the time. We count
passes as if it did not.)
"""

# %%
passes = {
    "input modification": xai.Occlusion(window=5, stride=1)(model, four).evaluations,
    "deconvolution-based": xai.GuidedBackpropagation()(model, four).evaluations,
    "input reconstruction": reconstruct(model, "4")[1],
}
assert passes["input modification"] > passes["input reconstruction"] > passes["deconvolution-based"]
print(", ".join(f"{name}: {count}" for name, count in passes.items()))

# %% [markdown]
r"""
### Exercise 1: the price of a window

How many passes does an occlusion take, of a square picture with `side` pixels, by a window that moves by `stride`?
Windows start at multiples of the stride; the last one is cut off at the border; and the score of the whole picture is
one pass as well.

<details><summary>A hint</summary>

Along one side the windows start at 0, stride, 2 stride ... as long as the one before did not reach the border.
`range` can count them.

</details>
"""


# %% only=student tags=exercise
def my_passes(side, window, stride): ...  # your line


check.passes(my_passes)


# %% only=wrong tags=wrong
def my_passes(side, window, stride):
    return ((side - window) // stride + 1) ** 2


check.passes(my_passes)


# %% only=solution tags=solution
def my_passes(side, window, stride):
    return len(range(0, side - window + stride, stride)) ** 2 + 1


check.passes(my_passes)

# %% [markdown]
r"""
## 3. Detail

How fine is a map? Shift it by one pixel, two pixels ... and compare it with itself: a fine map is another one after
one step, a coarse map after many. The number is the shift after which less than half of the likeness (correlation) is
left.

> **Predict.** Which of the three will be finest?
"""


# %%
def fineness(found):
    """Return the smallest shift after which a map has lost half of its likeness to itself."""
    for shift in range(1, 14):
        pairs = ((found[shift:], found[:-shift]), (found[:, shift:], found[:, :-shift]))
        likeness = np.mean([np.corrcoef(one.ravel(), other.ravel())[0, 1] for one, other in pairs])
        if likeness < 0.5:
            return shift
    return 14


maps = {
    "input modification": xai.Occlusion(window=5, stride=1)(model, inputs).map,
    "deconvolution-based": xai.GuidedBackpropagation()(model, inputs).map,
    "input reconstruction": np.stack([x.reshape(28, 28) for x in made["standard"]]),
}
fine = {name: float(np.mean([fineness(one) for one in found])) for name, found in maps.items()}
assert fine["deconvolution-based"] < fine["input modification"]
assert fine["input reconstruction"] < fine["input modification"]
print(", ".join(f"{name}: {shift:.0f}" for name, shift in fine.items()))

# %% [markdown]
r"""
**What it shows.** Ways back to the pixels are as fine as the pixels. A window blurs by its own size. But fine is not
right: lesson 7 has shown fine maps that know nothing of the class.

## 4. Knowledge

What must one know of the network? We hide it in three boxes. The first gives nothing but scores. The second gives
their slopes as well, and shows nothing of what is inside. The third shows its layers.

> **Predict.** Which ways work with which box?
"""


# %%
network = names["standard"]
boxes = {
    "scores alone": xai.wrap(lab.sealed(network), backend=lab.BACKEND, input_shape=shape, outputs="logits"),
    "slopes": xai.wrap(lab.slopes_alone(network), backend=lab.BACKEND, input_shape=shape, outputs="logits"),
    "layers": model,
}
ways = {
    "input modification": lambda box: xai.Occlusion(window=5, stride=5)(box, four),
    "deconvolution-based": lambda box: xai.GuidedBackpropagation()(box, four),
    "input reconstruction": lambda box: reconstruct(box, 4),
}


def works(way, box):
    """Return whether a way works with a box; the methods say in words why they do not."""
    try:
        way(box)
    except (ValueError, TypeError):
        return False
    return True


possible = {name: [works(way, box) for box in boxes.values()] for name, way in ways.items()}
assert possible["input modification"] == [True, True, True]
assert possible["input reconstruction"] == [False, True, True]
assert possible["deconvolution-based"] == [False, False, True]
needs = {name: list(boxes)[found.index(True)] for name, found in possible.items()}
Table(
    ["way", "passes", "detail (pixels)", "needs at least"],
    [[name, passes[name], f"{fine[name]:.0f}", needs[name]] for name in ways],
    "The three questions of the lecture, measured on one network.",
)

# %% [markdown]
r"""
**What it shows.** The cheapest way needs to know most, because it must see every rectifier to change the way back
through it; the one that needs to know least is the dearest. There is no best way: it depends on what you may look at,
how long you can wait, and how small the thing is that you look for.

**Its limits.** One network, small pictures. With a coarser stride occlusion is cheaper and coarser still; a
reconstruction with good priors takes thousands of steps.

### Exercise 2: one step of reconstruction

Write one step of gradient ascent on $F_c(x) - \lambda \lVert x \rVert^2$: `slope` is the gradient of $F_c$ at `x`,
`rate` the size of the step, `weight` is $\lambda$. Keep the result between 0 and 1.

<details><summary>A hint</summary>

What is the gradient of $\lVert x \rVert^2$?

</details>
"""


# %% only=student tags=exercise
def my_step(x, slope, rate, weight): ...  # your line


check.step(my_step)


# %% only=wrong tags=wrong
def my_step(x, slope, rate, weight):
    return np.clip(x + rate * (slope - weight * x), 0, 1)


check.step(my_step)


# %% only=solution tags=solution
def my_step(x, slope, rate, weight):
    return np.clip(x + rate * (slope - 2 * weight * x), 0, 1)


check.step(my_step)

# %% [markdown]
r"""
## What to remember

- Input modification needs scores only, and many passes. It is as coarse as what it covers.
- Ways back through the network take one pass, are as fine as the pixels, and must know every layer.
- Input reconstruction explains a class, not a picture, and shows what the network would like to see.
- Cost, detail and knowledge can be measured. Whether an explanation is *true* is another question, and the more
  important one.

## Further reading

- F. Grün, C. Rupprecht, N. Navab, F. Tombari (2016), *A Taxonomy and Library for Visualizing Learned Features in
  Convolutional Neural Networks*, ICML workshop on visualization.
- K. Simonyan, A. Vedaldi, A. Zisserman (2014), *Deep Inside Convolutional Networks*, ICLR workshop.
- A. Mahendran, A. Vedaldi (2015), *Understanding Deep Image Representations by Inverting Them*, CVPR.
"""
