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
from xai_course.plots import COLORS, Plot, Table, curve, gallery

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


def reconstruct(model, digit, steps=STEPS):
    """Return a picture that the model calls `digit`, by gradient ascent from noise, and how many passes it took."""
    x = np.random.default_rng(0).uniform(0, 0.2, shape).astype(np.float32)
    for _ in range(steps):
        slope = xai.Saliency()(model, x, quantity=xai.Logit(digit)).values
        step = slope / np.abs(slope).max() - 2 * WEIGHT * x
        x = np.clip(x + RATE * step, 0, 1).astype(np.float32)
    return x, steps


made = {name: [reconstruct(one, digit)[0] for digit in digits.classes] for name, one in models.items()}
for name, pictures_made in made.items():
    believed = models[name].scores(np.stack(pictures_made)).argmax(axis=1)
    print(f"{name}: it calls {(believed == np.arange(10)).sum()} of ten by the right name.")
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
by_stride = {stride: xai.Occlusion(window=5, stride=stride)(model, four).evaluations for stride in range(1, 6)}
by_rules = xai.GuidedBackpropagation()(model, four).evaluations


def believed_after(steps):
    """Return whether the network calls all ten pictures by the right name after so many steps."""
    made_so_far = np.stack([reconstruct(model, digit, steps)[0] for digit in digits.classes])
    return (model.scores(made_so_far).argmax(axis=1) == np.arange(10)).all()


enough = next(steps for steps in range(1, STEPS + 1) if believed_after(steps))

figure = curve(
    "What two of the three cost is up to you", "stride of the window, or steps", "passes", x_type="log", y_type="log"
)
figure.line(
    list(by_stride), list(by_stride.values()), color=COLORS[0], legend_label="occlusion, by stride", line_width=2
)
figure.line([1, STEPS], [1, STEPS], color=COLORS[1], legend_label="reconstruction, by steps", line_width=2)
figure.line([1, STEPS], [by_rules, by_rules], color=COLORS[2], legend_label="guided backpropagation", line_width=2)
figure.xaxis.ticker = [1, 2, 4, 8, 16, 32, 64]
figure.add_layout(figure.legend[0], "right")
assert by_stride[1] > STEPS > by_stride[5]
assert by_rules == 1
assert enough < 8
print(f"Occlusion at strides 1 to 5: {', '.join(map(str, by_stride.values()))} passes.")
print(f"Reconstruction: the network calls all ten by the right name after {enough} steps.")
Plot(figure, "Occlusion costs from 37 to 577 passes, reconstruction one for each step, guided backpropagation one.")

# %% [markdown]
r"""
**What it shows.** Going back by rules costs one pass. Which of the other two is dearer is no property of theirs: at a
stride of 1 occlusion takes nine times the 64 passes of our reconstruction, at a stride of 5 little more than half. And the
reconstruction would have been believed after two or three steps; the others make it look better. So when somebody
says that one way is dearer, ask at which setting.

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

> **Predict.** Which of the three will be finest? What makes occlusion coarse, its window or its stride? And what would
> you get for white noise, and for the picture of the digit itself?
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


def detail(maps):
    """Return how fine the maps of the ten digits are, on average."""
    return float(np.mean([fineness(one) for one in maps]))


def occluded(window, stride):
    return xai.Occlusion(window=window, stride=stride)(model, inputs).map


noise = np.random.default_rng(0).normal(size=(10, 28, 28))
fine = {
    "saliency": detail(xai.Saliency()(model, inputs).map),
    "guided backpropagation": detail(xai.GuidedBackpropagation()(model, inputs).map),
    "reconstruction": detail([x.reshape(28, 28) for x in made["standard"]]),
    "occlusion, window 1": detail(occluded(1, 1)),
    "control: the digits": detail(pictures[..., 0]),
    "control: white noise": detail(noise),
}
by_window = {window: [detail(occluded(window, stride)) for stride in range(1, window + 1)] for window in (3, 5, 8)}

figure = curve("The window makes occlusion coarse", "stride (pixels)", "detail (pixels)")
for color, (window, found) in zip(COLORS, reversed(by_window.items()), strict=False):
    strides = list(range(1, window + 1))
    figure.line(strides, found, color=color, legend_label=f"occlusion, window {window}", line_width=2)
for dash, control in (("dashed", "control: the digits"), ("dotted", "control: white noise")):
    level = [fine[control]] * 2
    figure.line([1, 8], level, color=COLORS[3], line_dash=dash, legend_label=control, line_width=2)
figure.y_range.start = 0
figure.add_layout(figure.legend[0], "right")
for larger, smaller in ((8, 5), (5, 3)):
    assert all(one > other for one, other in zip(by_window[larger], by_window[smaller], strict=False))
assert all(found[-1] < found[0] for found in by_window.values())
assert abs(fine["occlusion, window 1"] - fine["saliency"]) < 0.8
assert max(fine["guided backpropagation"], fine["reconstruction"]) < by_window[5][0]
assert fine["control: white noise"] == 1 == min(fine.values())
Plot(figure, "At every stride a larger window is coarser; white noise is finer than any map.")

# %%
Table(
    ["map", "detail (pixels)"],
    [[name, f"{shift:.1f}"] for name, shift in fine.items()],
    "Shift after which half of the likeness is gone, mean of ten pictures.",
)

# %% [markdown]
r"""
**What it shows.** Ways back to the pixels are fine, and a window blurs by its own size: at every stride a larger window
is coarser. The stride does less, and not what one would think: windows that do not overlap give the *finer* map.
(Where they overlap their values are averaged, which blurs once more.) With a window of one pixel occlusion is as fine as
saliency, at the price of 785 passes. But the winner is white noise. The number says how quickly a map changes, and not
whether there is anything in it; a map that is much finer than the strokes of the digit shows something else than
strokes. Lesson 7 has shown fine maps that know nothing of the class.

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
passes = [f"{by_stride[5]} to {by_stride[1]}", str(by_rules), f"one a step, here {STEPS}"]
shifts = [by_window[5][0], fine["guided backpropagation"], fine["reconstruction"]]
Table(
    ["way", "passes", "detail (pixels)", "needs at least"],
    [[name, cost, f"{shift:.1f}", needs[name]] for name, cost, shift in zip(ways, passes, shifts, strict=True)],
    "The three questions of the lecture, measured on one network, with a window of 5.",
)

# %% [markdown]
r"""
**What it shows.** The cheapest way needs to know most, because it must see every rectifier to change the way back
through it. The other two get along with less, and cost what one lets them. There is no best way: it depends on what you
may look at, how long you can wait, and how small the thing is that you look for.

**Its limits.** One network, small pictures. A reconstruction with good priors takes thousands of steps.

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

- Input modification needs scores only, and as many passes as its stride asks for. It is as coarse as what it covers.
- Ways back through the network take one pass, are as fine as the pixels, and must know every layer.
- Input reconstruction explains a class, not a picture, and shows what the network would like to see.
- Cost, detail and knowledge can be measured, if one says at which setting, and measures noise as well. Whether an
  explanation is *true* is another question, and the more important one.

## Further reading

- F. Grün, C. Rupprecht, N. Navab, F. Tombari (2016), *A Taxonomy and Library for Visualizing Learned Features in
  Convolutional Neural Networks*, ICML workshop on visualization.
- K. Simonyan, A. Vedaldi, A. Zisserman (2014), *Deep Inside Convolutional Networks*, ICLR workshop.
- A. Mahendran, A. Vedaldi (2015), *Understanding Deep Image Representations by Inverting Them*, CVPR.
"""
