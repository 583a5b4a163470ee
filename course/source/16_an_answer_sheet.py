# %% [markdown]
r"""
# 16. An answer sheet: pictures whose reason is known

{{badges}}

**Aim.** Whether a map is right can be told only where somebody knows the reason. So we draw pictures in which one part,
and nothing else, tells the class; then the mask of that part is an answer sheet. You learn to grade maps with it: by
overlap, by what lies inside, by where the largest value is. Then you see how much of a grade is the grader's choice, and
what happens when the sheet itself is wrong.

**Time.** 45 to 55 minutes: the pictures 8, grading 20, smoothing 10, a wrong sheet 15.

**You need** lesson 7 (relevance, Grad-CAM). Lesson 15 asks the same question without an answer sheet. No GPU, and no
training: the networks come with the course, and the flowers are drawn here.

The flowers follow an8Flower of Oramas, Wang and Tuytelaars (2019). Pictures with a known reason are also those of BIM
(Yang and Kim 2019) and CLEVR-XAI (Arras, Osman and Samek 2022).
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
from xai_course import flowers as networks
from xai_course import lesson_16 as check
from xai_course.plots import COLORS, Plot, Table, curve, gallery, spread

BACKEND = os.environ.get("XAI_BACKEND", "torch")  # or write "keras"
lab = xai_course.backend(BACKEND)
print(f"This notebook runs on {lab.FRAMEWORK}.")

# %% [markdown]
r"""
## 1. The sheet

There are six classes: red, yellow or blue *petals* on a green stem, and a red, yellow or blue *stem* under white petals.
The pot has one of the same colours, at random. So a network that only looks for red somewhere cannot know the class.

Such sheets were made before. These flowers imitate *an8Flower* (Oramas, Wang and Tuytelaars 2019), which renders them. BIM
(Yang and Kim 2019) pastes objects into scenes, so that it is known how much each of them counts. CLEVR-XAI (Arras, Osman and
Samek 2022) asks questions about rendered scenes, and knows which of their objects answer them.
"""

# %%
flowers = xai_course.load_flowers("single", 120, seed=7)  # new to the networks, which saw those of seed 0
network = networks.network(lab)
right = lab.predict(network, flowers.pictures).argmax(axis=1) == flowers.labels
print(flowers)
print(f"The network is right about {right.sum()} of them.")
assert right.mean() > 0.95

graded = flowers.chosen(np.flatnonzero(right)[:24])
gallery(
    [graded.pictures[:6], graded.masks[:6]],
    columns=[name.replace(" ", "\n") for name in (graded.classes[label] for label in graded.labels[:6])],
    rows=["picture", "answer\nsheet"],
    sentence="A flower of each class, and the mask of the part that tells it.",
)

# %% [markdown]
r"""
**The idea.** The mask $M$ says by which pixels the classes *differ*. That the network *uses* these pixels is another
claim, and must be tested before the mask may grade anybody. We can: draw the same flower with one part in another colour,
to the noise of each pixel, and ask again.

> **Predict.** In how many flowers does the answer follow, if the part that tells the class gets another colour? And if
> the pot does?
"""

# %%
some = flowers.chosen(slice(60))
by_part = {part: networks.answers(lab, network, networks.recolorings(some, part)) for part in ("petals", "stem", "pot")}
for part in ("petals", "stem"):
    assert by_part[part]["right"] > 0.95
assert by_part["pot"]["same"] > 0.95
Table(
    ["recoloured", "flowers", "answer follows the class", "answer stays", "largest change of a probability"],
    [
        [part, found["recolored"], *(f"{found[key]:.2f}" for key in ("right", "same", "change"))]
        for part, found in by_part.items()
    ],
    "The same flowers with one part in another colour. With another pot the class is the same, so to follow is to stay.",
)

# %% [markdown]
r"""
**What it shows.** The network answers by the part, and does not care about the pot. (With five networks and both
frameworks it is the same; `xai_course.results("flowers")` has the numbers.) Now the mask may grade.

## 2. Grading

> **Predict.** Below are four maps of one flower. Which of them lies on the part that tells the class? Do you take the
> one that is sharpest, or the one that is smoothest? Move through the pictures before you decide.
"""

# %%
few = graded.pictures[:6]
shape = lab.layout(few).shape[1:]


def wrapped(network):
    return xai.wrap(network, classes=flowers.classes, bounds=(0, 1), input_shape=shape)


model = wrapped(network)
xai.grid(
    model,
    few,
    methods=[
        xai.RelevancePropagation(),
        xai.IntegratedGradients(steps=32, baseline="blur"),
        xai.IntegratedGradients(steps=32),
        "grad_cam",
    ],
    index=2,
)

# %% [markdown]
r"""
**The idea.** Four grades are common. Let $\Phi$ be the map, and $T_t$ the pixels where it is above the share $t$ of its
largest value.

| grade | what it asks | by chance |
|---|---|---|
| $\mathrm{IoU}(t) = \lvert M \cap T_t \rvert \,/\, \lvert M \cup T_t \rvert$ | how far do the two areas agree? | small |
| IoU at the mask's own area: $T$ are the $\lvert M \rvert$ largest pixels | the same, with no threshold to choose | small |
| energy: the share of the positive values that lies in $M$ | how much of the map is inside? | the mask's share of the area |
| pointing game (Zhang and others 2016): is the largest value in $M$? | does it point there? | the mask's share of the area |

Slopes, such as saliency, are compared by their size. One class, `xai.Localisation`, has all four.
"""

# %%
methods = {
    "LRP": xai.RelevancePropagation(),
    "IG from blur": xai.IntegratedGradients(steps=32, baseline="blur"),
    "IG from black": xai.IntegratedGradients(steps=32),
    "Grad-CAM": xai.GradCam(),
    "guided backpropagation": xai.GuidedBackpropagation(),
    "saliency": xai.Saliency(),
}
inputs, question = lab.layout(graded.pictures), xai.Logit(graded.labels)
maps = {name: method(model, inputs, quantity=question) for name, method in methods.items()}
grades = {name: xai.Localisation(graded.masks)(found) for name, found in maps.items()}

figure = curve("Agreement with the answer sheet", "threshold, as a share of the largest value", "IoU")
dashes = ["solid", "dashed"]
for number, (name, found) in enumerate(grades.items()):
    look = {"color": COLORS[number % 4], "line_dash": dashes[number // 4], "line_width": 2, "legend_label": name}
    figure.line(found.thresholds, found.iou.mean(axis=0), **look)
figure.add_layout(figure.legend[0], "right")
figure.width = 620
Plot(figure, "The curves of six methods over the threshold have their tops at different thresholds, and they cross.")

# %%
best = {name: float(found.thresholds[found.iou.mean(axis=0).argmax()]) for name, found in grades.items()}
chance = graded.masks.mean()
Table(
    ["method", "IoU at the mask's area", "IoU above half", "best threshold", "energy", "points into it"],
    [
        [
            name,
            spread(found.value),
            f"{found.iou[:, 9].mean():.2f}",
            f"{best[name]:.2f}",
            f"{np.nanmean(found.energy):.2f}",
            f"{found.hit.mean():.2f}",
        ]
        for name, found in grades.items()
    ],
    f"Means over {len(graded)} flowers; the masks cover {chance:.3f} of a picture.",
)

# %% [markdown]
r"""
**What it shows.** No method has more than about half of the sheet: even here, where the reason is known to the pixel, an
agreement of 1 is nobody's. The tops of the curves lie at different thresholds. So who fixes one threshold for all, one
half, say, hands out a bonus: to Grad-CAM, whose map is smooth, and against maps of gradients, in which a single bright
pixel moves the bar for all others. And the columns do not agree who is best.

### Exercise 1: the overlap

`values` is a map and `mask` its answer sheet, both (height, width). Take as many of the largest values as the mask has
pixels, and write their IoU with the mask.

<details><summary>A hint</summary>

`np.sort(values, axis=None)` sorts all values. Which of them is the last one that still counts?

</details>
"""


# %% only=student tags=exercise
def my_overlap(values, mask): ...  # your lines


check.overlap(my_overlap)


# %% only=wrong tags=wrong
def my_overlap(values, mask):
    top = values >= np.sort(values, axis=None)[-mask.sum()]
    return (top & mask).sum() / mask.sum()


check.overlap(my_overlap)


# %% only=solution tags=solution
def my_overlap(values, mask):
    top = values >= np.sort(values, axis=None)[-mask.sum()]
    return (top & mask).sum() / (top | mask).sum()


check.overlap(my_overlap)

# %% [markdown]
r"""
### Exercise 2: a threshold without peeking

Somebody wants one number at a threshold. Then the threshold must be chosen on *other* pictures. `tuned` and `judged` are
IoUs, (pictures, thresholds), of one method. Choose the threshold with the largest mean IoU in `tuned`, and say the mean
IoU of `judged` there.

<details><summary>A hint</summary>

`argmax` says where the largest mean is.

</details>
"""


# %% only=student tags=exercise
def my_honest(tuned, judged): ...  # your line


check.honest(my_honest)


# %% only=wrong tags=wrong
def my_honest(tuned, judged):
    place = np.concatenate([tuned, judged]).mean(axis=0).argmax()
    return judged[:, place].mean()


check.honest(my_honest)


# %% only=solution tags=solution
def my_honest(tuned, judged):
    return judged[:, tuned.mean(axis=0).argmax()].mean()


check.honest(my_honest)

# %% [markdown]
r"""
## 3. Every ranking has a small print

Maps of gradients are scattered over pixels, maps of a layer are not. A screen blurs both, and so does your eye. So let us
smooth all maps by a little before they are graded: by a bell with a standard deviation of one pixel, of two ...

> **Predict.** Who gains by it, and who does not? Will the order of the methods stay?
"""

# %%
smoothings = [0, 0.5, 1, 1.5, 2, 3]
smoothed = {
    name: [xai.Localisation(graded.masks, smoothing=one)(found).value.mean() for one in smoothings]
    for name, found in maps.items()
}
figure = curve("One pixel of smoothing changes the order", "smoothing, in pixels", "IoU at the mask's area")
for number, (name, values) in enumerate(smoothed.items()):
    look = {"color": COLORS[number % 4], "line_dash": dashes[number // 4], "line_width": 2, "legend_label": name}
    figure.line(smoothings, values, **look)
figure.add_layout(figure.legend[0], "right")
figure.width = 620
plain, by_one = ({name: values[place] for name, values in smoothed.items()} for place in (0, 2))
assert plain["LRP"] - plain["IG from blur"] > by_one["LRP"] - by_one["IG from blur"]
assert by_one["LRP"] < by_one["IG from blur"]
for found in (plain, by_one):
    assert found["IG from blur"] > max(found["IG from black"], found["Grad-CAM"]) + 0.03
    assert found["LRP"] > found["Grad-CAM"] + 0.03
Plot(figure, "Smoothed by a pixel, integrated gradients from a blurred picture overtake LRP, and most methods gain.")

# %%
measured = [
    row
    for row in xai_course.results("judging")["found"]
    if row["method"] in ("LRP", "IG, blur", "IG, black", "Grad-CAM")
]
orders = {}
for row in measured:
    orders.setdefault((row["backend"], row["seed"], row["smoothing"]), {})[row["method"]] = row["overlap"]


def how_often(better, worse, smoothing):
    """Return in how many of the networks one method has the larger overlap."""
    found = [values for (*_, width), values in orders.items() if width == smoothing]
    return f"{sum(values[better] > values[worse] for values in found)} of {len(found)}"


Table(
    ["has the larger overlap", "as the maps are", "smoothed by a pixel"],
    [
        [f"{better} than {worse}", *(how_often(better, worse, smoothing) for smoothing in (0, 1))]
        for better, worse in (
            ("LRP", "IG, blur"),
            ("Grad-CAM", "IG, black"),
            ("IG, blur", "IG, black"),
            ("IG, blur", "Grad-CAM"),
            ("LRP", "Grad-CAM"),
        )
    ],
    "Five networks in two frameworks, 24 flowers each.",
)

# %% [markdown]
r"""
**What it shows.** Two of the five comparisons turn round by one pixel of smoothing, in nearly all networks. We had once
measured a longer ranking, LRP before integrated gradients from blur, from black, and Grad-CAM: on three networks, with
small errors, for one smoothing; and had to withdraw it. Three comparisons stay, and may be said of these flowers: from a
blurred picture integrated gradients find the part better than from a black one; and both they and LRP find it better than
Grad-CAM does.

**Its limits.** One kind of picture, one kind of network, one layer of Grad-CAM.
"""

# %% [markdown]
r"""
## 4. A wrong sheet

Now a second network. It has the same layers and saw the same flowers, with one difference: each stood in a pot *of the
colour of its class*. A blue stem in a blue pot. It is as often right on new flowers of its own kind. The answer sheet says
"the stem", because a blue stem is what the class is called.

> **Predict.** Ask each of the two why a blue stem *rather than a red one*. Which of the two maps gets the better grade
> from the sheet? And what does it mean when a map gets a bad one?
"""

# %%
misled = networks.network(lab, taught="pots")
in_own_pots = networks.with_own_pots(flowers)
both = {"any pots": network, "own pots": misled}
for name, one in both.items():
    rightly = lab.predict(one, in_own_pots.pictures).argmax(axis=1) == in_own_pots.labels
    print(f"taught with {name}: right on flowers in pots of their own colour in {rightly.mean():.2f}")
    assert rightly.mean() > 0.95

blue, red = (flowers.classes.index(f"{color} stem") for color in ("blue", "red"))
blues = in_own_pots.chosen(in_own_pots.labels == blue)
xai.explore(
    {name: wrapped(one) for name, one in both.items()},
    blues.pictures[:6],
    method=xai.RelevancePropagation(),
    target=blue,
    contrast=red,
)

# %% [markdown]
r"""
**The idea.** A map with a bad grade has two excuses. It may be a bad map; or it may be a good map, and the sheet is wrong.
The sheet cannot tell, because it speaks of the pictures and not of the network. An intervention can: recolour the stem,
recolour the pot, ask again, as in section 1.
"""

# %%
followed = {
    name: {
        part: (lab.predict(one, blues.recolored(part, "red").pictures).argmax(axis=1) == red).mean()
        for part in ("stem", "pot")
    }
    for name, one in both.items()
}
assert followed["any pots"]["stem"] > 0.9
assert followed["any pots"]["pot"] < 0.1
assert followed["own pots"]["stem"] < 0.1
assert followed["own pots"]["pot"] > 0.9
Table(
    ["taught with", "says red, of a red stem in a blue pot", "says red, of a blue stem in a red pot"],
    [[name, f"{found['stem']:.2f}", f"{found['pot']:.2f}"] for name, found in followed.items()],
    f"{len(blues)} blue stems in blue pots, of which one part is painted red.",
)

# %%
asked, contrast = lab.layout(blues.pictures[:12]), xai.Margin(blue, red)
chosen = ("LRP", "Grad-CAM", "IG from blur")
by_sheet = {}
for name, one in both.items():
    box = wrapped(one)
    for way in chosen:
        found = methods[way](box, asked, quantity=contrast)
        by_sheet[name, way] = [
            float(xai.Localisation(blues.concepts[part][:12], smoothing=1)(found).value.mean())
            for part in ("stem", "pot")
        ]
for way in ("LRP", "Grad-CAM"):
    stem, pot = by_sheet["own pots", way]
    assert pot > stem + 0.2
    stem, pot = by_sheet["any pots", way]
    assert stem > pot + 0.2
Table(
    ["taught with", "method", "graded by the stem", "graded by the pot"],
    [[name, way, f"{stem:.2f}", f"{pot:.2f}"] for (name, way), (stem, pot) in by_sheet.items()],
    "IoU at the sheet's area, maps smoothed by a pixel: why a blue stem rather than a red one. Means of 12 flowers.",
)

# %% [markdown]
r"""
**What it shows.** Both networks are right, both say "blue stem", and they read different things: where pot and stem
disagree, the second one goes by the pot. Its maps by LRP and Grad-CAM lie on the pot, and by the sheet they are the worst.
Of the three the sheet here likes integrated gradients from a blurred picture best: a blurred picture has lost the thin stem,
and its pot is still blue; and what a baseline has itself gets no value (lesson 6). So a wrong sheet does not only fail good
maps; it can hand the prize to another one, as with all networks that we tried but one. (Five networks of each kind, three in PyTorch and two in Keras, say the
same: `xai_course.results("taught")`.)

It mattered, too, what was asked. "Why a blue stem?" is answered by all that makes a blue stem likelier, white petals
among it. "Why rather than a red one?" is the question that the two pots answer (lesson 10).

**Its limits.** The sheet of drawn flowers can be checked, because each part can be redrawn alone. Masks that somebody
painted around the objects of photographs, the usual answer sheets of the pointing game, cannot: there nobody knows
whether the network read the horse or the name of the photographer below it (Lapuschkin and others 2019).
"""

# %% [markdown]
r"""
## What to remember

- Where the reason is known by construction, a map can be graded. Test first that the network uses what the sheet says:
  recolour it, and ask again.
- IoU, energy and pointing game are different questions, and rank methods differently. A threshold belongs to the method;
  choose it on other pictures.
- A ranking of methods holds for one smoothing and one kind of picture. Say which, and report what does not turn round.
- A bad grade speaks against the map or against the sheet. Only an intervention can tell.

## Further reading

- J. Oramas, K. Wang, T. Tuytelaars (2019), *Visual Explanation by Interpretation: Improving Visual Feedback Capabilities of
  Deep Neural Networks*, ICLR.
- M. Yang, B. Kim (2019), *Benchmarking Attribution Methods with Relative Feature Importance*, arXiv 1907.09701: BIM.
- L. Arras, A. Osman, W. Samek (2022), *CLEVR-XAI: A Benchmark Dataset for the Ground Truth Evaluation of Neural Network
  Explanations*, Information Fusion.
- J. Zhang, Z. Lin, J. Brandt, X. Shen, S. Sclaroff (2016), *Top-down Neural Attention by Excitation Backprop*, ECCV: the
  pointing game.
- S. Lapuschkin, S. Wäldchen, A. Binder, G. Montavon, W. Samek, K.-R. Müller (2019), *Unmasking Clever Hans Predictors and
  Assessing What Machines Really Learn*, Nature Communications.
"""
