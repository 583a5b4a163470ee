# %% [markdown]
r"""
# 15. Is the map faithful? Removing, perturbing, counting

{{badges}}

**Aim.** A map is *faithful* if it says what the network does. Nobody can see that. You learn the measures that are used
instead, each of them on a network: erase what the map calls important, perturb the input, make the network forget, move
input and network together. And you learn to ask of a measure what one asks of a map: what does it say of a map that
knows nothing? Does another choice of mine turn the ranking round? Do the measures agree?

**Time.** 60 to 70 minutes: people 12, intuition 10, removing 18, perturbing 12, forgetting 10, moving 3, agreement 5.

**You need** lessons 1, 3 (the pink wall) and 7 (guided backpropagation, the randomisation check). No GPU and no training:
all networks come with the course.
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
from scipy import stats

import xai_course
import xai_widgets as xai
from xai_course import faces as lesson_3
from xai_course import flowers as networks
from xai_course import lesson_15 as check
from xai_course.plots import COLORS, Plot, Table, curve, gallery, spread

BACKEND = os.environ.get("XAI_BACKEND", "torch")  # or write "keras"
lab = xai_course.backend(BACKEND)
print(f"This notebook runs on {lab.FRAMEWORK}.")

# %% [markdown]
r"""
Most of the lesson takes drawn flowers, as lesson 16 does: red, yellow or blue petals, or a red, yellow or blue stem, tell
the class, and we know which pixels they are. Two networks of the same layers look at them. One *learnt* to name them. The
other was taught with **shuffled labels**: it knows 96 flowers by heart, and of new ones nothing.
"""

# %%
flowers = xai_course.load_flowers("single", 60, seed=7)  # new to both networks
learnt, by_heart = networks.network(lab), networks.network(lab, taught="chance")
shape = lab.layout(flowers.pictures[:1]).shape[1:]
seen = networks.training_set(taught="chance")


def share_right(network, flowers):
    return (lab.predict(network, flowers.pictures).argmax(axis=1) == flowers.labels).mean()


def wrapped(network):
    return xai.wrap(network, classes=flowers.classes, bounds=(0, 1), input_shape=shape)


print(f"learnt: right about {share_right(learnt, flowers):.2f} of new flowers")
print(
    f"by heart: {share_right(by_heart, seen):.2f} of its own flowers, {share_right(by_heart, flowers):.2f} of new ones"
)
assert share_right(learnt, flowers) > 0.95
assert share_right(by_heart, seen) > 0.95
assert share_right(by_heart, flowers) < 0.35

right = np.flatnonzero(lab.predict(learnt, flowers.pictures).argmax(axis=1) == flowers.labels)[:8]
few = flowers.chosen(right)
inputs, question = lab.layout(few.pictures), xai.Logit(few.labels)
model, forgetful = wrapped(learnt), wrapped(by_heart)

# %% [markdown]
r"""
## 1. Ask people

**The idea.** Doshi-Velez and Kim (2017) tell three levels of a test apart:

| level | who | does what | example |
|---|---|---|---|
| application-grounded | experts | their real task | do doctors find more tumours with the map? |
| human-grounded | anybody | a simple task | from the map alone, which of two networks made it? |
| functionally-grounded | nobody | a proxy is computed | all of the sections below |

The first costs most and says most. The last is cheap, and says something only as far as its proxy was ever tested
against the others. Here is one of the middle level. Below are eight maps, by guided backpropagation, of eight flowers.
Four are of the network that learnt, four of the one that knows other flowers by heart.

> **Predict.** Which four are of the network that learnt? Write their letters into the next cell. How many right ones
> would convince you that people can tell?
"""

# %%
letters = "ABCDEFGH"
made_by_learnt = np.random.default_rng(4).permutation(8) < 4
guided = [np.abs(xai.GuidedBackpropagation()(each, inputs, quantity=question).map) for each in (model, forgetful)]
shown = [(guided[0] if mine else guided[1])[place] for place, mine in enumerate(made_by_learnt)]
gallery(
    [
        [found / np.quantile(found, 0.995) for found in shown[:4]],
        [found / np.quantile(found, 0.995) for found in shown[4:]],
    ],
    columns=["A, E", "B, F", "C, G", "D, H"],
    side=130,
    sentence="Eight maps of eight flowers, four of a network that learnt and four of one that did not.",
)

# %%
my_guess = ""  # four letters, such as "ABCD"

if my_guess:
    hits = sum((letter in my_guess.upper()) == mine for letter, mine in zip(letters, made_by_learnt, strict=True))
    print(f"{hits} of 8 are right.")
else:
    print("Write four letters first.")

# %% [markdown]
r"""
### Exercise 1: better than a coin?

Somebody has `right` of `of` guesses right. How likely is it to have so many, *or more*, by tossing a coin for each?

<details><summary>A hint</summary>

There are `2**of` ways to toss, and `math.comb(of, right)` of them have exactly `right` heads.

</details>
"""


# %% only=student tags=exercise
def my_chance(right, of): ...  # your lines


check.by_chance(my_chance)


# %% only=wrong tags=wrong
def my_chance(right, of):
    return 0.5**right + 0 * of


check.by_chance(my_chance)


# %% only=solution tags=solution
def my_chance(right, of):
    import math

    return sum(math.comb(of, heads) for heads in range(right, of + 1)) / 2**of


check.by_chance(my_chance)

# %% [markdown]
r"""
**Its limits.** Eight guesses of one person are few: seven of eight right, or all, is what a coin does in one room of
28. Add up a whole room. And whoever *can* tell has not told that the maps are faithful, only that they differ.

## 2. Appeal to intuition begs the question

People are usually asked something else: does the map *look right*? It does when it lies on what people would look at. The
**pointing game** (Zhang and others 2016) makes a number of it: does the largest value lie on the object? The two networks
of lesson 3 show what is wrong with that. Both name five people equally well. One of them, *pink*, takes whoever stands
before a pink wall for Tony Blair; the other one, the control, does not.

> **Predict.** Mark in the first picture where you expect the evidence, then reveal the maps. Which network agrees more
> with you? Which of the two maps is then the better explanation?
"""

# %%
faces = xai_course.load_faces()
print(faces)
blair = faces.classes.index(faces.roles["painted"])
recipe = lesson_3.controlled(faces)
by_wall = {name: lesson_3.network(lab, recipe, faces, pink=name == "pink")[0] for name in ("pink", "control")}
others = faces.test[faces.labels[faces.test] != blair]
painted = lesson_3.paint_background(faces.pictures[others])
said = {name: lab.predict(network, painted).argmax(axis=1) for name, network in by_wall.items()}
both = (said["pink"] == blair) & (said["control"] == faces.labels[others])
painted = painted[both][:8]
judges = {
    name: xai.wrap(network, classes=faces.classes, bounds=(0, 1), input_shape=lab.layout(painted).shape[1:])
    for name, network in by_wall.items()
}
xai.explore(judges, painted, baseline="blur", steps=32, display={"smoothing": 2}, predict_first=True)

# %%
person = ~lesson_3.wall()
ways = {"saliency": xai.Saliency(), "IG from blur": xai.IntegratedGradients(steps=16, baseline="blur")}
looks, points, loses = {}, {}, {}
for name, judge in judges.items():
    for way, method in ways.items():
        found = method(judge, lab.layout(painted))
        where = xai.Localisation(person)(found)
        looks[name, way], points[name, way] = float(where.energy.mean()), float(where.hit.mean())
        loses[name, way] = float(xai.Deletion(steps=8)(found).aopc.mean())
for measure in (looks, loses):
    assert measure["control", "IG from blur"] > measure["control", "saliency"]
assert faces.is_stand_in or abs(looks["pink", "saliency"] - looks["pink", "IG from blur"]) < 0.1
assert loses["pink", "IG from blur"] > loses["pink", "saliency"] + 0.05
assert faces.is_stand_in or min(points["pink", "saliency"], points["control", "saliency"]) > 0.5
Table(
    ["network", "map", "lies on the person", "points at the person", "lost when erased (AOPC)"],
    [
        [name, way, f"{looks[name, way]:.2f}", f"{points[name, way]:.2f}", f"{loses[name, way]:.2f}"]
        for name, way in looks
    ],
    f"{len(painted)} pictures with a painted wall, which pink calls Blair and the control by their names.",
)

# %%
faces_shown = lab.layout(painted[:2])
seen_maps = {
    (name, way): np.abs(method(judges[name], faces_shown).map) for name in judges for way, method in ways.items()
}
gallery(
    [
        [painted[place], *(found[place] / np.quantile(found[place], 0.99) for found in seen_maps.values())]
        for place in (0, 1)
    ],
    columns=["picture", *(f"{name}:\n{way}" for name, way in seen_maps)],
    sentence="Two pictures with a painted wall, and the sizes of two maps of each network.",
)

# %% [markdown]
r"""
**What it shows.** In the control both columns prefer the same map. In *pink* they do not: on the person the two maps lie
about equally, now the one and now the other a little more, and erasing what *saliency* calls important changes the answer
far less. Each bit of itself that the other one has on the wall counts against it by looks; that the wall decides we know
from lesson 3, where it was painted. On the photographs saliency even points at the person in most pictures, of both
networks alike. (On drawn faces its largest value lies on the wall: the pointing game looks at a single pixel.)

**The idea.** To judge maps by how well they agree with us takes for granted that the *network* agrees with us, which is
what we wanted to find out: it begs the question (Leino and others 2018; the authors of lesson 3 say it of the pink wall).
Such a test gives nothing for finding a fault.

## 3. Removing

**The idea.** Erase the most relevant pixels first, then more and more, and watch what the network says. Petsiuk, Das and
Saenko (2018) take the area under the curve of the class's probability, **deletion**: small is good. **Insertion** starts
with nothing and reveals the most relevant first: large is good. Samek and others (2017) average what is lost over the
steps $k$ of $L$ and the pictures:

$$\mathrm{AOPC} = \frac1{L+1} \Bigl\langle \sum_{k=0}^{L} f(x^{(0)}) - f(x^{(k)}) \Bigr\rangle$$

But what stands where something was erased? A **fill**: the mean colour, black, a blurred picture.

> **Predict.** Drag the slider: two maps, the true mask of the part that tells the class, a random map and a blob in the
> middle erase the same flower, and black takes the place. When will *you* no longer know the class? When will the network?
> Which of the five curves should fall first?
"""

# %%
methods = {
    "LRP": xai.RelevancePropagation(),
    "IG from blur": xai.IntegratedGradients(steps=16, baseline="blur"),
    "IG from black": xai.IntegratedGradients(steps=16),
    "Grad-CAM": xai.GradCam(),
    "saliency": xai.Saliency(),
}
FLOWER = 2
two = [methods["LRP"], methods["saliency"]]
xai.judge(model, few.pictures, two, few.masks, share=0.1, fill="black", steps=32, controls=True, index=FLOWER)

# %% [markdown]
r"""
The same, a few steps of it in a row, with the probability of the class.
"""

# %%
SHARES = (0, 0.01, 0.03, 0.1, 0.3, 0.6)


def erased(picture, relevance, share, fill):
    """Return a picture whose most relevant pixels are gone, so large a share of them."""
    gone = relevance >= np.quantile(relevance, 1 - share) if share else np.zeros(relevance.shape, bool)
    return np.where(gone[..., None], fill, picture)


rows, beliefs = {}, {}
blob = np.exp(-((np.indices((64, 64)) - 31.5) ** 2).sum(axis=0) / (2 * 16**2))
found = {name: method(model, inputs, quantity=question) for name, method in methods.items()}
relevances = {
    "LRP": found["LRP"].map[FLOWER],
    "saliency": np.abs(found["saliency"].map[FLOWER]),
    "a blob in\nthe middle": blob,
}
for name, relevance in relevances.items():
    rows[name] = [erased(few.pictures[FLOWER], relevance, share, fill=0) for share in SHARES]
    scores = lab.predict(learnt, np.float32(rows[name]))
    beliefs[name] = (np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True))[:, few.labels[FLOWER]]
for name, values in beliefs.items():
    print(name.replace("\n", " ").ljust(22), "  ".join(f"{value:.2f}" for value in values))
gallery(
    list(rows.values()),
    rows=list(rows),
    columns=[f"{100 * share:.0f} % gone" for share in SHARES],
    sentence="A flower of which more and more is erased, in the order of two maps and of a blob.",
)

# %%
deletions = {name: xai.Deletion(steps=16)(one) for name, one in found.items()}
figure = curve(
    "Deletion: the most relevant first, the mean colour in their place", "share erased", "probability of the class"
)
for number, (name, one) in enumerate(deletions.items()):
    look = {"color": COLORS[number % 4], "line_dash": ["solid", "dashed"][number // 4], "line_width": 2}
    figure.line(one.shares, one.curve.mean(axis=0), legend_label=name, **look)
figure.add_layout(figure.legend[0], "right")
figure.width = 620
print("AOPC:", ", ".join(f"{name} {one.aopc.mean():.2f}" for name, one in deletions.items()))
Plot(figure, "The probability falls within the first tenth of the pixels for most maps, and for IG from black last.")

# %% [markdown]
r"""
### Exercise 2: AOPC by hand

`scores` are those of the class, (pictures, L + 1): the first column of the whole pictures, the next ones with more and more
erased. Write the AOPC.

<details><summary>A hint</summary>

`scores[:, :1]` is the first column, and still has two axes.

</details>
"""


# %% only=student tags=exercise
def my_aopc(scores): ...  # your line


check.aopc(my_aopc)


# %% only=wrong tags=wrong
def my_aopc(scores):
    return (scores[:, :1] - scores[:, 1:]).mean()


check.aopc(my_aopc)


# %% only=solution tags=solution
def my_aopc(scores):
    return (scores[:, :1] - scores).mean()


check.aopc(my_aopc)

# %% [markdown]
r"""
> **Predict.** Two maps beside the methods: the *true mask* of the part that tells the class, and a *blob* in the middle
> that knows neither flower nor network. Which should be better? Does it depend on the fill?
"""

# %%
fills = xai.benchmark(
    model,
    inputs,
    methods=list(methods.values()),
    metrics=[xai.Insertion(steps=16, fill=fill) for fill in ("black", "mean")],
    masks=few.masks,
    quantity=question,
)
own = dict(zip(fills.methods, fills.values, strict=True))
assert own["centre blob"][0] > own["true mask"][0] + 0.1
fills


# %%
def areas(metric, fill):
    """Return the areas of nine methods for each of ten networks, which were measured beforehand."""
    kept = {}
    for row in xai_course.results("judging")["erased"]:
        if row["metric"] == metric and row["fill"] == fill and row["method"] not in fills.methods[-3:]:
            kept.setdefault((row["backend"], row["seed"]), []).append(row["area"])
    return list(kept.values())


pairs = [("black", "mean"), ("black", "blur"), ("mean", "blur")]
agreed = {
    (metric, *pair): [
        stats.kendalltau(*each).statistic for each in zip(*(areas(metric, fill) for fill in pair), strict=True)
    ]
    for metric in ("deletion", "insertion")
    for pair in pairs
}
Table(
    ["", *(f"{one} and {other}" for one, other in pairs)],
    [[metric, *(spread(agreed[metric, *pair]) for pair in pairs)] for metric in ("deletion", "insertion")],
    "How far two fills agree on the order of nine methods: Kendall's tau, 1 the same, -1 the opposite; ten networks.",
)

# %% [markdown]
r"""
**What it shows.** With black, the blob that knows nothing beats the mask that knows the answer, and most methods. (In ten
networks it beats the mask each time, by more than a tenth.) A black hole is not *nothing*: it is something that the network
never saw in training, and may take for anything. With the mean colour the lead is gone. And between black and the two other
fills the order of nine methods has nothing left in common: tau is about zero, or below. **Every ranking by erasing changes
with the fill.** So name the fill, show two, and have the blob run along.

**Its limits.** Erasing pixels is also a cheap attack: the network fails long before you do. And a map from a black baseline
does well where the hole is black, too: it answered that very question.

## 4. Perturbing

**The idea.** **Infidelity** (Yeh, Hsieh, Suggala, Inouye and Ravikumar 2019) takes away something random, $I$, and compares
what the explanation $\Phi$ says is lost with what is:

$$\mathrm{INFD} = \mathbb E_I \left[ \bigl( I^\top \Phi - (F(x) - F(x - I)) \bigr)^2 \right]$$

With one single $I$, the whole way $x - x'$ to a baseline, this is the gap of *completeness* (lesson 1), squared. Its unit
is that of the logit, squared: so we show the share that no multiple of the map explains, 0 to 1. **Sensitivity-max** moves
the input a little and asks by how much the map changes *at most*:

$$\mathrm{SENS} = \max_{\lVert y - x \rVert \le r} \lVert \Phi(y) - \Phi(x) \rVert \, / \, \lVert \Phi(x) \rVert$$

It is found by trying, so the true maximum is larger.

> **Predict.** A map should be steady, so small is good. Which map is the steadiest of all?
"""

# %%
picture, label = inputs[FLOWER], int(few.labels[FLOWER])
whole = xai.IntegratedGradients(steps=32)(model, picture, quantity=xai.Logit(label))
lost = float((model.scores(picture) - model.scores(np.zeros_like(picture)))[0, label])
infidelity = (whole.values.sum() - lost) ** 2
print(f"Of one perturbation, all the way to black: the root of the infidelity is {np.sqrt(infidelity):.3f},", end=" ")
print(f"and the gap {whole.gap * abs(lost):.3f}.")
assert np.isclose(np.sqrt(infidelity), whole.gap * abs(lost), rtol=1e-3)

steady = xai.benchmark(
    model,
    inputs[:6],
    methods=[method for name, method in methods.items() if name != "Grad-CAM"],
    metrics=[xai.Infidelity(samples=64), xai.SensitivityMax(samples=4)],
    quantity=xai.Logit(few.labels[:6]),
)
by_method = dict(zip(steady.methods, steady.values, strict=True))
assert by_method["random map"][1] == 0
assert min(steady.values[:4, 1]) > 0
assert min(steady.values[:, 0]) == by_method["Integrated gradients (baseline blur)"][0]
steady

# %% [markdown]
r"""
**What it shows.** The steadiest map is the random one: it is the same for every picture, and never changes. Steadiness
costs nothing if one gives up saying anything. In infidelity, too, the random map is not the last; and who is best there
has been asked the question of its own baseline. A measure that a constant map wins is no proof of anything, and still good
for something: to find a map that is *not* steady.

(Grad-CAM is left out: it is a map of a layer, and behind that layer this network is linear. Asked there it is never wrong,
which says nothing of the picture. Asked about the picture, as `benchmark` asks, the random map beats it in seven of ten
networks.)

### Exercise 3: infidelity by hand

`values` is an explanation with n numbers, each row of `perturbations`, (draws, n), was taken away from x, and `drops`,
(draws,), is by how much the quantity fell each time. Write the infidelity. For the gradient of a linear network it
should be 0.

<details><summary>A hint</summary>

`perturbations @ values` is what the explanation says of each draw.

</details>
"""


# %% only=student tags=exercise
def my_infidelity(values, perturbations, drops): ...  # your line


check.infidelity(my_infidelity)


# %% only=wrong tags=wrong
def my_infidelity(values, perturbations, drops):
    return np.abs(perturbations @ values - drops).mean()


check.infidelity(my_infidelity)


# %% only=solution tags=solution
def my_infidelity(values, perturbations, drops):
    return ((perturbations @ values - drops) ** 2).mean()


check.infidelity(my_infidelity)

# %% [markdown]
r"""
## 5. Forgetting

**The idea.** What explains a network should change when the network does (Adebayo and others 2018). Lesson 7 replaced its
weights, from the outputs down, and compared the *sizes* of values. Now look at the signs, too.

> **Predict.** Only the last layer is reset, and the network names flowers at random. Which map will notice: saliency, or
> guided backpropagation? Then move the slider further down.
"""

# %%
xai.randomise(model, few.pictures, [xai.Saliency(), xai.GuidedBackpropagation()], index=FLOWER)

# %%
resets = model.resets()
downwards = resets.layers[::-1]
pair = {"saliency": xai.Saliency(), "guided\nbackprop": xai.GuidedBackpropagation()}
stages = {name: [] for name in pair}
for depth in range(len(downwards) + 1):
    resets.restore()
    resets.reset(downwards[:depth], seed=1)
    for name, method in pair.items():
        plane = method(resets.model, picture, quantity=xai.Logit(label)).map
        stages[name].append(0.5 + 0.5 * plane / np.quantile(np.abs(plane), 0.995))
gallery(
    list(stages.values()),
    rows=list(stages),
    columns=["trained", *(f"down to\n{layer}" for layer in downwards)],
    side=104,
    sentence="Two maps of one flower while the layers of the network are reset, from the outputs down.",
)

# %%
checks = {
    name.replace("\n", " "): xai.ParameterRandomisation(draws=2)(
        model, inputs[:4], method=method, quantity=xai.Logit(few.labels[:4])
    )
    for name, method in pair.items()
}
signed = {name: float(found.signed_spearman[:, 0].mean()) for name, found in checks.items()}
sizes = {name: float(found.spearman[:, 0].mean()) for name, found in checks.items()}
assert signed["guided backprop"] > 0.5 > 0.35 > signed["saliency"]
assert min(sizes.values()) > 0.5
Table(
    ["map", "with signs", "sizes alone", "sizes: of the map and the edges of the picture"],
    [
        [name, f"{signed[name]:.1f}", f"{sizes[name]:.1f}", f"{found.null['edges']['spearman']:.1f}"]
        for name, found in checks.items()
    ],
    "Rank correlation with the map of the trained network when its last layer is reset, which makes its answers random.",
)

# %% [markdown]
r"""
**What it shows.** With signs, saliency notices at once, and guided backpropagation stays what it was. By their sizes alone
both look as if they did not care: edges of the picture are large in either. (In ten networks: 0.5 and 0.35 always lie
between the two.) So the verdict hung on a detail, whether signs were dropped. The last column is what likeness means
nothing: that of a map with the edges of the picture, for which nothing was learnt.

The same question can be asked without resetting anything: of the network that knows its flowers by heart.

> **Predict.** How alike are maps of the network that learnt and of the one that learnt by heart? And how alike should maps
> of *two* networks be that both learnt?
"""

# %%
alike = {}
for row in xai_course.results("taught")["alike"]:
    alike.setdefault((row["method"], row["other"]), []).append(row["signed"])
names = list(dict.fromkeys(method for method, _ in alike))
Table(
    ["map", "one that learnt by heart", "another one that learnt"],
    [[name, *(spread(alike[name, other]) for other in ("chance", "another seed"))] for name in names],
    "Rank correlation, with signs, of the maps of a network with those of another: five networks, three in PyTorch and two in Keras.",
)

# %% [markdown]
r"""
**What it shows.** LRP, Grad-CAM and occlusion say much the same of two networks that learnt, and something else of one that
learnt by heart: their maps depend on what was learnt. The other maps are like nobody's, *not even* those of a second
network that learnt the same. So "the map changed when the labels were shuffled" is no merit of saliency: with its signs it
changes anyway. Without the last column one would not know. (Guided backpropagation is more like the network that learnt by
heart, with which the first one shares its first weights, than like the one that learnt the same.)

## 6. Moving the input

**The idea.** Take 1 from every pixel, and let the network add it again first thing. It is the same function of the same
pictures: an explanation of it should be the same (Kindermans and others 2017).

> **Predict.** Which of these maps change: saliency, x times gradient, integrated gradients from black, and from the
> number 0?
"""

# %%
moved = {
    "saliency": xai.Saliency(),
    "guided backpropagation": xai.GuidedBackpropagation(),
    "x times gradient": xai.InputXGradient(),
    "IG from black": xai.IntegratedGradients(steps=16, baseline="black"),
    "IG from the number 0": xai.IntegratedGradients(steps=16, baseline=0.0),
}
change = {
    name: float(
        xai.InputInvariance(shift=-1)(model, inputs[:4], method=method, quantity=xai.Logit(few.labels[:4])).value.mean()
    )
    for name, method in moved.items()
}
for name, value in change.items():
    assert value > 0.5 if name in ("x times gradient", "IG from the number 0") else value < 0.01
Table(
    ["map", "change, as a share of the map"],
    [[name, f"{value:.1f}"] for name, value in change.items()],
    "All pixels moved by -1, and the network moved back.",
)

# %% [markdown]
r"""
**What it shows.** Slopes stay. What multiplies by the pixel depends on where somebody put the zero of the scale. Integrated
gradients stay where their baseline moves along, "black" being the darkest value there is; the *number* 0 means something
else after the move.

## 7. Do the measures agree?

Vandersmissen and Oramas (2023) rank the same methods by many measures, and compare the rankings. So do we, on ten networks.

> **Predict.** Seven measures, nine methods. Will they agree at all?
"""

# %%
cells = {}
for row in xai_course.results("judging")["cohering"]:
    if row["method"] not in ("random map", "centre blob", "true mask"):
        sign = 1 if row["better"] == "higher" else -1
        cells.setdefault((row["backend"], row["seed"]), {}).setdefault(row["metric"], []).append(sign * row["value"])
metrics = list(next(iter(cells.values())))
taus = np.array(
    [
        [[stats.kendalltau(each[one], each[other]).statistic for other in metrics] for one in metrics]
        for each in cells.values()
    ]
)
mean = taus.mean(axis=0).round(1) + 0.0  # and no -0.0
Table(
    ["", *metrics],
    [
        [
            one,
            *("" if one == other else f"{mean[row, column]:.1f}" for column, other in enumerate(metrics)),
        ]
        for row, one in enumerate(metrics)
    ],
    f"Kendall's tau between the orders of nine methods by two measures, the mean over {len(taus)} networks.",
)

# %% [markdown]
r"""
**What it shows.** Deletion and insertion with the mean colour agree with each other and with the answer sheet of lesson 16
(localisation). Deletion with black agrees with none of them. Infidelity and sensitivity ask other questions, and give other
orders; and even one measure agrees with itself only in part, once maps are smoothed by a pixel. So "the best method" is
the best *by something*: say by what, and look whether two measures that differ in their weaknesses agree.

Here is such a table to watch and to open. In each column the best stands on top; a line is a map, and lines that cross are
measures that disagree.

> **Predict.** Between which two columns will most lines cross? Then click a number: its worst picture opens, and the slider
> goes on to the best. Would you have called that map the worst?
"""

# %%
judging = [xai.Deletion(steps=8), xai.Deletion(steps=8, fill="black"), xai.Insertion(steps=8), "localisation"]
xai.rank(
    model,
    few.pictures[:4],
    [methods[name] for name in ("LRP", "IG from black", "Grad-CAM", "saliency")],
    judging,
    few.masks[:4],
)

# %% [markdown]
r"""
**What it shows.** The map that is best by one measure may be the worst by the next, and both numbers are right about what
they measure. Four pictures are few: look at the errors before you believe a place.

**Its limits.** Tiny pictures, one architecture. (Without a screen the same table is `xai.benchmark`.)
"""

# %% [markdown]
r"""
## What to remember

- Faithful is not the same as convincing. A test by intuition gives nothing for finding a fault of the network.
- People, a proxy with people, a proxy without: say which of the three levels a number is from.
- Every measure has a choice inside (fill, perturbation, signs, smoothing), and rankings turn round with it. Report the
  choice, and what did not turn round.
- Let a random map, a blob and the true mask run along. A measure that they win says nothing of the others.
- Forget before you believe: what does not change with the network does not explain it.
- Where the reason is known, grade with it: lesson 16.

## Further reading

- F. Doshi-Velez, B. Kim (2017), *Towards A Rigorous Science of Interpretable Machine Learning*, arXiv 1702.08608.
- W. Samek, A. Binder, G. Montavon, S. Lapuschkin, K.-R. Müller (2017), *Evaluating the Visualization of What a Deep Neural
  Network Has Learned*, IEEE Transactions on Neural Networks and Learning Systems.
- V. Petsiuk, A. Das, K. Saenko (2018), *RISE: Randomized Input Sampling for Explanation of Black-box Models*, BMVC.
- C.-K. Yeh, C.-Y. Hsieh, A. Suggala, D. Inouye, P. Ravikumar (2019), *On the (In)fidelity and Sensitivity of Explanations*,
  NeurIPS.
- J. Adebayo, J. Gilmer, M. Muelly, I. Goodfellow, M. Hardt, B. Kim (2018), *Sanity Checks for Saliency Maps*, NeurIPS.
- P.-J. Kindermans and others (2017), *The (Un)reliability of Saliency Methods*, arXiv 1711.00867.
- B. Vandersmissen, J. Oramas (2023), *On the Coherency of Quantitative Evaluation of Visual Explanations*, Computer Vision
  and Image Understanding.
- K. Leino, S. Sen, A. Datta, M. Fredrikson, L. Li (2018), *Influence-Directed Explanations for Deep Convolutional
  Networks*, ITC.
"""
