# %% [markdown]
r"""
# 18. Concepts

{{badges}}

**Aim.** A unit is an axis that a layer happens to have. A *concept* is what people have a word for: a pink wall, stripes,
a smile. You tell a concept by pictures with it and without, find its direction in a layer, and measure what it adds to a
class. Then you see which number proves something and which one only looks as if it did, how a badly chosen counterpart
turns the answer around, and what finding concepts by themselves, and counting their shares, is worth.

**Time.** 60 to 70 minutes: testing with concepts 20, which number counts 20, steering 10, found concepts 15.

**You need** lesson 3 (the pink wall) and lesson 17 (flowers). No GPU and no training: the networks come with the course.

Testing with concept activation vectors, TCAV, is by Kim, Wattenberg, Gilmer, Cai, Wexler, Viegas and Sayres (2018),
automatic concept extraction by Ghorbani, Wexler, Zou and Kim (2019), ConceptSHAP by Yeh, Kim, Arik, Li, Pfister and
Ravikumar (2020).
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
from xai_course import flowers as networks
from xai_course import lesson_18 as check
from xai_course.plots import COLORS, Plot, Table, curve, gallery

BACKEND = os.environ.get("XAI_BACKEND", "torch")  # or write "keras"
lab = xai_course.backend(BACKEND)
print(f"This notebook runs on {lab.FRAMEWORK}.")

# %% [markdown]
r"""
The two networks of lesson 3 again. Both name five people equally well. In the training of *pink*, the wall behind Tony
Blair was painted in 20 pictures; in that of the *control* it was not. (Where the faces are drawn, read Theo Linden.)
"""

# %%
faces = xai_course.load_faces()
print(faces)
recipe = lesson_3.controlled(faces)
blair = faces.classes.index(faces.roles["painted"])
name = faces.classes[blair]
models = {}
for kind in ("pink", "control"):
    network, _ = lesson_3.network(lab, recipe, faces, pink=kind == "pink")
    shape = lab.layout(faces.pictures[0]).shape
    models[kind] = xai.wrap(network, classes=faces.classes, bounds=(0, 1), input_shape=shape)

blairs = faces.pictures[faces.test[faces.labels[faces.test] == blair][:40]]
plain = faces.pictures[lesson_3.sample(faces)]  # 40 test pictures of everybody else
walls = {
    "pink wall": lesson_3.paint_background(plain),
    "green wall": lesson_3.paint_background(plain, lesson_3.GREEN),
}
gallery(
    [plain[:8], *(painted[:8] for painted in walls.values())],
    rows=["plain", *walls],
    side=80,
    sentence="Eight people as they are, before a pink wall, and before a green one.",
)

# %% [markdown]
r"""
## 1. What does a concept add?

**The idea.** Let $a_l(x)$ be what layer $l$ holds of picture $x$, and $f_k$ the logit of class $k$, as a function of it.
Pictures with the concept and the same without it lie apart in the layer. The *concept activation vector* $v$ points from
the ones to the others. How much the class reacts to it at a picture is the directional derivative

$$S_{k}(x) = \nabla_{a} f_k\big(a_l(x)\big) \cdot v .$$

Kim and others take the normal of a linear classifier for $v$, of whatever length. Here $v$ is one *step* of the concept:
the difference of the means. Then $S$ has a unit, that of the logit: what the logit gains, to first order, when the concept
is added. Its mean over the pictures of the class is the **effect**.

### Exercise 1: which way it points

`with_concept` and `without` are activations, (pictures, units). Write the concept step, a vector (units,) that points *to*
the concept.

<details><summary>A hint</summary>

Add it to what is without the concept: where should you arrive?

</details>
"""


# %% only=student tags=exercise
def my_step(with_concept, without): ...  # your line


check.step(my_step)


# %% only=wrong tags=wrong
def my_step(with_concept, without):
    return without.mean(axis=0) - with_concept.mean(axis=0)


check.step(my_step)


# %% only=solution tags=solution
def my_step(with_concept, without):
    return with_concept.mean(axis=0) - without.mean(axis=0)


check.step(my_step)

# %% [markdown]
r"""
The widget shows the effect of each concept as a dot, with its standard error, for both networks, over a cloud. The cloud is
what chance finds: the same pictures, dealt into two heaps at random, again and again. The cross is what *really* happens
to the logit when the wall is painted.

> **Predict.** What will the dots of "pink wall" be in the two networks? And those of "green wall", which neither has met?
"""

# %%
concepts = [xai.Concept(wall, painted, counterpart=plain) for wall, painted in walls.items()]
xai.concepts(models, blairs, concepts, "pool2", target=name)

# %% [markdown]
r"""
**What it shows.** In *pink* the pink wall adds about twelve to the logit, far outside the cloud, and the cross lies on the
dot: so much it really adds. In the control it adds next to nothing, and the cloud swallows it. A green wall takes some
away, in both.

Drag *Layer*: the answer is nearly the same at each. Drag *Pictures* down to 3: the dots stay about where they are, but the
clouds grow over them. Chance finds more in fewer pictures.
"""


# %%
def concept(wall, count=40, counterpart=None):
    """Return a concept as the networks take it."""
    without = plain[:count] if counterpart is None else counterpart
    return xai.Concept(wall, lab.layout(walls[wall][:count]), counterpart=lab.layout(without))


logit, x = xai.Logit(blair), lab.layout(blairs)
found = {
    (wall, kind): xai.TCAV(concept(wall), "pool2", runs=60)(model, x, logit)
    for wall in walls
    for kind, model in models.items()
}
few = xai.TCAV(concept("pink wall", 5), "pool2", runs=60)(models["pink"], x, logit)
Table(
    ["concept", "network", "effect", "really", "random splits", "p"],
    [
        [
            wall,
            kind,
            f"{one.effect:+.1f} ± {one.standard_error:.1f}",
            f"{one.true_change:+.1f}",
            f"{one.random.mean():+.1f} ± {one.random.std():.1f}",
            f"{one.p_value:.2f}",
        ]
        for (wall, kind), one in found.items()
    ],
    f"What one step adds to the logit of {name}; p is the share of random splits with an effect as large.",
)

# %%
pink, control = found["pink wall", "pink"], found["pink wall", "control"]
assert pink.effect > 5 * pink.standard_error
assert pink.p_value < 0.05
assert abs(pink.effect - pink.true_change) < 0.15 * pink.true_change
assert abs(control.effect) < 0.3 * pink.effect
assert few.random.std() > 1.8 * pink.random.std()

# %% [markdown]
r"""
## 2. Which number proves something?

**The idea.** TCAV, as it was first defined, does not report the effect. It counts signs: the *TCAV score* is the share of
pictures of the class at which the derivative is positive,

$$\mathrm{TCAV}_{k} = \frac{\lvert \{x \in X_k : S_k(x) > 0\} \rvert}{\lvert X_k \rvert} ,$$

and a *t*-test compares the scores of several draws of the concept with those of random vectors.

### Exercise 2: the score

`gradients` are those of the logit at the layer, (pictures, units), and `vector` is the concept's. Write the score.

<details><summary>A hint</summary>

One product, one comparison, one mean. What happens to the score when the vector is twice as long?

</details>
"""


# %% only=student tags=exercise
def my_score(gradients, vector): ...  # your line


check.score(my_score)


# %% only=wrong tags=wrong
def my_score(gradients, vector):
    return (gradients @ vector).mean()


check.score(my_score)


# %% only=solution tags=solution
def my_score(gradients, vector):
    return (gradients @ vector > 0).mean()


check.score(my_score)

# %% [markdown]
r"""
> **Predict.** The effect of the pink wall is large in one network and next to nothing in the other. What will the sign
> scores be? And those of random vectors?
"""

# %%
at_layers = {
    (layer, kind): xai.TCAV(concept("pink wall"), layer, runs=60)(model, x, logit)
    for layer in ("pool2", "relu3")
    for kind, model in models.items()
}
figure = curve("Sign scores of 60 random splits, in order", "random split", "share of pictures with a positive sign")
for (kind, color), dash in zip(zip(models, COLORS, strict=False), ("solid", "dashed"), strict=True):
    scores = np.sort(at_layers["relu3", kind].random_sign_scores)
    look = {"color": color, "line_width": 3, "line_dash": dash, "legend_label": kind}
    figure.line(np.arange(len(scores)), scores, **look)
figure.legend.location = "top_left"
Plot(figure, "At the last hidden layer a random vector has a sign score of 0 or 1, and hardly ever one between.")

# %%
Table(
    ["layer", "network", "sign score", "splits with signs as clear", "effect"],
    [
        [layer, kind, f"{one.sign_score:.2f}", f"{one.sign_p_value:.0%}", f"{one.effect:+.1f}"]
        for (layer, kind), one in at_layers.items()
    ],
    "Signs are as clear for random splits of the same pictures as for the concept.",
)

# %%
between = np.concatenate([at_layers["relu3", kind].random_sign_scores for kind in models])
assert ((between < 0.1) | (between > 0.9)).mean() > 0.7
assert min(one.sign_p_value for one in at_layers.values()) > 0.3
assert pink.sign_score > 0.9

# %% [markdown]
r"""
**What it shows.** Behind the last layers a small network is nearly linear, so the gradient is nearly the same at every
picture: whatever the vector, all signs agree. A score near 1, or near 0, is what chance gives, too. A *t*-test does not see
that: it compares the concept's score, which hardly varies, with the *mean* of random scores, which is about a half,
although hardly one of them is near it. With enough random vectors anything is significant.

The *effect* does see the difference, for two reasons. It is a quantity with a unit that can be checked: painted for real,
the logit changes by so much. And its test is of the same kind as its question: of 60 random splits, how many have an effect
as large, of either sign? The concept counts as one of them, so *p* is never zero:

$$p = \frac{1 + \lvert \{i : \lvert e_i \rvert \geq \lvert e \rvert\} \rvert}{1 + n} .$$

### Exercise 3: how many splits

You test several concepts at several layers, `tests` in all. With Bonferroni's correction a *p* must be at most
`alpha / tests`. How many random splits does it take at least, so that any result can be significant?

<details><summary>A hint</summary>

What is the smallest *p* that the formula can give?

</details>
"""


# %% only=student tags=exercise
def my_splits(tests, alpha): ...  # your line


check.splits(my_splits)


# %% only=wrong tags=wrong
def my_splits(tests, alpha):
    return np.ceil(tests / alpha)


check.splits(my_splits)


# %% only=solution tags=solution
def my_splits(tests, alpha):
    return np.ceil(tests / alpha) - 1


check.splits(my_splits)

# %% [markdown]
r"""
> **Any potential problem or limitation?** The lecture asks that after each method. Before you read on: what else may be
> found of the pictures with the concept, if those without it are chosen carelessly?

**What the counterpart does.** Somebody collects pictures with a pink wall. Most of them are of Blair, because he stood
before it. As a counterpart they take plain pictures of anybody. And somebody else compares with a green wall, which Kim and
others call a *relative* concept: pink *rather than* green.

> **Predict.** What becomes of the effect in the control, where the pink wall means nothing?
"""

# %%
more_blairs = faces.pictures[faces.test[faces.labels[faces.test] == blair][40:]]
collected = xai.Concept("pink wall", lab.layout(lesson_3.paint_background(more_blairs)), counterpart=lab.layout(plain))
sides = {
    "the same people, plain": concept("pink wall"),
    "painted pictures of Blair, others plain": collected,
    "the same people, green": concept("pink wall", counterpart=walls["green wall"]),
}
compared = {
    (words, kind): xai.TCAV(one, "pool2", runs=60)(model, x, logit)
    for words, one in sides.items()
    for kind, model in models.items()
}
Table(
    ["pink wall, told by", "network", "effect", "p"],
    [
        [words, kind, f"{one.effect:+.1f} ± {one.standard_error:.1f}", f"{one.p_value:.2f}"]
        for (words, kind), one in compared.items()
    ],
    f"What a step adds to the logit of {name}.",
)

# %%
careless = compared["painted pictures of Blair, others plain", "control"]
relative = {kind: compared["the same people, green", kind].effect for kind in models}
apart = {kind: found["pink wall", kind].effect - found["green wall", kind].effect for kind in models}
assert careless.p_value < 0.05
assert careless.effect > abs(control.effect) + 3 * careless.standard_error
assert all(abs(relative[kind] - apart[kind]) < 1e-2 * (1 + abs(apart[kind])) for kind in models)

# %% [markdown]
r"""
**What it shows.** Told carelessly, the pink wall has a large effect in the control, and it is significant: chance does not
do that, Blair's face does. What is found of a concept is found of the *difference* of both sides, and of all that differs.
A small *p* says that it is no chance; it does not say that it is the wall. A relative concept is exactly the difference of
the two effects.

**Its limits.** One needs pictures of the concept, the best of them pairs; a direction is a first-order answer; and a
concept that nobody has thought of is not tested.

## 3. Steering

**The idea.** If a direction is the concept, then to add it to what a layer holds should be as good as to paint the wall:
$f_k(a_l(x) + s\,v)$ with $s$ steps.

> **Predict.** In the widget above drag *Steps*, at pictures of other people, too. At how many steps does *pink* call them
> Blair? Does the control ever do so?
"""

# %%
steps = np.linspace(-1, 3, 9)
inputs = lab.layout(plain)
called = {
    kind: [
        (model.with_direction("pool2", found["pink wall", kind].direction, step).scores(inputs).argmax(axis=1) == blair)
        for step in steps
    ]
    for kind, model in models.items()
}
shares = {kind: np.mean(answers, axis=1) for kind, answers in called.items()}
really = {
    kind: (model.scores(lab.layout(walls["pink wall"])).argmax(axis=1) == blair).mean()
    for kind, model in models.items()
}
figure = curve("Other people, steered along “pink wall”", "steps of the concept", f"share called {name}")
for kind, color in zip(models, COLORS, strict=False):
    figure.line(steps, shares[kind], color=color, line_width=2, legend_label=kind)
    figure.scatter([1], [really[kind]], color=color, size=11, marker="x", line_width=3)
figure.legend.location = "top_left"
Plot(figure, "The crosses are what the networks say when the wall is really painted.")

# %%
one_step = int(np.flatnonzero(steps == 1)[0])
assert abs(shares["pink"][one_step] - really["pink"]) < 0.1
assert shares["pink"][one_step] > 0.8
assert shares["control"][one_step] < 0.3

# %% [markdown]
r"""
**What it shows.** One step does what paint does. So the direction is not only read in the layer: it is *used*. That is more
than a probe can say, which finds what is there, used or not.

**Its limits.** At two or three steps the layer holds what no picture brings about. What the network says then is what it
does outside of all that it has seen.

## 4. Concepts that nobody named

**The idea.** Automatic concept extraction, ACE, cuts the pictures of a class into pieces of one colour, coarse and fine,
reads each piece at a layer, and calls clusters of pieces that look alike to it concepts. Each is then tested as above.

> **Predict.** Two classes of the flowers of lesson 17: *red petals* and *yellow stem*. Which pieces will stand on top?
"""

# %%
flowers = xai_course.load_flowers("single", 240, seed=7)
network = networks.network(lab)
shape = lab.layout(flowers.pictures[:1]).shape[1:]
gardener = xai.wrap(network, classes=flowers.classes, bounds=(0, 1), input_shape=shape)
pictures = lab.layout(flowers.pictures)
extracted, purity = {}, {}
for kind, part in (("red petals", "petals"), ("yellow stem", "stem")):
    own = np.flatnonzero(flowers.labels == flowers.classes.index(kind))[:36]
    extracted[kind] = xai.ACE(runs=30)(gardener, pictures[own], xai.Logit(kind), layer="mean")
    purity[kind] = extracted[kind].purity({part: flowers.concepts[part][own]})[part]
tops = [one.patches[place][:6] for one in extracted.values() for place in range(2)]
gallery(
    [[patch if BACKEND == "keras" else np.moveaxis(patch, 0, -1) for patch in row] for row in tops],
    rows=[
        f"{kind}: {place + 1}\nadds {one.effects[place]:+.1f}\n{purity[kind][place]:.0%} pure"
        for kind, one in extracted.items()
        for place in range(2)
    ],
    side=80,
    sentence="The two concepts that add most to each class; pure are patches that are mostly of the part that tells it.",
)

# %%
assert purity["red petals"][:2].max() > 0.8
assert purity["yellow stem"].max() < 0.5

# %% [markdown]
r"""
**What it shows.** For red petals ACE finds the petals, and often green stems, which only the classes of petals have. For
the yellow stem it finds white petals, for the same reason, and ground; the one thing that tells the class it does not find.
A stem is three pixels wide, and no piece of one colour is a yellow stem. *A concept that the pieces cannot hold is not
found*, and the list does not say so.

**How much do concepts carry?** ConceptSHAP lets a layer know of some concepts alone: of each activation only its products
with their directions are kept. *Completeness* is the accuracy that is left, from 0 to 1, and the share of each concept is
its Shapley value (lesson 9).

> **Predict.** Six classes. How complete are five random directions?
"""

# %%
numbers = np.arange(len(flowers))
told = {
    kind: xai.Concept(
        kind,
        pictures[numbers[flowers.labels == label][:15]],
        counterpart=pictures[numbers[flowers.labels != label][:45]],
    )
    for label, kind in enumerate(flowers.classes)
}
some = pictures[120:]
shares_of = {
    count: xai.ConceptShap(list(told.values())[:count], draws=8)(gardener, some, "mean") for count in (2, 3, 5)
}
Table(
    ["concepts", "completeness", "of as many random directions", "share of each"],
    [
        [
            ", ".join(one.values),
            f"{one.completeness:.2f}",
            f"{one.random.mean():.2f}",
            " ".join(f"{value:.2f}" for value in one.values.values()),
        ]
        for one in shares_of.values()
    ],
    f"Of {len(flowers.classes)} classes.",
)

# %%
assert shares_of[5].completeness > 0.95
assert shares_of[5].random.mean() > 0.85
assert shares_of[5].random.mean() > shares_of[2].random.mean() + 0.1

# %% [markdown]
r"""
**What it shows.** Five directions are complete, and so are five random ones, nearly. No wonder: behind the layer is a
linear map onto six logits, and five numbers are enough to tell six classes apart. *Completeness proves nothing once there
are as many concepts as classes, less one.* Put random directions beside it, as many as there are concepts.

## What to remember

- Tell a concept by pairs: the same pictures, with it and without. All that differs is found.
- Report the effect in units of the logit, with its standard error, and put the true change beside it.
- Test it against random splits of the same pictures, and count how many are as large. Signs say little where the network is
  nearly linear.
- Many tests need many splits: the smallest *p* is one over one more than their number.
- Steering says whether a direction is used, and not only readable.
- Found concepts are those that the pieces can hold; complete are random directions, too.

## Further reading

- B. Kim, M. Wattenberg, J. Gilmer, C. Cai, J. Wexler, F. Viegas, R. Sayres (2018), *Interpretability Beyond Feature
  Attribution: Quantitative Testing with Concept Activation Vectors (TCAV)*, ICML.
- A. Ghorbani, J. Wexler, J. Zou, B. Kim (2019), *Towards Automatic Concept-based Explanations*, NeurIPS.
- C. Yeh, B. Kim, S. Arik, C. Li, T. Pfister, P. Ravikumar (2020), *On Completeness-aware Concept-Based Explanations in Deep
  Neural Networks*, NeurIPS.
"""
