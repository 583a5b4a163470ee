# %% [markdown]
r"""
# 20. More features than neurons

{{badges}}

**Aim.** Lesson 17 looked at units. But what a layer has learnt need not lie along its units: there may be more of it than
there are. You train a network that puts five features into two neurons, and watch them make room for each other; then one
with 49 in 32, whose features a sparse autoencoder finds again. You drag what decides whether it does, and switch features
off.

**Time.** 45 to 55 minutes: superposition 12, dictionary 20, what it costs 10, flowers 10.

**You need** lesson 17 (units). No GPU: what is trained here is trained in a second.

Superposition is by Elhage and others (2022), dictionaries of sparse autoencoders by Cunningham, Ewart, Riggs, Huben and
Sharkey (2024).
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
from xai_course import lesson_20 as check
from xai_course import superposition
from xai_course.plots import COLORS, Table, curve, walk

BACKEND = os.environ.get("XAI_BACKEND", "torch")  # or write "keras"
lab = xai_course.backend(BACKEND)
print(f"This notebook runs on {lab.FRAMEWORK}.")

# %% [markdown]
r"""
## 1. Five features in two neurons

**The idea.** A network is to say five numbers again, $\hat x = \mathrm{ReLU}(W^\top W x + b)$, but $W x$ are only two. Each
feature $i$ has a direction in this plane, the column $W_i$. The features matter less and less, by a tenth each; and each is
there only now and then.

> **Predict.** If all five are always there: how many does it keep? And if each is there one time in fifty? Then drag the slider.
"""

# %%
densities = (1, 0.6, 0.4, 0.25, 0.15, 0.05, 0.02)
importance = 0.9 ** np.arange(5)
toys = [superposition.toy(5, 2, density, importance=importance, seed=0) for density in densities]
kept = [toy.shown() for toy in toys]
figure = curve("How many of five features two neurons keep", "absent, share of the time", "features kept")
absent = [1 - density for density in densities]
figure.line(absent, kept, color=COLORS[0], line_width=3)
figure.scatter(absent, kept, color=COLORS[0], size=8)
figure.y_range.start, figure.y_range.end = 0, 5.5
walk(
    figure,
    absent,
    label="A feature is absent",
    pictures=[superposition.star(one) for one in toys],
    captions=[
        f"there {density:.0%} of the time\n{count} of 5 features kept"
        for density, count in zip(densities, kept, strict=True)
    ],
    sentence="Where all are there, two directions at right angles; where they are rare, five that stand around in a star.",
)

# %%
assert kept[0] <= 3
assert kept[-1] == 5
assert kept[-1] > kept[2] > kept[0]

# %% [markdown]
r"""
**What it shows.** Where everything is always there, the network keeps what matters most, one feature per neuron or little
more, and gives the rest up. The rarer features are, the more of them it keeps, until all five stand around in a star. They
are in each other's way then, but seldom at once, and the ReLU cuts off what is small. Elhage and others (2022) call it
*superposition*.

**Its limits.** This is a toy: its features are known, and independent of each other. It shows that a network *can*; not that
yours does.

## 2. A dictionary

Now 49 features in 32 neurons. A sheet has blocks of 7 by 7 squares of which few are lit; at each block the network squeezes
the 49 squares into 32 neurons, and says them again. We trained it, so we know its 49 directions.
"""

# %%
DENSITY = 1.5 / 49
found = superposition.toy(49, 32, DENSITY, steps=3000, seed=0)
sheets = superposition.sheets(100, DENSITY, seed=1)
inputs = lab.layout(sheets[..., None]).astype("float32")
network = superposition.network(lab, found)
model = xai.wrap(network, bounds=(0, 1), outputs="values", input_shape=inputs.shape[1:])
directions = found.weights.T
units_alone, _ = xai.recovered(np.eye(32), directions)
print(
    f"{found.shown()} features in 32 neurons. How close a unit comes to a feature: cosine {units_alone:.2f} on average."
)
assert found.shown() == 49
assert units_alone < 0.6

# %% [markdown]
r"""
**The idea.** Cunningham and others (2024) look for directions of which few at a time explain what a layer says. The codes
of a row $x$ are $c = \max(M x + b, 0)$, what they stand for is $M^\top c$, and the rows of $M$, the *dictionary*, have length
one. Trained is

$$\frac{1}{d} \lVert x - M^\top c \rVert^2 + \alpha \lVert c \rVert_1$$

with $d$ units. The first part wants all of $x$ back, the second few codes. What is found is measured on sheets that were
not trained on: how much of the variance is left *unexplained*, how many features are *active at once*, and how many never
are: those are *dead*.

### Exercise 1: the loss

`x` is (rows, units), `codes` (rows, features), `dictionary` (features, units). Write the mean loss over rows.

<details><summary>A hint</summary>

The mean of squares over rows and units divides by the units already.

</details>
"""


# %% only=student tags=exercise
def my_loss(x, codes, dictionary, sparsity): ...  # your line


check.loss(my_loss)


# %% only=wrong tags=wrong
def my_loss(x, codes, dictionary, sparsity):
    return ((x - codes @ dictionary) ** 2).sum(axis=1).mean() + sparsity * codes.sum(axis=1).mean()


check.loss(my_loss)


# %% only=solution tags=solution
def my_loss(x, codes, dictionary, sparsity):
    return ((x - codes @ dictionary) ** 2).mean() + sparsity * codes.sum(axis=1).mean()


check.loss(my_loss)

# %% [markdown]
r"""
> **Predict.** The widget fits 72 features. The slider is $\alpha$, the lowest curve how close the dictionary comes to the 49
> true directions. Where will it be best: at the left, in the middle, at the right? Then drag.
"""

# %%
xai.dictionary(model, sheets, "hidden", truth=directions)

# %%
alphas = (0.0025, 0.005, 0.01, 0.02, 0.04, 0.08)
fits = [xai.SparseAutoencoder(sparsity=alpha, seed=0).fit(model, inputs, layer="hidden") for alpha in alphas]
cosines = [xai.recovered(fit.dictionary, directions)[0] for fit in fits]
components = xai.PrincipalComponents(count=32).fit(fits[0].rows)
by_components, _ = xai.recovered(components.dictionary, directions)
Table(
    ["sparsity", "unexplained", "active at once", "dead of 72", "cosine with the true directions"],
    [
        [alpha, f"{fit.unexplained:.0%}", f"{fit.active:.1f}", fit.dead, f"{cosine:.2f}"]
        for alpha, fit, cosine in zip(alphas, fits, cosines, strict=True)
    ],
    f"Principal components, all 32 of them, come to a cosine of {by_components:.2f}, and leave nothing unexplained.",
)

# %%
at = dict(zip(alphas, cosines, strict=True))
assert at[0.01] > 0.98
assert at[0.04] < at[0.01] - 0.15
assert at[0.08] < 0.5
assert by_components < 0.7

# %% [markdown]
r"""
**What it shows.** At 0.01 all 49 directions are found, though nobody told them. At four times as much they are lost: a
collapse, not a slow decline. And nothing among what one can measure without knowing the truth says where it lies: principal
components explain everything, and find nothing.

A collapse depends on the start as well. The same sparsity, begun where the good dictionary ended:
"""

# %%
warm = xai.SparseAutoencoder(sparsity=0.04, seed=0).stream(fits[2].rows, resume=fits[2]).last()
warm_cosine, _ = xai.recovered(warm.dictionary, directions)
print(f"Sparsity 0.04 from scratch: cosine {at[0.04]:.2f}. From the dictionary of 0.01: {warm_cosine:.2f}.")
assert warm_cosine > at[0.04] + 0.1

# %% [markdown]
r"""
## 3. What sparsity costs

### Exercise 2: the ends

Which part of the squared length of rows is left by the best dictionary, of features enough, at $\alpha = 0$, and which at
$\alpha = \infty$? Return both numbers.

<details><summary>A hint</summary>

If features cost nothing, what keeps them from writing every row exactly? If each costs more than any error, how many are active?

</details>
"""


# %% only=student tags=exercise
def my_ends(): ...  # your line


check.ends(my_ends)


# %% only=wrong tags=wrong
def my_ends():
    return 1, 0


check.ends(my_ends)


# %% only=solution tags=solution
def my_ends():
    return 0, 1


check.ends(my_ends)

# %% [markdown]
r"""
### Exercise 3: shrinkage

Let a row be $x$ times one feature of the dictionary, and no other be near. Which code $c \geq 0$ makes
$\frac{1}{d}(x - c)^2 + \alpha c$ smallest?

<details><summary>A hint</summary>

Set the slope by $c$ to zero; then think of what is below it.

</details>
"""


# %% only=student tags=exercise
def my_code(x, sparsity, units): ...  # your line


check.shrunk(my_code)


# %% only=wrong tags=wrong
def my_code(x, sparsity, units):
    return x - sparsity * units / 2


check.shrunk(my_code)


# %% only=solution tags=solution
def my_code(x, sparsity, units):
    return max(x - sparsity * units / 2, 0)


check.shrunk(my_code)

# %% [markdown]
r"""
So every code is too small by $\alpha d / 2$: what an L1 penalty finds is the right direction, and too little of it. This is
a part of what stays unexplained although all directions are found.

## 4. Flowers, where there is nothing to undo

> **Predict.** Does `relu3` of the flowers' network, with 64 units for six classes, have more features than units? Look how
> many are alive; then switch the first one off.
"""

# %%
flowers = xai_course.load_flowers("single", 120, seed=7)
pictures = lab.layout(flowers.pictures)
telling = networks.network(lab)
seeing = xai.wrap(telling, classes=flowers.classes, bounds=(0, 1), input_shape=pictures.shape[1:])
xai.dictionary(seeing, flowers.pictures, "relu3", labels=flowers.labels)

# %%
fit = xai.SparseAutoencoder(seed=0).fit(seeing, pictures, layer="relu3")
alive = np.flatnonzero(fit.density > 0)
own = fit.accuracy(flowers.labels)
losses = {}
for feature in alive[np.argsort(-fit.density[alive])][:6]:
    answers = fit.scores(without=[int(feature)]).argmax(axis=1)
    by_class = [(answers == label)[flowers.labels == label].mean() for label in range(6)]
    losses[int(feature)] = (flowers.classes[int(np.argmin(by_class))], min(by_class), np.sort(by_class)[1])
Table(
    ["feature that is off", "class that loses most", "its accuracy", "the next one's"],
    [[name, cls, f"{worst:.2f}", f"{second:.2f}"] for name, (cls, worst, second) in losses.items()],
    f"{len(alive)} of 72 features are alive. With all of them the decoded network is right in {own:.2f}.",
)

# %%
assert len(alive) < 64
assert own > 0.9
assert min(worst for _, worst, _ in losses.values()) < 0.5

# %% [markdown]
r"""
**What it shows.** Far fewer features are alive than there are units: this layer has more room than it needs, and no
superposition that could be undone. What the dictionary gives here is short: a handful of directions without which the
network cannot do. Switched off, the one of a class takes that class away.

**Any potential problem or limitation?** A feature is a direction that few examples use; that it *means* something is what we
read into its pictures. It depends on the sparsity, on the number of features, and on the start. And the truth, which we had
in section 2, is not there in a network that somebody else has trained.

## What to remember

- A network can keep more features than it has neurons, if they are seldom there at once.
- Units, and principal components, then show mixtures; a sparse autoencoder can find the directions.
- Whether it does is a matter of the sparsity, within a factor of four, and of the start. A low unexplained variance does not
  say that it did.
- L1 makes codes too small by a known amount, and some features dead.
- Dead features, and few alive ones, may say that there was nothing to undo.

## Further reading

- N. Elhage and others (2022), *Toy Models of Superposition*, Transformer Circuits Thread.
- H. Cunningham, A. Ewart, L. Riggs, R. Huben, L. Sharkey (2024), *Sparse Autoencoders Find Highly Interpretable Features in
  Language Models*, ICLR.
- L. Sharkey, D. Braun, B. Millidge (2022), *Taking Features out of Superposition with Sparse Autoencoders*.
"""
