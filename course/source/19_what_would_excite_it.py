# %% [markdown]
r"""
# 19. What would excite it?

{{badges}}

**Aim.** So far pictures were given, and we asked what the network makes of them. Now we turn it round: which picture would
the network answer to most? You let one grow, find out which of it is the network's and which is the regulariser's, begin with a
picture in place of noise, ask what a layer still knows of a picture, and lay all that a layer says out on a map.

**Time.** 55 to 65 minutes: growing a picture 20, regularisers 15, a unit and a picture 8, inversion 12, atlas 8.

**You need** lesson 6 (gradients, layers) and lesson 17 (units). No GPU and no training: three networks come with the
course, and the flowers are drawn here.

Activation maximisation is by Simonyan, Vedaldi and Zisserman (2014), with what Olah, Mordvintsev and Schubert (2017) added;
inversion by Mahendran and Vedaldi (2015); the atlas by Carter, Armstrong, Schubert, Johnson and Olah (2019).
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
from xai_course import lesson_19 as check
from xai_course.plots import Table, gallery

BACKEND = os.environ.get("XAI_BACKEND", "torch")  # or write "keras"
lab = xai_course.backend(BACKEND)
print(f"This notebook runs on {lab.FRAMEWORK}.")

# %% [markdown]
r"""
The flowers of lesson 16, and three networks of one kind: they began with other weights and saw the flowers in another order.
"""

# %%
flowers = xai_course.load_flowers("single", 60, seed=7)  # new to the networks
inputs = lab.layout(flowers.pictures)
models = {
    name: xai.wrap(network, classes=flowers.classes, bounds=(0, 1), input_shape=inputs.shape[1:])
    for name, network in zip(("one", "two", "three"), [networks.network(lab), *networks.others(lab)], strict=True)
}
model = models["one"]
scores = {name: each.scores(inputs) for name, each in models.items()}
for name, said in scores.items():
    print(
        f"Network {name} names {(said.argmax(axis=1) == flowers.labels).mean():.2f} of {len(flowers)} flowers rightly."
    )


def shown(x):
    """Return inputs as pictures, channels last."""
    return np.moveaxis(x, 1, -1) if BACKEND == "torch" else x


# %% [markdown]
r"""
## 1. A picture grows

**The idea.** Let $f_c(x)$ be the score of class $c$, before the softmax. Simonyan and others (2014) begin with a picture of
nothing and follow the gradient,

$$\max_x \; f_c(x) - \lambda\, R(x),$$

with a price $R$ on pictures that are unlikely. It has to be the score and not the probability: a probability can also grow by
making all other classes smaller, and where the network is sure it has no slope any more.

> **Predict.** What will a picture look like that excites "red petals": a red flower? Several? And what will the two other
> networks see in it?

Then click through the classes, and a few channels. Drag *Price of edges* to 0, and back.
"""

# %%
xai.excite(models, flowers.pictures, "red petals")

# %%
FREE = {"smoothness": 0, "contrast": 0, "blur": 0, "jitter": 0}
SHORT = {"steps": 64, "restarts": 1}


def grown(**options):
    """Return a picture for each class."""
    method = xai.ActivationMaximisation(**{**SHORT, **options})
    return [method(model, quantity=xai.Logit(name)) for name in flowers.classes]


free, kept = grown(**FREE), grown()
gallery(
    [list(shown(np.stack([one.values for one in row]))) for row in (free, kept)],
    columns=list(flowers.classes),
    rows=["free", "with\nregularisers"],
    side=100,
    sentence="Pictures that excite each class: noise without regularisers, coloured stripes with them.",
)


# %%
def agreement(pictures):
    """Return for how many classes each network sees the class that the picture was made for."""
    batch = np.stack([one.values for one in pictures])
    return [int((each.scores(batch).argmax(axis=1) == np.arange(6)).sum()) for each in models.values()]


real = kept[0].roughness_of(inputs)
largest = scores["one"].max()
Table(
    ["pictures", "score", "roughness", "network one sees the class", "network two", "network three"],
    [
        [
            name,
            f"{np.mean([one.score for one in row]):.0f}",
            f"{np.mean([one.roughness for one in row]):.2f}",
            *(f"{count} of 6" for count in agreement(row)),
        ]
        for name, row in (("free", free), ("with regularisers", kept))
    ]
    + [["real flowers", f"at most {largest:.0f}", f"{np.median(real):.2f}", "", "", ""]],
)

# %%
assert min(one.score for one in kept) > 3 * largest
assert min(one.roughness for one in free) > 4 * np.median(real)
assert np.mean([one.roughness for one in kept]) < 2.2 * np.median(real)
assert min(agreement(kept)) >= 5
assert np.mean(agreement(free)[1:]) >= 4

# %% [markdown]
r"""
**What it shows.** Not a flower. Red stripes for red petals, thin lines for stems: *textures*. No one of them has a shape, a
place or a pot. The network tells flowers by colours and edges, wherever they are, and a picture full of these excites it more
than any flower does, several times more.

The other networks see the same class. It is tempting to take that for proof that the picture shows what a class *is*. But they
mostly see it in the noise of the free picture, too, in which we see nothing. That networks agree says that they have learnt
alike, not that we would agree.

**Its limits.** What you look at is an *extreme*, far from all that the network was ever shown. And the regularisers
decide what it looks like: the next section shows how much.

## 2. What is the network's, and what the regulariser's

Four regularisers, each with a parameter in the settings of the widget:

- *smoothness*, the price of edges: $\tfrac12 \sum (x_i - x_j)^2$ over all pairs of neighbours, quadratic total variation;
- *contrast*, the price of the distance from plain grey, $\tfrac12 \sum (x_i - \tfrac12)^2$;
- *blur* every ten steps, which takes away what is fine and comes back;
- *jitter*, moving the picture to and fro from step to step (Olah and others 2017).

### Exercise 1: the slope of the price of edges

`x` is one plane, (height, width). Return the derivative of half the sum of the squared differences of neighbours, beside and
below each other, one number for each pixel.

<details><summary>A hint</summary>

Write down all terms in which one pixel $x_i$ stands. A pixel at the border has fewer neighbours.

</details>
"""


# %% only=student tags=exercise
def my_edges(x): ...  # your lines


check.edges(my_edges)


# %% only=wrong tags=wrong
def my_edges(x):
    return 4 * x - sum(np.roll(x, shift, axis) for axis in (0, 1) for shift in (1, -1))


check.edges(my_edges)


# %% only=solution tags=solution
def my_edges(x):
    down, right = np.diff(x, axis=0), np.diff(x, axis=1)
    found = np.zeros_like(x)
    found[1:] += down
    found[:-1] -= down
    found[:, 1:] += right
    found[:, :-1] -= right
    return found


check.edges(my_edges)

# %% [markdown]
r"""
With the absolute value in place of the square the slope would be plus or minus one however small a difference is: begun with
plain grey, nothing would ever move. That is why the square is used here, and why it begins with noise. And because one start
may fail where another finds its way, several are made, and the best is kept: the small pictures in the widget.

Now one regulariser at a time.
"""

# %%
space = (1, 2) if BACKEND == "torch" else (0, 1)  # the axes of height and width


def after_a_move(picture, label):
    """Return which part of the score is left when the picture is moved by one pixel."""
    moved = [np.roll(picture.values, shift, axis=space) for shift in ((0, 1), (1, 0), (1, 1))]
    return float(model.scores(np.stack(moved))[:, label].mean() / picture.score)


settings = {
    "none": {},
    "smoothness": {"smoothness": 5},
    "contrast": {"contrast": 1},
    "blur": {"blur": 0.5},
    "jitter": {"jitter": 2},
}
alone = {}
for name, setting in settings.items():
    method = xai.ActivationMaximisation(**{**SHORT, **FREE, **setting})
    alone[name] = [method(model, quantity=xai.Logit(label)) for label in (0, 3)]
left = {
    name: np.mean([after_a_move(one, at) for one, at in zip(row, (0, 3), strict=True)]) for name, row in alone.items()
}
rough = {name: np.mean([one.roughness for one in row]) for name, row in alone.items()}
gallery(
    [list(shown(np.stack([alone[name][place].values for name in settings]))) for place in (0, 1)],
    columns=list(settings),
    rows=["red petals", "red stem"],
    side=100,
    sentence="The same two classes under one regulariser at a time.",
)

# %%
Table(
    ["regulariser", "roughness", "score that is left after a move by one pixel"],
    [[name, f"{rough[name]:.2f}", f"{100 * left[name]:.0f} %"] for name in settings],
    f"Real flowers have a roughness of {np.median(real):.2f}.",
)

# %%
assert rough["smoothness"] < 0.4 * min(rough[name] for name in ("none", "blur", "jitter", "contrast"))
assert left["jitter"] > max(left[name] for name in ("none", "contrast", "blur", "smoothness"))
assert left["jitter"] > 2 * left["none"]

# %% [markdown]
r"""
### Exercise 2: which regulariser for which artefact

Two things may be wrong with such a picture: it is `"rough"`, neighbours have nothing to do with each other; or it is
`"brittle"`, moved by one pixel it excites nothing any more. Say which of the four helps most against each.

<details><summary>A hint</summary>

A column of the table for each of the two.

</details>
"""


# %% only=student tags=exercise
def my_regulariser(artefact): ...  # "smoothness", "contrast", "blur" or "jitter"


check.regulariser(my_regulariser)


# %% only=wrong tags=wrong
def my_regulariser(artefact):
    return {"rough": "blur", "brittle": "jitter"}[artefact]


check.regulariser(my_regulariser)


# %% only=solution tags=solution
def my_regulariser(artefact):
    return {"rough": "smoothness", "brittle": "jitter"}[artefact]


check.regulariser(my_regulariser)

# %% [markdown]
r"""
**What it shows.** The same network and the same class give quite different pictures, and each regulariser takes away
another fault. The free picture hangs on single pixels: it excites only exactly where it stands. What remains under all of
them is a better guess at what the network answers to. But no regulariser says so by itself; that it holds after a move, and in
other networks, has to be measured.

> **Any potential problem or limitation?** Which of these pictures would you have called "what the network has learnt", had
> somebody shown you only that one?

## 3. A unit and a given picture

**The idea.** Begin with a picture in place of noise, and stay near it: the price of contrast is then that of the distance from
this picture. So one sees what a unit would have more of *here* (Olah and others 2017).
In the widget: *Settings*, *Begins with the picture*.

> **Predict.** A channel of `relu2` is to say more of a flower. What will change: the petals, the stem, or the wall?
"""

# %%
unit = xai.Channel("relu2", 7)
near = xai.ActivationMaximisation(steps=48, restarts=1, noise=0.05, contrast=10)
begun = [near(model, unit, x) for x in inputs[:6]]
before = np.array([xai.ask(model, x, unit).score for x in inputs[:6]])
after = np.array([one.score for one in begun])
alike = [np.corrcoef(one.values.ravel(), x.ravel())[0, 1] for one, x in zip(begun, inputs, strict=False)]
print(
    f"Channel 7 says {np.median(after / before):.0f} times as much; the pictures correlate with the given ones by "
    f"{np.median(alike):.1f}."
)
gallery(
    [list(flowers.pictures[:6]), list(shown(np.stack([one.values for one in begun])))],
    rows=["given", "more of\nchannel 7"],
    side=100,
    sentence="Six flowers, and the same with more of what channel 7 responds to.",
)

# %%
assert np.all(after > before)
assert np.median(after / before) > 1.5
assert np.median(alike) > 0.6

# %% [markdown]
r"""
**What it shows.** The same stripes as from noise, faintly, on the wall, and what is red turns towards yellow. The flower is still
there. Lower the price of contrast, and the stripes take it over.

## 4. What does a layer still know?

**The idea.** Mahendran and Vedaldi (2015) look for *another* picture of which a layer says the same as of a given one,

$$\min_x \; \frac{\lVert \phi(x) - \phi(x_0) \rVert^2}{\lVert \phi(x_0) \rVert^2} + \lambda\, R(x),$$

where $\phi$ is the output of the layer. What is in $x_0$ and not in $x$, the layer has not kept.

> **Predict.** How deep can you go until you no longer recognise the flower? And what do the networks say then?

Drag the slider through the layers. Watch the relative error, the correlation, and what the two other networks see.
"""

# %%
xai.excite(models, flowers.pictures, method="feature_inversion", layer="relu2")

# %%
layers = ("relu1", "relu2", "relu3", "mean")
first = inputs[:6]
answers = model.scores(first).argmax(axis=1)
inverted = {layer: xai.FeatureInversion()(model, first, layer=layer) for layer in layers}
agree = {
    layer: [int((each.scores(found.values).argmax(axis=1) == answers).sum()) for each in models.values()]
    for layer, found in inverted.items()
}
gallery(
    [list(flowers.pictures[:6]), *(list(shown(found.values)) for found in inverted.values())],
    rows=["given", *layers],
    side=84,
    sentence="Six flowers, and what is left of them from layer to layer: flowers, blurred flowers, noise.",
)

# %%
Table(
    ["layer", "relative error", "correlation", "network one says the same", "network two", "network three"],
    [
        [
            layer,
            f"{100 * found.error.max():.1f} %",
            f"{found.correlation.mean():.1f}",
            *(f"{n} of 6" for n in agree[layer]),
        ]
        for layer, found in inverted.items()
    ],
    "How well the layer is met, how much of the picture came back, and what the networks make of it.",
)

# %%
came_back = {layer: found.correlation.mean() for layer, found in inverted.items()}
assert all(found.error.max() < 0.1 for found in inverted.values())
assert came_back["relu1"] > came_back["relu2"] > came_back["relu3"] > came_back["mean"]
assert came_back["relu2"] > 0.6
assert came_back["mean"] < 0.2
assert agree["relu2"][0] >= 5
assert agree["mean"][0] >= 5

# %% [markdown]
r"""
**What it shows.** All layers are met nearly exactly; the picture comes back from the first two alone. Behind the mean over all
places nothing is left of where anything was, and what comes out is noise to us: the network itself still says that it
is this flower. Two others need not: with most of the networks that we tried they see something else. Here nobody asked for a class: the network was only to have the same
inner state. It cannot tell the two pictures apart.

**Its limits.** Other pictures have the same output as well; which of them comes out depends on where it begins and on
$R$. A picture that does not come back may be the fault of the search and not of the layer: look at the error first. Deep layers
with rectifiers may all be off at plain grey; then nothing has a slope, which is why this begins with noise, too.

## 5. All that a layer says

**The idea.** One picture for each unit leaves out what units say together. An *activation atlas* (Carter and others 2019) takes
the activations at many places of many pictures, lays them out on a plane so that what is alike lies together, divides it into
cells, and shows what each cell stands for. Here in a small form: the plane is that of two principal components, and what is shown
is the mean of what the network sees at these places, of *real* pictures, with the share of each class.

> **Predict.** In which layer will a cell belong to one class: in `relu3`, or behind the mean over all places?
"""

# %%
atlas = {layer: xai.ActivationAtlas()(model, inputs, flowers.labels, layer=layer) for layer in ("relu3", "mean")}
patches = shown(atlas["relu3"].patches.reshape(-1, *atlas["relu3"].patches.shape[2:]))
side = int(np.sqrt(len(patches)))
cells = np.nan_to_num(patches, nan=1).reshape(side, side, *patches.shape[1:])
gallery(
    [list(cells[:, place]) for place in reversed(range(side))],
    side=48,
    sentence="A map of relu3: in each cell the mean of what the network sees there.",
)

# %%
Table(
    ["layer", "cells with something in them", "with more than 80 % of one class", "variance on the map"],
    [
        [layer, int((one.counts > 0).sum()), f"{100 * one.pure():.0f} %", f"{100 * one.factors.explained.sum():.0f} %"]
        for layer, one in atlas.items()
    ],
)

# %%
assert atlas["relu3"].pure() < 0.5
assert atlas["mean"].pure() > atlas["relu3"].pure() + 0.3

# %% [markdown]
r"""
**What it shows.** In `relu3` neighbours on the map are alike to the eye: petals of one colour, stems, pots, wall. Few
cells belong to one class, because a place alone does not tell it: most places show wall or pot. Behind the mean most
cells are of one class: there the network has made up its mind.

**Its limits.** Two components are a part of the variance. What lies side by side on the map may be far apart in the layer, and
another layout is another map.
"""

# %% [markdown]
r"""
## What to remember

- A picture that excites a class is an extreme, not an example. Here it is a texture, and no flower.
- Without regularisers it is noise, and other networks may see the class in it all the same. That networks agree is no proof that
  a picture makes sense to us.
- Each regulariser takes another fault away, and puts something of its own into the picture. Say which ones there are.
- Maximise scores, not probabilities; begin with noise, several times.
- What a layer does not keep, the network cannot use. From behind the mean noise comes back that this network
  takes for the flower.

## Further reading

- K. Simonyan, A. Vedaldi, A. Zisserman (2014), *Deep Inside Convolutional Networks: Visualising Image Classification Models
  and Saliency Maps*, ICLR Workshop.
- A. Mahendran, A. Vedaldi (2015), *Understanding Deep Image Representations by Inverting Them*, CVPR.
- C. Olah, A. Mordvintsev, L. Schubert (2017), *Feature Visualization*, Distill.
- S. Carter, Z. Armstrong, L. Schubert, I. Johnson, C. Olah (2019), *Activation Atlas*, Distill.
"""
