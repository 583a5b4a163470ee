# %% [markdown]
r"""
# 17. What has a unit learnt?

{{badges}}

**Aim.** Until now we asked why a network gives *this* answer to *this* picture: we explained. Now we ask what it has
learnt at all: we *interpret*. You look at what single units respond to, measure how far that is a concept with a name,
and find out how easily the measure says yes: to the wrong concept, and to a network that has learnt nothing. Then you find
the units from which a class can be told, take them away, and see that this is another question.

**Time.** 55 to 65 minutes: pictures of units 10, dissection 20, formulas 12, relevant units 18.

**You need** lesson 6 (layers) and lesson 16 (the flowers, IoU). No GPU and no training: the network comes with the course,
and the flowers are drawn here.

Network dissection is by Bau, Zhou, Khosla, Oliva and Torralba (2017), formulas of concepts by Mu and Andreas (2020), the
relevant units by Oramas, Wang and Tuytelaars (2019).
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
from xai_course import lesson_17 as check
from xai_course.plots import COLORS, Plot, Table, curve, gallery

BACKEND = os.environ.get("XAI_BACKEND", "torch")  # or write "keras"
lab = xai_course.backend(BACKEND)
print(f"This notebook runs on {lab.FRAMEWORK}.")

# %% [markdown]
r"""
The flowers of lesson 16 again: red, yellow or blue petals, or a red, yellow or blue stem, tell the class. They are drawn,
so we know of each pixel which part it belongs to, and which colour it has: twelve *concepts*.
"""

# %%
flowers = xai_course.load_flowers("single", 120, seed=7)  # new to the network
network = networks.network(lab)
shape = lab.layout(flowers.pictures[:1]).shape[1:]
model = xai.wrap(network, classes=flowers.classes, bounds=(0, 1), input_shape=shape)
inputs = lab.layout(flowers.pictures)
right = (model.scores(inputs).argmax(axis=1) == flowers.labels).mean()
print(f"{len(flowers)} flowers, of which the network names {right:.2f} rightly.")
print("Concepts:", ", ".join(flowers.concepts))
assert right > 0.95

# %% [markdown]
r"""
## 1. A unit and its pictures

The last layer with places, `relu3`, has 64 channels, or *units*. Each of them says something at each place of a picture.
The widget shows the pictures at which a unit says most, dark where it says little: it counts as *on* at the 4 % of all
places where it says most.

> **Predict.** Click through a few units before you read the words at the right. Give each of them a name. Then look: which
> concept does the widget propose, and how sure would you be?
"""

# %%
concepts = dict(flowers.concepts)
xai.units(model, flowers.pictures, concepts, "relu3", labels=flowers.labels)

# %% [markdown]
r"""
**What it shows.** Some units are on at white petals, some at one colour wherever it is, in petals, stem or pot. Few keep to
a part. And many do not deserve a name: their bright places are some of this and some of that. A picture at which a unit
says *most* is the best that can be shown for a name; whoever shows only that, shows the exception.

## 2. Dissection

**The idea.** Bau and others (2017) replace the eye by a number. Let $T_k$ be what unit $k$ exceeds at a share $q$ of all
places of all pictures, and $M_k = \{a_k > T_k\}$, laid over the picture, where it is on. For a concept that is at the places
$L_c$

$$\mathrm{IoU}_{k,c} = \frac{\sum_x \lvert M_k(x) \cap L_c(x) \rvert}{\sum_x \lvert M_k(x) \cup L_c(x) \rvert}.$$

The sums go over the whole data set, before the division. A unit whose largest IoU is above 0.04 is called a *detector*.

### Exercise 1: over the whole set

`on` and `mask` are bool, (pictures, height, width): where a unit is on, and where a concept is. Write their IoU over all
pictures.

<details><summary>A hint</summary>

Not every picture has the concept. What would the mean of the IoUs of single pictures do with them?

</details>
"""


# %% only=student tags=exercise
def my_iou(on, mask): ...  # your line


check.iou(my_iou)


# %% only=wrong tags=wrong
def my_iou(on, mask):
    return np.mean([(one & other).sum() / max((one | other).sum(), 1) for one, other in zip(on, mask, strict=True)])


check.iou(my_iou)


# %% only=solution tags=solution
def my_iou(on, mask):
    return (on & mask).sum() / (on | mask).sum()


check.iou(my_iou)

# %%
dissect = xai.NetworkDissection(concepts, quantile=0.04)
units = dissect(model, inputs, layer="relu3")
print(units)
Table(
    ["concept", "share of all places", "is the best of so many units", "before training"],
    [
        [
            name,
            f"{100 * units.areas[units.concepts.index(name)]:.1f} %",
            units.histogram[name],
            units.untrained.histogram[name],
        ]
        for name in sorted(units.concepts, key=lambda name: -units.histogram[name])
    ],
    f"{len(units.detectors)} of 64 units are detectors, with an IoU above 0.04.",
)

# %% [markdown]
r"""
> **Any potential problem or limitation?** The lecture asks that after each method. Before you read on: name two. How was
> 0.04 chosen? And what would a network say that has learnt nothing?

**A network that has learnt nothing.** The column at the right is the same network with its weights drawn anew, as before
training. It has detectors, too: 0.04 is easily had by chance where there are few pictures and concepts that fill an area.
So their number is no evidence; the *difference* may be.

**The quantile trap.** A unit that is on at a share $q$ of all places and a concept that covers a share $a$ can overlap only
so far.

### Exercise 2: the ceiling

What is the largest IoU that is possible then? Write it as a function of `q` and `a`.

<details><summary>A hint</summary>

Draw two circles, a small one inside a large one.

</details>
"""


# %% only=student tags=exercise
def my_ceiling(q, a): ...  # your line


check.ceiling(my_ceiling)


# %% only=wrong tags=wrong
def my_ceiling(q, a):
    return min(q, a) / (q + a)


check.ceiling(my_ceiling)


# %% only=solution tags=solution
def my_ceiling(q, a):
    return min(q, a) / max(q, a)


check.ceiling(my_ceiling)

# %% [markdown]
r"""
The paper has $q = 0.005$. Drag *Quantile* in the widget above to its left end.

> **Predict.** Which concept wins then, and why?
"""

# %%
quantiles = (0.005, 0.01, 0.02, 0.04, 0.08)
by_quantile = {q: xai.NetworkDissection(concepts, quantile=q)(model, inputs, layer="relu3") for q in quantiles}
shown = ("stem", "white", "red", "yellow", "blue", "petals")
Table(
    ["quantile", *shown, "ceiling of stem", "ceiling of petals"],
    [
        [
            q,
            *(int((one.best == one.concepts.index(name)).sum()) for name in shown),
            *(f"{one.ceiling[one.concepts.index(name)]:.2f}" for name in ("stem", "petals")),
        ]
        for q, one in by_quantile.items()
    ],
    "The concept that each of the 64 units fits best, by the quantile at which a unit counts as on.",
)

# %%
stems = {q: int((one.best == one.concepts.index("stem")).sum()) for q, one in by_quantile.items()}
assert stems[0.005] > 2 * stems[0.04]
assert units.value > 1.5 * units.untrained.value
assert len(units.untrained.detectors) > 10

# %% [markdown]
r"""
**What it shows.** The same units are "stem detectors" at one quantile and "colour detectors" at another. Nothing in the
network changed: at 0.005 what is small wins by default, because a large concept is not to be reached. So say the quantile,
show the IoU over its ceiling, and choose the quantile near the area of what you ask for.

What remains is the difference to the network that has learnt nothing: its units fit their best concept far less well.

**Its limits.** Only concepts that somebody has painted can be found. And that a unit *is on* at a concept does not say that
the network *uses* it.

## 3. Formulas

**The idea.** Perhaps a unit is no "white" and no "stem", but both. Mu and Andreas (2020) look for the formula of concepts,
with *and*, *or* and *not*, that fits a unit best. They search with a beam, because there are many formulas. Here all of
them can be compared: all places fall into a few *atoms*, combinations of concepts that occur, and whatever a formula says,
it says of these. The best formula of any length is simply the best set of atoms.

> **Predict.** In the widget, build a formula for a unit of yours. How close do you come to the dotted mark?
"""

# %%
other = xai_course.load_flowers("single", 120, seed=8)
elsewhere = xai.NetworkDissection(dict(other.concepts), quantile=0.04)(model, lab.layout(other.pictures), layer="relu3")
formulas = [units.formula(unit=unit, leaves=3) for unit in range(64)]
one_leaf = units.value
three = np.mean([formula.iou for formula in formulas])
any_length = np.mean([units.optimum(unit) for unit in range(64)])
gains = np.array([[formula.gain, formula.on(elsewhere).gain] for formula in formulas])
best = sorted(formulas, key=lambda formula: -formula.iou)[:6]
Table(
    ["unit", "best concept", "IoU", "best formula of three", "IoU", "gain on other flowers"],
    [
        [
            formula.unit,
            formula.single.words,
            f"{formula.iou - formula.gain:.2f}",
            formula.words,
            f"{formula.iou:.2f}",
            f"{formula.on(elsewhere).gain:+.2f}",
        ]
        for formula in best
    ],
    f"Mean over all units: one concept {one_leaf:.2f}, three {three:.2f}, any formula {any_length:.2f}.",
)

# %%
assert three > 1.2 * one_leaf
assert three > 0.85 * any_length
assert gains[:, 1].mean() > 0.03

# %% [markdown]
r"""
**What it shows.** Three concepts describe units clearly better than one, nearly as well as any formula could, and on flowers
that had no part in the search as well. With each concept more, the number can only rise where it is searched for; that it
rises elsewhere, too, is the evidence.

**Its limits.** A formula that fits better is not one that says more: "stem and not green, or white" is a name for pixels.

## 4. Relevant is not necessary

**The idea.** Oramas and others (2019) ask from which units a class can be told. Each picture $x_i$ is described by how much
each channel of each layer responds; for each class $j$ they solve

$$\min_{w_j} \lVert X^\top w_j - l_j \rVert^2 \quad \text{subject to} \quad \lVert w_j \rVert_1 \le \mu .$$

The bound on the magnitudes leaves few weights that are not zero: the *relevant features* of the class.
"""

# %%
budgets = (1, 2, 4, 10)
fits = {budget: xai.RelevantFeatures(budget=budget)(model, inputs, flowers.labels) for budget in budgets}
Table(
    ["budget", "units of a class, fewest to most", "accuracy of the fit"],
    [[budget, f"{fit.counts.min()} to {fit.counts.max()}", f"{fit.accuracy:.2f}"] for budget, fit in fits.items()],
    f"Of {len(fits[1].features)} units in {len(fits[1].layers)} layers, those from which a class can be told.",
)

# %% [markdown]
r"""
A handful of units is enough to tell all classes. So without them the network could not, or could it?

> **Predict.** We set units of `relu3` to zero, one after the other: first those with the largest L1 weights; then those that
> bring most to the score of the class, weight times mean activation; then any. After how many is the class lost? Try it in
> the widget with *Take it out*.
"""

# %%
few = flowers.chosen(slice(60))
ways = {
    "by what they bring": "weight",
    "by L1 weight": fits[10],
}
ablated = {
    name: xai.UnitAblation(layer="relu3", order=order, replacement="zero", draws=3, steps=8)(
        model, lab.layout(few.pictures), few.labels
    )
    for name, order in ways.items()
}
kept = xai.UnitAblation(layer="relu3", replacement="mean", draws=1, steps=4)(
    model, lab.layout(few.pictures), few.labels
)
figure = curve("Units of relu3 are set to zero", "units taken out", "accuracy")
for (name, found), color in zip(ablated.items(), COLORS, strict=False):
    look = {"color": color, "line_width": 2, "legend_label": name}
    figure.line(found.counts, np.nanmean(found.curve, axis=1), **look)
    figure.line(found.counts, np.nanmean(found.others, axis=1), line_dash="dashed", color=color, line_width=2)
some = ablated["by what they bring"]
figure.line(some.counts, np.nanmean(some.random, axis=1), color="gray", line_width=2, legend_label="any")
figure.add_layout(figure.legend[0], "right")
figure.width = 620
Plot(figure, "The accuracy on the class whose units go; dashed, on all others. Only what brings much is missed.")

# %%
at = {name: int(np.flatnonzero(found.counts == 16)[0]) for name, found in ablated.items()}
own = {name: float(np.nanmean(found.curve[at[name]])) for name, found in ablated.items()}
rest = float(np.nanmean(some.others[at["by what they bring"]]))
by_chance = float(np.nanmean(some.random[at["by what they bring"]]))
with_mean = float(np.nanmean(kept.curve[kept.counts == 16]))
assert own["by what they bring"] < 0.5
assert rest > 0.9
assert by_chance > 0.9
assert own["by L1 weight"] > own["by what they bring"] + 0.3
assert with_mean > 0.8
Table(
    ["16 of 64 units are taken out", "accuracy on the class", "on all others"],
    [
        [
            f"zero, {name}",
            f"{own[name]:.2f}",
            f"{np.nanmean(found.others[at[name]]):.2f}",
        ]
        for name, found in ablated.items()
    ]
    + [["zero, any", f"{by_chance:.2f}", ""], ["their mean in place, by what they bring", f"{with_mean:.2f}", ""]],
)

# %% [markdown]
r"""
**What it shows.** Without the sixteen units that bring most to a class that class is lost, and no other. But the units from
which L1 tells it are hardly missed: others say the same. *Relevant*, in the sense of this fit, is what one could read; what
the network reads is another matter. And it depends on what takes their place: with zero the class is lost, with their
mean it is not. A unit at zero is something that the next layer may never have seen.

### Explanation by interpretation

**The idea.** What was found for the whole set also explains one picture (Oramas and others 2019): of the relevant units of its class take
those that respond to it, each as much as its weight times its response, and ask each of them where it looks. So the explanation has
parts, and every part is a unit that can be looked up in the widget above.
"""

# %%
why = fits[10].explain(model, lab.layout(few.pictures))
one = int(np.flatnonzero(few.labels == 0)[0])


def as_picture(values):
    strength = np.abs(values).max(axis=shape.index(3))
    return strength / strength.max()


gallery(
    [[few.pictures[one], *map(as_picture, why.apart[one])]],
    columns=["picture", *(f"{unit.layer}, {unit.unit}\n{unit.contribution:+.2f}" for unit in why.units[one])],
    side=130,
    sentence=f"Where the units look that speak for {few.classes[0]!r}, and how much each of them contributes.",
)

# %% [markdown]
r"""
Does it lie where the reason is? The **semantic coverage** (in the manner of Behzadi-Khormouji and Oramas 2023) says how far the largest
twentieth of a map overlaps with each concept, in pictures that have it. The flowers say which part *should* win: the one that tells the
class.
"""

# %%
telling = {label: "stem" if "stem" in name else "petals" for label, name in enumerate(few.classes)}
maps = {
    "by interpretation": why,
    "guided backpropagation from the class": xai.GuidedBackpropagation()(model, lab.layout(few.pictures)),
    "control: a random map": xai.RandomMap()(model, lab.layout(few.pictures)),
}
covered = {name: xai.ConceptCoverage(kept=0.05)(found, dict(few.concepts), few.labels) for name, found in maps.items()}
on_telling = {
    name: np.mean([found.iou[label, found.concepts.index(part)] for label, part in telling.items()])
    for name, found in covered.items()
}
assert on_telling["by interpretation"] > 3 * on_telling["control: a random map"]
Table(
    ["map", "coverage, all concepts", "of the part that tells the class"],
    [[name, f"{covered[name].value:.2f}", f"{on_telling[name]:.2f}"] for name in maps],
    "Overlap of the largest twentieth of a map with concepts.",
)

# %% [markdown]
r"""
**What it shows.** The parts lie on petals where petals tell the class, and on stems where these do, as far as guided backpropagation from
the class itself does. It shows no more of the picture; it says it in words that can be looked up.

**Its limits.** One layer of one small network. Units are only the axes that the layer happens to have; what it has learnt may
lie between them.
"""

# %% [markdown]
r"""
## What to remember

- To interpret is to ask what a network has learnt, over many inputs; to explain is to ask why this answer.
- The pictures at which a unit says most are the exception. Measure over the whole data set.
- An IoU above 0.04 is no evidence. Put the untrained network beside it, say the quantile, and show the ceiling.
- More concepts fit better by themselves; what counts is other pictures.
- From what a class *can be told* is not what the network *needs*. Take it out, say what takes its place, and watch the
  others.

## Further reading

- D. Bau, B. Zhou, A. Khosla, A. Oliva, A. Torralba (2017), *Network Dissection: Quantifying Interpretability of Deep Visual
  Representations*, CVPR.
- J. Mu, J. Andreas (2020), *Compositional Explanations of Neurons*, NeurIPS.
- H. Behzadi-Khormouji, J. Oramas (2023), *A Protocol for Evaluating Model Interpretation Methods from Visual Explanations*,
  WACV.
- J. Oramas, K. Wang, T. Tuytelaars (2019), *Visual Explanation by Interpretation: Improving Visual Feedback Capabilities of
  Deep Neural Networks*, ICLR.
- A. Morcos, D. Barrett, N. Rabinowitz, M. Botvinick (2018), *On the Importance of Single Directions for Generalization*,
  ICLR.
"""
