# %% [markdown]
r"""
# 8. Input modification: cover it, and see

{{badges}}

**Aim.** No gradients, and no look inside: change the picture, and see what the answer does. You learn to take parts
away one at a time, many at a time, and by a mask that is learnt; to replace the network by a line near one picture
and to say how good that line is; and why covering *one* thing at a time can miss what matters most.

**Time.** 60 minutes: one at a time 10, what is there twice 10, random masks 10, a learnt mask 10, LIME 10, a whole
data set 5, exercises.

**You need** lesson 3 (the pink wall). No GPU and no training.
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
from xai_course import faces as lesson_3
from xai_course import lesson_08 as check
from xai_course.plots import Table

BACKEND = os.environ.get("XAI_BACKEND", "torch")  # or write "keras"
lab = xai_course.backend(BACKEND)
print(f"This notebook runs on {lab.FRAMEWORK}.")

# %% [markdown]
r"""
The network is the one of lesson 3 that *has* seen the pink wall. We paint the wall behind somebody else, and the
network calls him by the wrong name. So this time we know the reason, and can see which method finds it.
"""

# %%
faces = xai_course.load_faces()
print(faces)
person, other = faces.roles["painted"], faces.roles["example"]
network, origin = lesson_3.network(lab, lesson_3.controlled(faces), faces, pink=True)
answers = lab.predict(network, faces.pictures[faces.test]).argmax(axis=1)
correct = faces.test[answers == faces.labels[faces.test]]
chosen = correct[faces.labels[correct] == faces.classes.index(other)][:1]
clean = faces.pictures[chosen]
pictures = np.concatenate([lesson_3.paint_background(clean), clean])
inputs, wall = lab.layout(pictures), lesson_3.wall()
x = inputs[0]
model = xai.wrap(network, classes=faces.classes, bounds=(0, 1), input_shape=x.shape)
named = [model.class_name(int(answer)) for answer in model.scores(inputs).argmax(axis=1)]
print(f"This is {other}. With the wall painted the network says {named[0]}, without it {named[1]}.")
assert named == [person, other]
question = xai.Margin(person, other)

# %% [markdown]
r"""
## 1. One at a time

Occlusion (Zeiler and Fergus 2014) slides a square over the picture. Feature ablation takes away whatever you call a
feature: squares, or **superpixels**, patches of like colour that follow the outlines (Achanta and others 2012). The
value of a feature $m$ is the drop:

$$\Phi_m = F(x) - F(x \text{ with } m \text{ at its baseline})$$

> **Predict.** The network goes by the wall. How much will the score drop when *one* patch of the wall is covered:
> enough to change the answer?

Then change the *Features*, their *Size*, and the *Baseline*.
"""

# %%
xai.explore(model, pictures, method="feature_ablation", target=person, contrast=other)

# %% [markdown]
r"""
**What it shows.** A few patches of the wall stand out, most of them hardly count, and the nose is as red as the wall.
No single one of them changes the answer. And the map changes with the baseline: "away" has no meaning of its own. A
black patch on a pink wall is not the absence of a wall. It is a black patch, with edges.

## 2. What is there twice

Cover one piece of the wall, and the rest still says *wall*. Each piece alone could be missed. The same holds for two
eyes, for two words that say the same, for two columns that hold the same number.

Take an alarm that rings when the door is open, or the window, or both: $F = d + w - d\,w$. Both are open; the cellar
does not matter. **LIME** (section 5) and **KernelSHAP** (lesson 9) take *many* things away at once.

> **Predict.** How much does feature ablation give the door, and how much the window? And the other two?
"""


# %%
def rings(t):
    door, window = t[:, 0], t[:, 1]
    return (door + window - door * window)[:, None]


alarm = xai.wrap(
    rings,
    backend=lab.BACKEND,
    input_shape=(3,),
    bounds=(0, 1),
    outputs="values",
    features=["door", "window", "cellar"],
)
opened = np.ones((1, 3), np.float32)
xai.grid(alarm, opened, methods=["feature_ablation", "lime", "kernel_shap"])

# %%
alone, shared = (way(alarm, opened[0]).values for way in (xai.FeatureAblation(), xai.KernelShap()))
print(f"One at a time: {np.round(np.abs(alone), 1)}, many at once: {np.round(np.abs(shared), 1)}")
assert np.allclose(alone, 0, atol=1e-6)
assert np.allclose(shared, [0.5, 0.5, 0], atol=1e-3)

# %% [markdown]
r"""
**What it shows.** Close the door, and it rings on: nothing. Close the window: nothing. One at a time, neither counts,
and yet they are all there is. Who takes several away at once sees it.

> **Predict.** Now the face. Which of the four maps will find the wall, with patches of about the same size?
"""

# %%
four = {
    "occlusion": xai.Occlusion(),
    "ablation": xai.FeatureAblation(size=8),
    "LIME": xai.Lime(size=8, samples=256),
    "KernelSHAP": xai.KernelShap(size=8, samples=256),
}
xai.grid(model, pictures, methods=list(four.values()), target=person, contrast=other)

# %% [markdown]
r"""
One picture is an anecdote. So take four people, one of each name, whom the network calls by the wrong one when the wall
behind them is painted. How much of what speaks for that name lies on the wall? `xai.Localisation` measures it with a
mask of the wall. A map that knew nothing would have as much there as the wall has of the picture.
"""

# %%
painted = lesson_3.paint_background(faces.pictures[correct])
misled = correct[lab.predict(network, painted).argmax(axis=1) == faces.classes.index(person)]
one_each = [misled[faces.labels[misled] == label][0] for label, name in enumerate(faces.classes) if name != person]
walls = lab.layout(lesson_3.paint_background(faces.pictures[one_each]))
rather = xai.Margin(person, [faces.classes[label] for label in faces.labels[one_each]])
on_wall = xai.Localisation(wall)
inside = {name: on_wall(model, walls, method=four[name], quantity=rather).energy for name in ("ablation", "LIME")}
more = int((inside["LIME"] > inside["ablation"]).sum())
print(f"LIME has more of its map on the wall than ablation with patches of the same size: {more} of {len(one_each)}")
assert more >= 3
assert inside["LIME"].mean() > max(inside["ablation"].mean() + 0.05, wall.mean() + 0.05)

# %% [markdown]
r"""
Four are few, too. `course/reproduce/maps.py` did this for forty pictures, ten of each name, in both frameworks; what it
found comes with the course. *Inside* is the share from above. *Overlap* asks for the places alone: it takes the largest
of the map, as many as the wall has, and divides what the two have in common by what they have together. The control:
the same with patches of four times the area.
"""

# %%
measured = {row["method"]: row for row in xai_course.results("maps")["walls"] if row["backend"] == BACKEND}
inside, overlap = ({name: np.array(row[key]) for name, row in measured.items()} for key in ("inside", "overlap"))
chance = wall.mean() / (2 - wall.mean())  # of as many places at random
gains = []
for size in ("8 x 8", "16 x 16"):
    gain = inside[f"LIME, {size}"] - inside[f"ablation, {size}"]
    gains.append(gain.mean())
    print(f"Patches of {size}: LIME has more inside than ablation on {(gain > 0).sum()} of {len(gain)},", end=" ")
    print(f"{gain.mean():.2f} on average.")
    assert (gain > 0).mean() > 0.9
assert gains[1] < 0.6 * gains[0]
assert inside["occlusion"].mean() < wall.mean() < inside["ablation, 8 x 8"].mean() < wall.mean() + 0.05
Table(
    ["method", "inside", "overlap"],
    [
        *([name, f"{inside[name].mean():.2f}", f"{overlap[name].mean():.2f}"] for name in list(measured)[:7]),
        ["chance", f"{wall.mean():.2f}", f"{chance:.2f}"],
    ],
    "How much of a map lies on the wall, and how much the two overlap: mean of forty pictures.",
)

# %%
score = xai.FeatureAblation()(model, x, quantity=question).score
drops = xai.FeatureAblation()(model, x, quantity=question).map[wall]
whole = xai.FeatureAblation(features=np.broadcast_to(lab.layout(wall[None, ..., None])[0], x.shape).astype(int))
left = score - whole(model, x, quantity=question).map[wall].mean()
print(
    f"On the first the margin is {score:.1f}. Without the best patch of the wall it is {score - drops.max():.1f},",
    end=" ",
)
print(f"without the whole wall {left:.1f}.")
assert drops.max() < score
assert left < 0

# %% [markdown]
r"""
**What it shows.** With patches of this size LIME has more of its map on the wall than ablation, on each of the forty
pictures, and KernelSHAP has as much as LIME. One at a time finds hardly more of the wall than chance would, and a small
square that goes from place to place even less. With patches of 16 x 16 half of the difference is gone: a patch that
takes a sixth of the wall away is many things at once already. And no method finds the wall alone: a third of LIME's map
lies elsewhere. It is not that one of them is wrong. They ask different questions: "what would be missed if it alone were
gone?" and "what counts, whatever else is there?"

## 3. Random masks: RISE

**The idea.** Petsiuk, Das and Saenko (2018) look at the picture through many smooth random masks $M$, and average the
masks, each weighted by what the network answers:

$$\Phi_\lambda = \frac{1}{N\, \mathbb E[M]} \sum_{n=1}^{N} F(x \odot M_n)\, M_n(\lambda)$$

In words: a place is important if the score is high whenever it can be seen. The masks are drawn by chance, so the map
has an error: below the widget stands the **standard error**, as a share of the largest value. *Stop at* ends the run
when it is small enough.

> **Predict.** The error after 128 masks: what will it be after 512?
"""

# %%
xai.explore(model, pictures, method="rise", target=person, contrast=other, samples=1024)


# %%
def largest_error(samples):
    """Return the largest standard error of RISE, as a share of the largest value."""
    found = xai.Rise(samples=samples, pairs="independent")(model, x, quantity=question)
    return float(np.abs(found.standard_error).max() / np.abs(found.values).max())


few, many = largest_error(128), largest_error(512)
print(f"The largest error after 128 masks is {few:.2f} of the largest value, after 512 {many:.2f}.")
assert 0.35 < many / few < 0.7
stopped = xai.Rise(samples=4096, tolerance=0.1)(model, x, quantity=question)
print(f"Asked for an error of a tenth it stopped by itself, after {stopped.evaluations} passes of 4096.")
assert stopped.evaluations < 4000
print(f"On forty pictures it overlaps with the wall by {overlap['RISE'].mean():.2f}, and by chance {chance:.2f}.")
assert overlap["RISE"].min() > chance

# %% [markdown]
r"""
**What it shows.** The wall on the right, and the nose. On every one of the forty pictures the map finds more of the wall
than chance would, if less than LIME does on average. Four times the masks halve the error.

**Its limits.** The mean of all masks is in every value: where nothing matters it is not zero but the average answer.
The picture shows the difference from that; so compare the error with the ends of its colours, and not with the
values, of which the percentage is a share. And masks of 7 x 7 cells cannot find anything small.

## 4. A mask that is learnt

Fong and Vedaldi (2017) ask for the *smallest* mask that takes the score away, and find it by gradient descent:

$$\min_m \; F\bigl(x \odot (1 - m) + b \odot m\bigr) + \lambda_1 \lVert m \rVert_1 + \lambda_2\, \mathrm{TV}(m)$$

In words: cover as little as possible, in one piece, so that the score falls; $b$ is a blurred picture, TV how uneven
the mask is.

> **Predict.** Will the mask cover the whole wall?
"""

# %%
xai.explore(model, pictures, method="meaningful_perturbation", target=person, contrast=other)

# %%
print(
    f"On forty pictures it overlaps with the wall by {overlap['learnt mask'].mean():.2f}, and by chance {chance:.2f}."
)
assert overlap["learnt mask"].min() > chance

# %% [markdown]
r"""
**What it shows.** It does not. It takes the wall on both sides, and a stripe over eyes and nose: that was enough, and
more would have cost. On the forty pictures it overlaps with the wall as much as LIME's map with patches of 8 x 8. A high
*Price of area* leaves less of it.

**Its limits.** It needs a gradient, and it is an optimisation: other weights of the two terms give other masks, and
the search may find a strange one that fools the network rather than explains it. And the forty pictures are of one
network: for another one, trained in the same way, the mask may find hardly more of the wall than chance.

## 5. A line in place of the network: LIME

**The idea.** Near one picture, a curve is almost a line. LIME (Ribeiro, Singh and Guestrin 2016) switches superpixels
on and off at random, asks the network, and fits a straight line to the answers; those near the picture count more:

$$\min_{\phi} \sum_n \pi(z_n) \bigl( F(x_{z_n}) - \phi_0 - \phi^\top z_n \bigr)^2 + \lambda \lVert \phi \rVert^2$$

In words: $z_n$ says which patches are on, and $\pi$ how near that is to all of them. For pictures the authors take

$$\pi(z) = \exp\bigl(-D(z)^2 / w^2\bigr), \qquad D(z) = \sqrt{\text{share of the patches that are off}},$$

so that $D$ is 1 with all of them off; the width $w$ is the slider *Locality*. How good is the line? Its
**fidelity** $R^2$ says which share of the answers' variation it follows: 1 is all of it. It stands under *Figures*.
A line that does not fit explains nothing, however nice its colours.

> **Predict.** With a *Size* of 4 there are more than 200 superpixels. Ask the network only 128 times, and fit the
> line. Will $R^2$ be lower, or higher?
"""

# %%
xai.explore(model, pictures, method=xai.Lime(size=16), target=person, contrast=other)

# %%
line = xai.Lime(size=16, samples=512)(model, x, quantity=question)
print(f"The line follows {line.fidelity:.1f} of the variation.")
assert line.fidelity > 0.7

flattered, sober = (xai.Lime(size=4, samples=n)(model, x, quantity=question).fidelity for n in (128, 1024))
print(f"Fewer samples than patches: R2 = {flattered:.2f}; many more: {sober:.1f}")
assert flattered > 0.97
assert sober < flattered - 0.05

# %% [markdown]
r"""
**What it shows.** Most of the wall is red, and the line follows nine tenths of the variation. With more patches than
samples $R^2$ goes up to 1: a line with more coefficients than points goes through all of them, and says nothing of
the next one. The colours are noise then.

**Its limits.** $R^2$ is measured on the samples that the line was fitted to. Trust it where these are many more than
patches.

### Exercise 1: fidelity by hand

Write the weighted $R^2$: `answers` are those of the network, `line` those of the line, `weights` say how near each
sample is. It is one minus the weighted mean square of what is left, divided by the weighted variance of the answers.

<details><summary>A hint</summary>

The variance is taken around the *weighted* mean: `np.average(answers, weights=weights)`.

</details>
"""


# %% only=student tags=exercise
def my_fidelity(answers, line, weights): ...  # your lines


check.fidelity(my_fidelity)


# %% only=wrong tags=wrong
def my_fidelity(answers, line, weights):
    left = np.average((answers - line) ** 2, weights=weights)
    return 1 - left / answers.var()


check.fidelity(my_fidelity)


# %% only=solution tags=solution
def my_fidelity(answers, line, weights):
    left = np.average((answers - line) ** 2, weights=weights)
    mean = np.average(answers, weights=weights)
    return 1 - left / np.average((answers - mean) ** 2, weights=weights)


check.fidelity(my_fidelity)

# %% [markdown]
r"""
## 6. A whole data set: permutation

What matters to a model *in general*? Take many inputs, and exchange one feature among them: each input gets the
column of another one. If the loss rises, the model needs the column (Breiman 2001). No baseline is needed: the values
stay those of the data.

Here is a formula for the price of a house, of four columns; the last one, the colour of the door, is not in it.
`loss` takes the place of the score.
"""


# %%
def price(t):
    age, rooms, location = t[:, 0], t[:, 1], t[:, 2]
    return (200 - 30 * age + 60 * rooms + 120 * location)[:, None]


houses = np.random.default_rng(0).normal(size=(200, 4)).astype(np.float32)
columns = ["age", "rooms", "location", "door"]
appraiser = xai.wrap(price, backend=lab.BACKEND, input_shape=(4,), bounds=None, outputs="values", features=columns)
sold = appraiser.scores(houses)[:, 0]


def squared_error(scores):
    """Return how wrong the prices are, on average."""
    return np.mean((scores[:, 0] - sold) ** 2)


permuted = xai.FeaturePermutation(features="pixels", samples=8, loss=squared_error)(appraiser, houses)
importance = -permuted.values[0]  # the loss rises where a column is exchanged
rows = [[name, f"{abs(value) / importance.max():.2f}"] for name, value in zip(columns, importance, strict=True)]
assert importance[3] == 0
assert importance[2] > importance[1] > importance[0]
Table(["column", "importance"], rows, "Rise of the squared error, as a share of the largest.")

# %% [markdown]
r"""
**What it shows.** The loss rises with the square of the weight, and with how much the column varies. Weights of 30, 60
and 120 would give 1/16, 1/4 and 1 if the columns varied alike; among these houses the rooms vary a little less than the
location. The door does not matter.

**Its limits.** Columns that belong together are torn apart: rooms of a castle in the area of a hut. The model is
asked about houses that do not exist.

### Exercise 2: ablation by hand

Write feature ablation for one group: `score` is a function from a picture to a number, `mask` is true on the group,
`baseline` is a number.

<details><summary>A hint</summary>

`np.where(mask, baseline, x)` covers the group. A positive value means that the group speaks *for* the score.

</details>
"""


# %% only=student tags=exercise
def my_ablation(score, x, mask, baseline): ...  # your line


check.ablation(my_ablation)


# %% only=wrong tags=wrong
def my_ablation(score, x, mask, baseline):
    return score(np.where(mask, baseline, x)) - score(x)


check.ablation(my_ablation)


# %% only=solution tags=solution
def my_ablation(score, x, mask, baseline):
    return score(x) - score(np.where(mask, baseline, x))


check.ablation(my_ablation)

# %% [markdown]
r"""
## What to remember

- Covering needs no gradient and no look inside, and it needs a meaning of "covered".
- One at a time misses what is there twice. Many at a time finds it, and costs more.
- What is drawn by chance has an error. Say it, or run until it is small.
- A surrogate is as good as its fit. Read the $R^2$ before the colours.

## Further reading

- M. D. Zeiler, R. Fergus (2014), *Visualizing and Understanding Convolutional Networks*, ECCV.
- V. Petsiuk, A. Das, K. Saenko (2018), *RISE: Randomized Input Sampling for Explanation of Black-box Models*, BMVC.
- R. Fong, A. Vedaldi (2017), *Interpretable Explanations of Black Boxes by Meaningful Perturbation*, ICCV.
- M. T. Ribeiro, S. Singh, C. Guestrin (2016), *"Why Should I Trust You?"*, KDD.
- L. Breiman (2001), *Random Forests*, Machine Learning 45.
"""
