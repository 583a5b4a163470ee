# %% [markdown]
r"""
# 22. Are two networks alike?

{{badges}}

**Aim.** Two networks answer alike; do they see alike? You compare what their layers say of the same pictures, by five
indices. You learn what each of them lets pass, why too few pictures make anything alike, and what a high number does not
say. At the end you find something in a layer that nobody asked the network about.

**Time.** 45 to 55 minutes: a layer as a cloud 8, five indices 12, seeds and steps 12, chance and a misprint 10, limits 6,
a pattern 5.

**You need** lesson 17 (units). No GPU and no training: the networks come with the course.
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
from xai_course import alike, gloro
from xai_course import lesson_22 as check
from xai_course.plots import COLORS, Plot, Table, curve, gallery

BACKEND = os.environ.get("XAI_BACKEND", "torch")  # or write "keras"
lab = xai_course.backend(BACKEND)
print(f"This notebook runs on {lab.FRAMEWORK}.")

# %% [markdown]
r"""
Seven networks of one architecture, six convolutions and two dense layers: one at five steps of its training, and two that
began with other weights and saw the pictures in another order.
"""

# %%
digits = xai_course.load_digits(train=100)
pictures, labels = digits.x_test[:256], digits.y_test[:256]
inputs, layers = lab.layout(pictures), list(alike.LAYERS)
steps = {f"step {step}": alike.network(lab, step=step) for step in alike.STEPS[:-1]}
ends = {f"seed {place}": alike.network(lab, seed) for place, seed in enumerate(alike.SEEDS)}
models = {name: alike.wrapped(lab, network, digits) for name, network in (steps | ends).items()}
right = {name: (model.scores(inputs).argmax(axis=1) == labels).mean() for name, model in models.items()}
Table(["network", "right"], [[name, f"{share:.0%}"] for name, share in right.items()], repr(digits))

# %%
assert min(right[name] for name in ends) > 0.85

# %% [markdown]
r"""
## 1. A layer as a cloud

**The idea.** A layer of $p$ units says $p$ numbers of each picture: a point in $p$ dimensions. *Principal components*
(Pearson 1901) are the directions along which the points vary most. With the mean taken off, $X = U S V^\top$; the picture
has the coordinates $X v_1$ and $X v_2$, and the share $s_1^2 / \sum_i s_i^2$ of the variance lies along the first.

> **Predict.** Of the 64 units of `relu7`: how much of their variance do two directions hold, and do the digits lie apart in
> this plane before the training, and after?
"""

# %%
planes = {name: xai.PrincipalComponents(count=2)(models[name], inputs, layer="relu7") for name in ("step 0", "seed 0")}


def told(plane):
    """Return how often the nearest mean of a class, in the plane, is that of the picture's own."""
    means = np.stack([plane[labels == digit].mean(axis=0) for digit in range(10)])
    return (np.linalg.norm(plane[:, None] - means, axis=2).argmin(axis=1) == labels).mean()


apart = {name: told(plane.coordinates) for name, plane in planes.items()}
held = {name: plane.explained.sum() for name, plane in planes.items()}
figure = curve("What relu7 says of 256 digits, after the training", "first component", "second component")
for digit in range(10):
    points = planes["seed 0"].coordinates[labels == digit]
    figure.text(
        *points.T, text=[str(digit)] * len(points), text_color=COLORS[digit % len(COLORS)], text_font_size="11px"
    )
Plot(
    figure,
    f"The plane holds {held['seed 0']:.0%} of the variance; the nearest mean in it is that of the digit in "
    f"{apart['seed 0']:.0%}. Before the training: {held['step 0']:.0%} and {apart['step 0']:.0%}.",
)

# %%
assert apart["seed 0"] > apart["step 0"]
assert held["seed 0"] < 0.75

# %% [markdown]
r"""
**What it shows.** Training pulls the digits apart, but a plane holds only about half of what the layer says: what lies on each
other here may lie apart elsewhere. And the components of another network are other directions of other units. To compare
two layers one needs something that does not ask which unit is which.

## 2. Five indices

**The idea.** $X$ is what one layer says, a row for each picture, and $Y$ what the other does, with the mean of each column taken off.

| index | what it is | by |
|---|---|---|
| CCA | the mean of the canonical correlations $\rho_i$: those of the direction of $X$ and the direction of $Y$ that fit best, then of the next, at right angles | Hotelling 1936 |
| SVCCA | the same, of the components alone that hold 99 % of the variance | Raghu and others 2017 |
| PWCCA | $\sum_i \alpha_i \rho_i$, each weighted by how much of $X$ it is of | Morcos, Raghu, Bengio 2018 |
| linear CKA | $\lVert Y^\top X \rVert_F^2 \;/\; \lVert X^\top X \rVert_F \lVert Y^\top Y \rVert_F$ | Kornblith and others 2019 |
| RBF CKA | $\mathrm{HSIC}(K, L) \;/\; \sqrt{\mathrm{HSIC}(K, K)\, \mathrm{HSIC}(L, L)}$ with Gaussian kernels $K$ and $L$ | the same |

CKA, *centred kernel alignment*, asks whether the two layers agree on which *pictures* are alike: $K = X X^\top$ has an entry for
each pair of pictures, $L = Y Y^\top$ too, and HSIC is the product of both, with the mean taken off.

### Exercise 1: CKA by hand

`x` and `y` have a row for each picture. Return their linear CKA.

<details><summary>A hint</summary>

First take off the mean of each column. `np.linalg.norm` of a matrix is the Frobenius norm.

</details>
"""


# %% only=student tags=exercise
def my_cka(x, y): ...  # your lines


check.alignment(my_cka)


# %% only=wrong tags=wrong
def my_cka(x, y):
    return np.linalg.norm(x.T @ y) ** 2 / (np.linalg.norm(x.T @ x) * np.linalg.norm(y.T @ y))


check.alignment(my_cka)


# %% only=solution tags=solution
def my_cka(x, y):
    x, y = x - x.mean(axis=0), y - y.mean(axis=0)
    return np.linalg.norm(x.T @ y) ** 2 / (np.linalg.norm(x.T @ x) * np.linalg.norm(y.T @ y))


check.alignment(my_cka)

# %% [markdown]
r"""
> **Predict.** You turn $X$ (an orthogonal map), multiply it by 3, or send it through any invertible map. Which of the five numbers
> stay as they are?
"""

# %%
INDICES = {
    "CCA": xai.CCA(),
    "SVCCA": xai.SVCCA(),
    "PWCCA": xai.PWCCA(),
    "linear CKA": xai.LinearCKA(),
    "RBF CKA": xai.RbfCKA(),
}
x, y = (models[name].at("relu7").activations(inputs) for name in ("seed 0", "seed 1"))
random = np.random.default_rng(seed=0)
turn = np.linalg.qr(random.normal(size=(64, 64)))[0]
stretch = turn * np.exp(random.uniform(-2, 2, 64))
variants = {"as it is": x, "turned": x @ turn, "times 3": 3 * x, "any invertible map": x @ stretch}
passed = {
    name: {how: alike.of_tables(index, table, y) for how, table in variants.items()} for name, index in INDICES.items()
}
Table(
    ["index of relu7", *variants],
    [[name, *(f"{value:.3f}" for value in values.values())] for name, values in passed.items()],
    "The same layer of two networks that began with other weights, where what one of them says is sent through a map.",
)

# %%
for name in ("linear CKA", "RBF CKA", "CCA"):
    assert abs(passed[name]["turned"] - passed[name]["as it is"]) < 1e-6
    assert abs(passed[name]["times 3"] - passed[name]["as it is"]) < 1e-6
# A unit that is nearly dead may be lost on the way.
assert abs(passed["CCA"]["any invertible map"] - passed["CCA"]["as it is"]) < 0.01
assert abs(passed["linear CKA"]["any invertible map"] - passed["linear CKA"]["as it is"]) > 0.01

# %% [markdown]
r"""
**What it shows.** CKA lets a turn and a scale pass, as it should: the next layer could undo both, and a training does not care
which of them it meets. CCA lets every invertible map pass, also those that blow up what hardly varied. So to CCA a direction
with a millionth of the variance counts as much as the first one.

## 3. The same layer of another network

> **Predict.** Rows are the layers of seed 0, columns those of seed 1. Where will a row be darkest? Then choose CCA in place of
> CKA; drag the slider through the steps of the training; and click a cell: both layers open as clouds. Draw a rectangle in
> one, and look where these digits lie in the other.
"""

# %%
xai.representations(models, pictures, labels=labels, layers=layers, one="seed 0", other="seed 1")

# %%
pairs = (("seed 0", "seed 1"), ("seed 0", "seed 2"), ("seed 1", "seed 2"))
names = {"CCA": "cca", "SVCCA": "svcca", "PWCCA": "pwcca", "linear CKA": "cka", "RBF CKA": "rbf_cka"}
matrices = {
    name: [xai.compare(models[a], models[b], inputs, index, layers=layers).matrix for a, b in pairs]
    for name, index in names.items()
}
exact = {name: sum(alike.near(matrix, 0) for matrix in each) for name, each in matrices.items()}
near = {name: sum(alike.near(matrix) for matrix in each) for name, each in matrices.items()}
Table(
    ["index", "the very same layer", "at most one beside it"],
    [[name, f"{exact[name]} of 24", f"{near[name]} of 24"] for name in names],
    "Where the largest number of a row stands: 8 layers, 3 pairs of networks.",
)

# %%
assert near["linear CKA"] >= 18
assert near["CCA"] <= 15
assert exact["linear CKA"] >= exact["CCA"] + 6

# %% [markdown]
r"""
**What it shows.** Of the same architecture, trained alike, the layer that is most like a layer ought to be the one in its place:
that is the check of Kornblith and others (2019). CKA passes within one layer for nearly every row; CCA, and what
is built on it, does not. Neighbouring layers differ by hundredths, so that nothing hangs on a single cell.

> **Predict.** A network beside what it was before its first step: which layers have changed most?
"""

# %%
way = {
    name: np.diag(xai.compare(models["step 0"], model, inputs, layers=layers).matrix)
    for name, model in models.items()
    if name in ("step 10", "step 40", "step 100", "seed 0")
}
figure = curve("CKA of a layer with itself before training", "layer", "CKA")
places = list(range(len(layers)))
figure.xaxis.ticker, figure.xaxis.major_label_overrides = places, dict(zip(places, layers, strict=True))
for place, (name, values) in enumerate(way.items()):
    title = "the end" if name == "seed 0" else name
    figure.line(places, values, color=COLORS[place], line_width=3, legend_label=title)
figure.legend.location = "bottom_left"
figure.y_range.start, figure.y_range.end = 0, 1.02
Plot(figure, "At each step the first layers are what they were; the later the layer, the more it has changed.")

# %%
own = way["seed 0"]
assert own[0] > 0.95
assert own[-1] < 0.6
assert np.diff(own).max() < 0.05

# %% [markdown]
r"""
**What it shows.** The deeper a layer, the less it is what it was. But the first layers do not *learn first* here: they hardly
change at all. Filters at random already keep what a picture is, and two networks that have learnt nothing in common agree
on it. High numbers in the first rows mean little; compare with the start.

## 4. Too few pictures

> **Predict.** Noise beside other noise: $X$ and $Y$ have nothing in common. 64 pictures, 1024 units each. What does CKA say, and what CCA?
"""

# %%
random = np.random.default_rng(seed=1)
noise = random.normal(size=(2, 64, 1024))
biased, unbiased = (alike.of_tables(xai.LinearCKA(estimator=estimator), *noise) for estimator in ("biased", "unbiased"))
chance = {}
for count in (64, 128, 512, 2048):
    tables = random.normal(size=(2, count, 64))
    chance[count] = [
        alike.of_tables(index, *tables) for index in (xai.CCA(), xai.LinearCKA(estimator="biased"), xai.LinearCKA())
    ]
Table(
    ["pictures", "CCA", "CKA, biased", "CKA, unbiased"],
    [[count, *(f"{value:.2f}" for value in values)] for count, values in chance.items()],
    f"Noise and other noise, 64 units each. Of 1024 units and 64 pictures: CKA {biased:.2f}, unbiased {unbiased:.2f}.",
)

# %%
assert biased > 0.9
assert abs(unbiased) < 0.05
assert chance[64][0] > 0.999
assert chance[2048][0] > 0.1
assert abs(chance[64][2]) < 0.1

# %% [markdown]
r"""
**What it shows.** With as many units as pictures, CCA finds for every direction another one that fits perfectly. CKA as it is
mostly written is no better: it is biased. The estimate of HSIC by Song and others (2012), without the diagonals of $K$ and $L$, is
zero on average where there is nothing, and is what `xai.compare` takes. Each comparison also says what the index gives for
*shuffled* pictures: that is the button in the widget, and `compare(...).independent`.

### Exercise 2: how many pictures?

One unit of noise and a layer of $p$ units of noise, $n$ pictures: the squared correlation that the best direction of the layer
comes to is $p / (n - 1)$ on average. How many pictures keep it at `most`?

<details><summary>A hint</summary>

Solve $p / (n - 1) = $ `most` for $n$.

</details>
"""


# %% only=student tags=exercise
def my_pictures(units, most): ...  # your line


check.pictures(my_pictures)


# %% only=wrong tags=wrong
def my_pictures(units, most):
    return units * most + 1


check.pictures(my_pictures)


# %% only=solution tags=solution
def my_pictures(units, most):
    return units / most + 1


check.pictures(my_pictures)

# %% [markdown]
r"""
## 5. A misprint

In a lecture the formula stands like this, with $H$, which is the matrix that takes off the mean, $H = I - \frac{1}{n} 1 1^\top$:

$$\frac{\mathrm{HSIC}(K, L)}{\sqrt{\mathrm{HSIC}(H, H)\, \mathrm{HSIC}(L, L)}}$$

> **Predict.** Which values can it have? What does it say of a layer and itself?
"""


# %%
def misprinted(x, y):
    """Return the formula as it is printed."""
    x, y = x - x.mean(axis=0), y - y.mean(axis=0)
    one, other, centring = x @ x.T, y @ y.T, np.eye(len(x)) - 1 / len(x)
    return (one * other).sum() / np.sqrt((centring**2).sum() * (other**2).sum())


said = {scale: (misprinted(scale * x, x), misprinted(x, scale * x)) for scale in (0.1, 1, 10)}
aligned = {scale: alike.of_tables(xai.LinearCKA(), scale * x, x) for scale in said}
Table(
    ["scale", "scale times X, and X", "X, and scale times X", "CKA"],
    [[scale, f"{one:.3g}", f"{other:.3g}", f"{aligned[scale]:.2f}"] for scale, (one, other) in said.items()],
    "relu7 of seed 0 beside itself, by the misprinted formula and by the right one.",
)

# %%
assert abs(said[10][0] / said[0.1][0] - 10_000) < 1
assert abs(said[10][1] / said[0.1][1] - 1) < 1e-3
assert abs(said[1][0] - 1) > 0.1

# %% [markdown]
r"""
### Exercise 3: what the misprint grows with

$X$, or else $Y$, is multiplied by $c$. By which factor does the misprinted formula change? Return both factors.

<details><summary>A hint</summary>

$K = X X^\top$ grows by $c^2$, and HSIC is a sum of products of entries. $H$ does not know $X$.

</details>
"""


# %% only=student tags=exercise
def my_factors(c): ...  # your line


check.factors(my_factors)


# %% only=wrong tags=wrong
def my_factors(c):
    return c**2, c**2


check.factors(my_factors)


# %% only=solution tags=solution
def my_factors(c):
    return c**2, 1


check.factors(my_factors)

# %% [markdown]
r"""
**What it shows.** $\mathrm{HSIC}(H, H)$ is a constant, so the formula is CKA times a number that grows with the length of $X$: it
can be anything from 0 up, it is not the same when $X$ and $Y$ are exchanged, and of a layer and itself it does not say 1. That is
what the right normaliser, $\sqrt{\mathrm{HSIC}(K, K)\, \mathrm{HSIC}(L, L)}$, is for.

## 6. What similarity does not say

> **Predict.** Lesson 4 had a network that is easily fooled, and one of the same architecture that is not. Does CKA tell them apart?
"""

# %%
kinds = {
    kind: alike.wrapped(lab, lab.build(gloro.KINDS[kind][0], gloro.shipped_weights(kind)), digits)
    for kind in ("MinMax", "robust")
}
depths = ["minmax1", "minmax2", "minmax3", "dense2"]
close = np.diag(xai.compare(*kinds.values(), inputs, layers=depths).matrix)
both = np.flatnonzero(np.all([model.scores(inputs).argmax(axis=1) == labels for model in kinds.values()], axis=0))[:24]
attack = xai.ProjectedGradientDescent(norm="l2", epsilon=1.5, steps=20)
fooled = {kind: attack(model, inputs[both]).succeeded.mean() for kind, model in kinds.items()}
Table(
    ["layer", "CKA of the two"],
    [[depth, f"{value:.2f}"] for depth, value in zip(depths, close, strict=True)],
    f"Changes of length 1.5 fool the standard network on {fooled['MinMax']:.0%} of {len(both)} digits, the robust one on "
    f"{fooled['robust']:.0%}.",
)

# %%
assert close.min() > 0.8
assert fooled["MinMax"] >= fooled["robust"] + 0.15

# %% [markdown]
r"""
**Its limits.** By CKA these two are as alike as two trainings of one recipe; by what matters to somebody who is attacked they are not.
An index compares what is said of *these* pictures, and is led by the directions of largest variance. It does not know what the network does
with a direction, nor what happens between and beside the pictures. A high number is no proof of the same function, a low one none of
another: Davari and others (2023) move a few points far away, and CKA falls while no answer changes.

## 7. A pattern that nobody asked about

"Did the model learn a pattern that we overlooked?" Take the ones alone. To the network they are all the same class.

> **Predict.** Along which property of a handwritten 1 does what `pool4` says of it vary most?
"""

# %%
ones = digits.x_test[digits.y_test == 1][:150]
rows = models["seed 0"].at("pool4").activations(lab.layout(ones)).reshape(len(ones), -1)
found = xai.PrincipalComponents(count=2).fit(rows)
row, column = np.mgrid[:28, :28]
ink = ones[..., 0] / ones.sum(axis=(1, 2, 3))[:, None, None]
down, across = (grid - (ink * grid).sum(axis=(1, 2))[:, None, None] for grid in (row, column))
slant = (ink * down * across).sum(axis=(1, 2)) / (ink * down**2).sum(axis=(1, 2))
follows = [abs(np.corrcoef(found.coordinates[:, place], slant)[0, 1]) for place in range(2)]
along = np.argsort(found.coordinates[:, int(np.argmax(follows))])
gallery(
    [ones[along[:12], ..., 0], ones[along[-12:], ..., 0]],
    rows=["one end", "other end"],
    side=48,
    sentence="The ones at both ends of a principal component of pool4: they lean to one side, and to the other.",
)

# %%
answers = models["seed 0"].scores(lab.layout(ones)).argmax(axis=1) == 1
print(f"Correlation of the component with the slant: {max(follows):.2f}.")
assert max(follows) > 0.7
assert answers[along[:50]].mean() > 0.7

# %% [markdown]
r"""
**What it shows.** The ones lie in the order of how much they lean, although no label says so, and at both ends the network says "1". So a layer
can tell what nobody taught it. To find it one looks at the ends of a component, guesses, and *measures the guess apart from
the network*, here by the moments of the ink.

**Its limits.** We found what we could see and measure; and what varies most need not be what matters. The same look at
lesson 3's photographs of one person finds mostly how bright the wall behind is: a pattern, and no insight.

## What to remember

- Compare layers by what does not ask which unit is which. CKA lets turns and scales pass, CCA every invertible map.
- CKA nearly always finds the same layer of another training, within one layer; CCA and what is built on it does not.
- Beside every number belongs what chance says: shuffled pictures, the unbiased estimate, enough pictures for CCA.
- The first layers of networks are alike before anything is learnt.
- Alike for these pictures is not the same function: a robust network looks like one that is not.

## Further reading

- S. Kornblith, M. Norouzi, H. Lee, G. Hinton (2019), *Similarity of Neural Network Representations Revisited*, ICML.
- M. Raghu, J. Gilmer, J. Yosinski, J. Sohl-Dickstein (2017), *SVCCA: Singular Vector Canonical Correlation Analysis for Deep
  Learning Dynamics and Interpretability*, NeurIPS.
- A. Morcos, M. Raghu, S. Bengio (2018), *Insights on Representational Similarity in Neural Networks with Canonical
  Correlation*, NeurIPS.
- L. Song, A. Smola, A. Gretton, J. Bedo, K. Borgwardt (2012), *Feature Selection via Dependence Maximization*, JMLR.
- M. Davari, S. Horoi, A. Natik, G. Lajoie, G. Wolf, E. Belilovsky (2023), *Reliability of CKA as a Similarity Measure in Deep
  Learning*, ICLR.
"""
