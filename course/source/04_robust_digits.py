# %% [markdown]
r"""
# 4. Explanations of a network that cannot be fooled nearby

{{badges}}

**Aim.** You fool a network that reads 99 % of the test digits, by changes that you would hardly notice. Then you meet a
network with a promise: around each picture it has a radius within which *nothing* changes its answer, and that can be
proved. You compute the radius, and you compare the explanations of both networks, by eye and in numbers.

**Time.** 80 to 90 minutes: networks 5, fooling 15, certificates 20, training and what it promises 20, explanations 15,
boundary 10.

**You need** lesson 1 (saliency, SmoothGrad, integrated gradients), and what the length of a vector and a matrix product
are. No GPU. Without a network connection the notebook takes digits that come with scikit-learn, and trains for half a
minute.
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
import dataclasses
import os

import numpy as np
from scipy import ndimage

import xai_course
import xai_widgets as xai
from xai_course import gloro, robust
from xai_course import lesson_04 as check
from xai_course.networks.weights import initial_weights
from xai_course.plots import COLORS, Plot, Table, curve, gallery, linked, summary

BACKEND = os.environ.get("XAI_BACKEND", "torch")  # or write "keras"
lab, training = xai_course.backend(BACKEND), gloro.backend(BACKEND)
print(f"This notebook runs on {lab.FRAMEWORK}.")

# %%
digits = xai_course.load_digits(train=1400)
digits

# %% [markdown]
r"""
## Three networks

All three have two convolutions (16 and 32 channels of 4 x 4, stride 2) and two dense layers (100 and 10 units):
"2C2F" of Leino, Wang and Fredrikson (2021). They differ in two things only.

| | activation | training |
|---|---|---|
| ReLU | $\max(z, 0)$ | standard |
| MinMax | sorts pairs of channels | standard |
| robust | sorts pairs of channels | GloRo, which is explained below |

MinMax stands between: it tells what the activation does, and what the training does. For MNIST the weights come with
the course. For scikit-learn's digits the next cell trains the networks once and keeps them.
"""

# %%
networks = gloro.digit_networks(digits, BACKEND)
logits = {name: lab.predict(network, digits.x_test) for name, network in networks.items()}
correct = {name: f.argmax(axis=1) == digits.y_test for name, f in logits.items()}
for name in networks:
    print(f"{name:6} reads {correct[name].mean():.0%} of the test digits correctly.")
    assert correct[name].mean() > 0.96

# %%
bounds = {name: gloro.bounds_of(gloro.KINDS[name][0], lab.weights_of(network)) for name, network in networks.items()}
radii = {name: gloro.radii(logits[name], bounds[name]) for name in networks}  # what this is comes in section 2
suitable = np.all(list(correct.values()), axis=0) & (radii["robust"] > gloro.MNIST.epsilon)
chosen = [np.flatnonzero((digits.y_test == digit) & suitable)[0] for digit in range(10)]
pictures = digits.x_test[chosen]  # channels last, as pictures usually are
inputs = lab.layout(pictures)  # as the networks take them
models = {
    name: xai.wrap(network, classes=digits.classes, bounds=(0, 1), input_shape=inputs[0].shape)
    for name, network in networks.items()
}
models["robust"]

# %% [markdown]
r"""
## 1. The same digit, and another answer

Szegedy and others (2014) found that one can take a picture that a network reads well, change it so little that nobody
minds, and get any other answer. Such a picture is called an **adversarial example**.

We measure the size of a change by its length, $\|\delta\|_2 = \sqrt{\sum_i \delta_i^2}$. To have a feeling for it: one
pixel turned from black to white has the length 1, and so have all 784 pixels changed by 0.036.

> **Predict.** The standard networks read 99 % of the digits. What length must a change have to turn a 4 into something
> else: 0.1, 1 or 5? And where will the change lie: on the stroke, around it, or anywhere?
"""

# %%
attack = xai.ProjectedGradientDescent(norm="l2", epsilon=1.5, steps=40)
found = {name: attack(model, inputs) for name, model in models.items()}
rows = []
for name in ("ReLU", "robust"):
    moved = found[name].values.reshape(pictures.shape)  # with one channel this is all that channels last takes
    rows += [moved, 0.5 + 2 * (moved - pictures)]
assert max(example.distance.max() for example in found.values()) < 1.501

# Ten pictures show it, and prove little: five of each digit are counted.
several = np.concatenate([np.flatnonzero((digits.y_test == digit) & suitable)[:5] for digit in range(10)])
others = lab.layout(digits.x_test[several])
fooled = {name: attack(models[name], others).succeeded.mean() for name in ("ReLU", "robust")}
for name, share in fooled.items():
    print(
        f"The {name} network is fooled on {'most' if share >= 0.5 else 'fewer than half'} of {len(several)} pictures."
    )
assert fooled["ReLU"] >= 0.6
assert fooled["robust"] <= fooled["ReLU"] - 0.15
gallery(
    [pictures, *rows],
    rows=["picture", "ReLU,\nattacked", "change, x 2", "robust,\nattacked", "change, x 2"],
    side=64,
    sentence="Ten digits, attacked for the ReLU and the robust network, and what was changed.",
)

# %% [markdown]
r"""
> **Predict.** In the widget you set how far the attack may go. Which network falls first, and by how much must the
> change grow until the last one falls? Under the slider each network has a bar; its blue part ends at the **certified
> radius** for this picture. What happens while you stay inside it?

Drag **Epsilon** slowly from 0 to the right. Stripes mark where an attack has succeeded. Then take another picture.
"""

# %%
xai.attack(models, pictures, radius={name: radii[name][chosen] for name in networks}, index=4)

# %% [markdown]
r"""
**What it shows.** The standard networks answer something else long before you would. The robust network holds out
longer, and inside its blue bar nothing happens at all. When it falls at last, look at the change: to make a 9 of the 4,
the attack had to close the gap at its top. To fool the standard networks, scattered specks had sufficed.

**The idea.** The attack looks for the worst picture within a distance $\varepsilon$ by **projected gradient descent**
(Madry and others 2018):

$$x \leftarrow \Pi\Big(x + \eta\, \frac{g}{\|g\|_2}\Big), \qquad g = \nabla_x \Big(\max_{i \ne j} f_i(x) - f_j(x)\Big)$$

In words: step in the direction in which another class gains most on class $j$, the answer so far. If that leaves the
ball of radius $\varepsilon$ around the picture, or the range of pixel values, go back to the nearest point inside:
$\Pi$. Repeat.

**Why it matters here.** Datta and others (2021) ask whether a network is *conceptually sound*: whether it uses features
that fit its task. A change that means nothing to us and turns the answer shows that it uses others. A faithful
explanation must show these other features, and so it looks strange. They conclude that explanations we can read
need networks that cannot be fooled so: robustness as a prerequisite of conceptual soundness.

**Its limits.** An attack that succeeds proves something. One that fails proves nothing: a better one might come. For a
promise we need another kind of argument.

## 2. A promise: how far is the answer safe?

> **Predict.** Somebody walks 6 metres ahead of you. You gain on them by at most 2 metres a minute. How long are they
> safe at least? Now replace minutes by the distance that the picture moves, and metres by logits. What must you know
> about the network?

**The idea.** A function has the **Lipschitz constant** $K$ if it never changes faster than that:
$\|h(x') - h(x)\|_2 \le K \|x' - x\|_2$ for all $x, x'$. For a network it can be bounded layer by layer (Szegedy and
others 2014):

- A convolution or a dense layer is a matrix $W$ (and a bias, which moves all points alike). The most that it
  stretches anything is its **spectral norm** $\|W\|$, the largest singular value.
- ReLU and MinMax stretch nothing: their constant is 1.
- One after the other, the constants multiply. So the layers below the last have at most $K_{sub} = \prod_l \|W_l\|$.
- The last layer has a row $w_i$ for each class. The difference of two logits is $f_i - f_j = (w_i - w_j) \cdot h(x)$
  plus a constant, so it changes at most by $K_{ij} = K_{sub} \, \|w_i - w_j\|_2$ per unit of distance.

Class $j$ leads class $i$ by $f_j - f_i$. The lead cannot shrink faster than $K_{ij}$ per unit. So it is safe within

$$r(x) = \min_{i \ne j} \frac{f_j(x) - f_i(x)}{K_{ij}}$$

In words: divide each lead by the speed at which it can be lost; the smallest quotient is the **certified radius**. It
holds for *every* picture within $r(x)$, not only for those that an attack tries. (Leino, Wang and Fredrikson 2021.)
"""

# %%
lines = [
    [
        name,
        *(f"{norm:.2f}" for norm in bounds[name].norms.values()),
        f"{bounds[name].below:.1f}",
        f"{np.median(radii[name]):.2f}",
    ]
    for name in networks
]
assert bounds["robust"].below < 0.5 * bounds["MinMax"].below < 0.5 * bounds["ReLU"].below
assert np.median(radii["robust"]) > 3 * np.median(radii["ReLU"])
Table(
    ["network", *bounds["robust"].norms, "K_sub", "median radius"],
    lines,
    "Spectral norms of the layers below the last.",
)

# %% [markdown]
r"""
A spectral norm is usually found by **power iteration**: take any vector $u$, apply $W$ and then its transpose, make the
length 1 again, and repeat. The direction that $W$ stretches most wins, and $\|Wu\|$ approaches the norm.

> **Predict.** From which side: from above, from below, or from both? And does it matter for a promise?
"""

# %%
layers = training.BoundLayers(networks["robust"], inputs[0].shape)
exact = list(bounds["robust"].norms.values())
iterations, estimates = [1, 2, 5, 10, 20, 50, 100, 200], []
for before, now in zip([0, *iterations[:-1]], iterations, strict=True):
    layers.iterate(now - before)
    estimates.append(layers.estimates())

share = np.array(estimates) / exact
plot = curve(
    "Power iteration on the robust network",
    "iterations",
    "share of the norm",
    x_type="log",
    tooltips=[("", "$name: @y{0.0000}")],
)
for number, name in enumerate(bounds["robust"].norms):
    plot.line(iterations, share[:, number], color=COLORS[number], line_width=3, legend_label=name, name=name)
plot.legend.location = "bottom_right"
assert share.max() < 1 + 1e-5
assert share[0].min() < 0.99
assert (np.diff(share, axis=0) > -1e-5).all()
Plot(plot, "Power iteration approaches each norm from below, and takes its time over the last hundredth.")

# %% [markdown]
r"""
From below: a norm that is too small makes a radius that is too large, and a promise that may be broken. In training
that does no harm. For the certificates of this notebook the explicit matrix of every layer is taken apart, in double
precision.

### Exercise 1: the certified radius

Fill in the function. `logits` holds the logits of one picture, `pairs[i, j]` is $K_{ij}$.

<details><summary>A hint</summary>

`j = logits.argmax()`. Compute the leads `logits[j] - logits` and the speeds `pairs[j]`; both hold a zero at place `j`,
so leave it out: `others = np.arange(len(logits)) != j`. Which of the quotients counts?

</details>
"""


# %% only=student tags=exercise
def my_radius(logits, pairs): ...  # your lines


check.radius(my_radius)


# %% only=wrong tags=wrong
def my_radius(logits, pairs):
    second, j = np.argsort(logits)[-2:]
    return (logits[j] - logits[second]) / pairs[j, second]


check.radius(my_radius)


# %% only=solution tags=solution
def my_radius(logits, pairs):
    j = logits.argmax()
    others = np.arange(len(logits)) != j
    return ((logits[j] - logits[others]) / pairs[j, others]).min()


check.radius(my_radius)

# %% [markdown]
r"""
Once it is right, your function certifies the ten pictures of the robust network.
"""

# %%
if check.radius(my_radius).state == "right":
    mine = np.array([my_radius(f, bounds["robust"].pairs) for f in logits["robust"][chosen].astype(np.float64)])
    apart = np.abs(mine - radii["robust"][chosen]).max()
    print(f"Your radii are {mine.min():.2f} to {mine.max():.2f}; they lie at most {apart:.4f} from the library's.")
    assert np.allclose(mine, radii["robust"][chosen], rtol=1e-6)
else:
    print("Solve the exercise first.")

# %% [markdown]
r"""
## 3. Training for the promise

A standard network has leads that look large, but constants that are larger. GloRo ("globally robust") training makes
the constants a part of the task.

**The idea.** Give the network one more logit, which stands for "not safe":

$$f_\bot(x) = \max_{i \ne j} \big( f_i(x) + \varepsilon K_{ij} \big)$$

In words: the most that any other class could reach within $\varepsilon$. If $f_j > f_\bot$, the answer is certified.
So train the network to put the true class above all others, this one included. Two losses do that: the usual
cross-entropy on all eleven logits, or

$$\text{cross-entropy}(f) + \lambda\, \mathrm{KL}\big((\mathrm{softmax}(f), 0) \,\|\, \mathrm{softmax}(f, f_\bot)\big),
\qquad \mathrm{KL} = \log\Big(1 + \frac{e^{f_\bot}}{\sum_i e^{f_i}}\Big),$$

which compares eleven probabilities with eleven: the ten of the network with a 0 appended, for "not safe", and those
of all eleven logits. $\lambda$ says how much safety may cost, and rises from 0 during training. The norms inside $K_{ij}$ are found
by power iteration that goes on from step to step: weights change little, so two iterations a step keep up.

> **Predict.** A few seconds of it, on a few pictures: does the median radius grow by a tenth, or does it double?
"""

# %%
small = dataclasses.replace(gloro.MNIST.recipe, epochs=5, batch=64)
medians = {}
for name, recipe in (("standard", dataclasses.replace(small, weight=0.0)), ("GloRo", small)):
    architecture = gloro.MNIST.architecture
    trial = lab.build(architecture, initial_weights(architecture, 0, "orthogonal"))
    training.train(trial, digits.x_train, digits.y_train, recipe, label=f"Training ({name})")
    its_bounds = gloro.bounds_of(architecture, lab.weights_of(trial))
    medians[name] = np.median(gloro.radii(lab.predict(trial, digits.x_test), its_bounds))

print(
    f"GloRo training makes the median radius {'more than twice' if medians['GloRo'] > 2 * medians['standard'] else 'less than twice'} as large."
)
assert medians["GloRo"] > 1.5 * medians["standard"]

# %% [markdown]
r"""
### Exercise 2: verified robust accuracy

A wrong answer can be certified, too. The measure of a robust network is therefore its **verified robust accuracy**
(VRA) at a distance $\varepsilon$: the share of pictures that are read correctly *and* are safe within $\varepsilon$.
`answers`, `labels` and `radii` are arrays, one entry for each picture.

<details><summary>A hint</summary>

Two conditions must hold at once, picture by picture: `&` between two arrays of truth values, each in parentheses. The
mean of truth values is a share. Is a picture safe if its radius *equals* $\varepsilon$?

</details>
"""


# %% only=student tags=exercise
def my_vra(answers, labels, radii, epsilon): ...  # your lines


check.vra(my_vra)


# %% only=wrong tags=wrong
def my_vra(answers, labels, radii, epsilon):
    return (radii[answers == labels] > epsilon).mean()


check.vra(my_vra)


# %% only=solution tags=solution
def my_vra(answers, labels, radii, epsilon):
    return ((answers == labels) & (radii > epsilon)).mean()


check.vra(my_vra)

# %% [markdown]
r"""
### Between promise and attack

> **Predict.** At one and the same distance there are three shares: read correctly without any attack, correct under
> attack, and certified. In which order must they stand, for every network? Can the certified share ever exceed the one
> under attack?

We look for the closest point at which the answer changes, on 50 test pictures: attacks of growing reach, then bisection
back towards the picture. It takes some seconds.
"""

# %%
sample = np.arange(50)
search = xai.NearestBoundary(epsilons=(0.15, 0.3, 0.5, 0.75, 1.0, 1.5, 2.0, 2.5, 3.0, 4.0), steps=20)
distances = {}
for name, model in models.items():
    nearest = search(model, lab.layout(digits.x_test[sample]))
    distances[name] = np.where(nearest.succeeded, nearest.distance, np.inf)
    assert (distances[name] >= radii[name][sample] * (1 - 1e-3)).all(), "an attack inside of a certificate"

epsilons = np.linspace(0, 2.5, 101)
plot = curve("50 test pictures", "epsilon", "share of the pictures", tooltips=[("", "$name: @y{0.00} at @x{0.00}")])
under_attack, certified = {}, {}
for color, name in zip(COLORS, networks, strict=False):
    is_right = correct[name][sample]
    under_attack[name] = np.array([(is_right & (distances[name] > epsilon)).mean() for epsilon in epsilons])
    certified[name] = np.array([(is_right & (radii[name][sample] > epsilon)).mean() for epsilon in epsilons])
    for shares, dash, what in ((under_attack[name], "dashed", "under attack"), (certified[name], "solid", "certified")):
        plot.line(
            epsilons,
            shares,
            color=color,
            line_dash=dash,
            line_width=2,
            name=f"{name}, {what}",
            legend_label=f"{name}, {what}",
        )
    assert (certified[name] <= under_attack[name]).all()

plot.width = 640
plot.add_layout(plot.legend[0], "right")
Plot(
    plot,
    "For each network the certified share lies below the share that is correct under attack, and for the robust one by far the least.",
)

# %%
at = np.searchsorted(epsilons, gloro.MNIST.epsilon)
for name in networks:
    assert certified[name][at] <= under_attack[name][at] <= correct[name][sample].mean()
    print(
        f"At {gloro.MNIST.epsilon} the {name} network has promised {certified[name][at]:.0%} of the pictures;", end=" "
    )
    print(f"{under_attack[name][at]:.0%} are correct under attack.")
assert certified["robust"][at] > 0.85
assert certified["ReLU"][at] < 0.05

# %% [markdown]
r"""
The truth lies between the two lines of a colour: what is certified is safe, what is broken is not, and of the rest we
do not know. For a standard network nearly everything is in doubt: it may be safe, but its bound is too coarse to say
so. GloRo training makes the network *and its bound* fit each other.

In the next plots each mark is a picture. Point at one, or click it to see the picture, and to find it in the other
plot.
"""

# %%
marks, thumbnails = [], []
for name in ("MinMax", "robust"):
    for n in sample[correct[name][sample] & np.isfinite(distances[name])][:24]:
        second, first = np.sort(logits[name][n])[-2:]
        marks.append(
            {
                "network": name,
                "certified": float(radii[name][n]),
                "found": float(distances[name][n]),
                "lead": float(first - second),
                "digit": int(digits.y_test[n]),
            }
        )
        thumbnails.append(digits.x_test[n])

assert all(mark["found"] > mark["certified"] for mark in marks)
linked(
    marks,
    panels=[("certified", "found"), ("lead", "found")],
    color="network",
    labels={
        "certified": "certified radius",
        "found": "distance of the closest change found",
        "lead": "lead of the answer in logits",
    },
    pictures=thumbnails,
    captions=[f"a {mark['digit']}, {mark['network']} network" for mark in marks],
    sentence="For each picture the closest change that was found lies farther away than its certified radius.",
)

# %% [markdown]
r"""
Every mark lies above the diagonal of the first plot: no attack succeeds within the certified radius. The second shows
that a lead in logits alone says nothing about safety: compare equal leads of both networks.

### Over seeds and frameworks

One network may be luck. `course/reproduce/digits.py` trained all three from several seeds in both frameworks; its raw
results come with the course. The recipe was chosen on a validation split of the training set. On MNIST, over the whole
test set, at $\varepsilon = 0.3$:
"""

# %%
measured = xai_course.results("digits")
summary(
    measured["networks"],
    by=["backend", "kind"],
    columns={"accuracy": "accuracy", "vra": "VRA", "median_radius": "median radius"},
    digits=3,
    caption="Accuracy and verified robust accuracy, mean and spread over seeds.",
)

# %%
attacked = measured["attacks"]
assert all(row["vra"] <= row["pgd_accuracy"] <= row["accuracy"] for row in attacked)
assert min(row["vra"] for row in measured["networks"] if row["kind"] == "robust") >= 0.955
promises = sum(row["certified"] for row in attacked)
broken = sum(row["certified_and_broken"] for row in attacked)
print(f"{promises} certificates were attacked with 100 steps; broken: {broken}")
assert broken == 0
summary(
    [row for row in attacked if row["first"] == 0],
    by=["backend", "kind"],
    columns={"accuracy": "accuracy", "pgd_accuracy": "under attack", "vra": "VRA"},
    digits=3,
    caption="The same with the accuracy under attack between them, on the first 1000 test pictures.",
)

# %% [markdown]
r"""
Leino, Wang and Fredrikson publish a VRA of 0.957 for this network and distance, after 500 epochs of training. Ours
had 20.

Compare the columns. At 0.3 an attack takes little from the standard networks, too: on MNIST, the difference at this
distance is less in what an attack finds than in what can be *promised*. At a distance of 1 they differ in both, as the
curves above show.

**Its limits.** The promise is about *length*: a change of length 0.3 is a small one. A shift by two pixels is a large
one and not covered. And the promise costs accuracy: on MNIST a little, elsewhere more. We have trained it once on
Fashion-MNIST (Xiao, Rasul and Vollgraf 2017: clothes in place of digits; 12,000 pictures, 6 epochs, one seed). There
68.8 % of the test pictures were read correctly and certified, against 10.3 % for a network without GloRo training, and
the accuracy fell from 87.3 % to 83.8 %. Other data and other recipes were not tried.

**Other ways to a promise.** GloRo is one of several, and each pays elsewhere:

| | what is bounded | what it costs |
|---|---|---|
| Wong and others (2018) | the worst loss within the distance, by passing a *convex* set that holds all that ReLUs can put out from layer to layer | several passes for each training picture, fewer by random projections; bounds of its own for each picture |
| Croce and others (2019) | the distance to the edge of the region in which a ReLU network is one linear function, and to the decision boundary in it: training enlarges both | small regions at first; a promise only as far as the region reaches |
| Trockman and Kolter (2021) | nothing: the **Cayley** transform makes each convolution orthogonal, so that no layer stretches anything and the product of norms is exact | Fourier transforms of all kernels; layers that cannot shrink anything either |
| Leino and Fredrikson (2021) | as GloRo, but **relaxed**: the answer may change among the first few, or among classes that are alike | a weaker promise, for pictures that hold two things |

## 4. The explanations

> **Predict.** Saliency shows the slope of the score. On the standard network it was rough (lesson 1). How will the
> map of the robust network differ: weaker, smoother, or at other places? And MinMax, which has the same activation,
> but not the training?

Mark with the brush where the slopes will be, and press *Reveal the map*: one mark is compared with all three. Each map is scaled
by its own largest value, and the sliders of all three networks are tied.
"""

# %%
xai.explore(models, pictures, method="saliency", index=4, predict_first=True)

# %% [markdown]
r"""
> **Predict.** SmoothGrad averages over noisy copies, and made the standard map calmer. Which of the three networks will
> gain least from it?
"""

# %%
xai.explore(models, pictures, method=xai.SmoothGrad(sigma=0.15, samples=32), index=4)

# %% [markdown]
r"""
> **Predict.** Integrated gradients from black cannot show anything but ink. Is there a difference between the networks
> all the same? Look at the signs.
"""

# %%
xai.explore(models, pictures, method=xai.IntegratedGradients(steps=32, baseline="black"), index=4)

# %% [markdown]
r"""
**What it shows.** The robust network's saliency follows the stroke: one can nearly read the digit in it. SmoothGrad
brings the standard networks some of the way.

**The idea.** Why should robustness make slopes readable? A robust network must not depend much on any direction in
which pictures of different digits do not differ, because an attack would use it. What is left are the directions in
which digits do differ: strokes. Tsipras and others (2019) describe it; Etmann and others (2019) show that the
farther the decision boundary, the better the gradient lines up with the picture, for networks that are nearly linear
around it.

**Its limits.** A readable map is not a more faithful one. All three maps are exact slopes of their networks; the rough
ones tell the truth about rough networks. "Quality explanations require quality models" (Datta and others 2021). And what
this lesson shows of readable slopes it shows of digits, on MNIST and on its stand-in.

### In numbers

Eyes are easily convinced. So we measure, on the whole test set, with the gradient of the largest logit:

- the share of its magnitude **within two pixels of the stroke** (pixels above 0.2, widened by two pixels), beside the
  share of the picture that this is: what chance would give;
- the share **on the stroke** (pixels above 0.5), divided by the stroke's share of the picture: 1 by chance;
- the **cosine** between picture and gradient, in magnitude.
"""

# %%
gradients = {name: training.Gradients(network).top(digits.x_test) for name, network in networks.items()}
crisp = {name: robust.crispness(digits.x_test, g) for name, g in gradients.items()}
for name in ("ReLU", "MinMax"):
    assert crisp["robust"].near > crisp[name].near + 0.02
    assert crisp["robust"].on > 1.08 * crisp[name].on
    assert crisp["robust"].cosine > crisp[name].cosine + 0.01
assert all(values.near > values.near_area for values in crisp.values())

Table(
    ["network", "near the stroke", "by chance", "on the stroke", "cosine"],
    [[name, f"{v.near:.2f}", f"{v.near_area:.2f}", f"{v.on:.2f}", f"{v.cosine:.2f}"] for name, v in crisp.items()],
    "Where the gradient lies, over the whole test set.",
)

# %% [markdown]
r"""
MinMax is the fair control: it has the activation of the robust network, and not its training. What separates these
two is the training alone (the loss, and 20 epochs in place of 10). Over seeds and frameworks, on MNIST:
"""

# %%
summary(
    measured["networks"],
    by=["backend", "kind"],
    columns={"near": "near the stroke (0.42 by chance)", "on": "on the stroke", "cosine": "cosine"},
    digits=2,
    caption="Where the gradient lies, mean and spread over seeds.",
)

# %%
near = {kind: [row["near"] for row in measured["networks"] if row["kind"] == kind] for kind in networks}
assert min(near["robust"]) > max(near["ReLU"] + near["MinMax"]) + 0.02

linked(
    measured["networks"],
    panels=[("kind", "vra"), ("kind", "near"), ("kind", "cosine")],
    color="kind",
    labels={
        "kind": "network",
        "vra": "VRA at 0.3",
        "near": "share near the stroke",
        "cosine": "cosine",
        "backend": "framework",
    },
    sentence="In every seed and both frameworks the robust networks' gradients lie closest to the stroke.",
    width=290,
)

# %% [markdown]
r"""
Is that so of robust networks, or of digits? On Fashion-MNIST, with the one network of section 3, hardly anything was gained:
its gradient had a share of 0.76 near the stroke, that of the network without GloRo training 0.74, and chance would give 0.66.
One seed does not tell whether that is a difference at all. So "robust networks have readable slopes" is measured here for
MNIST, and for nothing else.

### Does it take a certificate?

GloRo is one way to robustness, the one that comes with a promise. An older way is to learn from what an attack finds.
**Adversarial training** (Madry and others 2018) puts in the place of each picture $x$ the worst $x'$ that an attack finds
within $\varepsilon$; **TRADES** (Zhang and others 2019) keeps $x$, and asks beside the right answer that it stays the same:

$$\mathcal{L}_{AT} = \mathrm{CE}\big(f(x'), y\big), \qquad
\mathcal{L}_{TRADES} = \mathrm{CE}\big(f(x), y\big) + \beta \, \mathrm{KL}\big(p(x) \,\|\, p(x')\big)$$

In words: be right at the worst point; or be right here, and say the same there. `course/reproduce/attacked.py` trained both
from the same starts as MinMax and our robust network, with the same architecture and the same $\varepsilon$ of 0.45 (3
steps of attack, $\beta = 6$, 4 epochs).

> **Predict.** Their accuracy under attack will be no worse than that of our robust network. Will their VRA be, too? And
> their slopes: as readable as those of GloRo, or as rough as those of MinMax?
"""

# %%
against = xai_course.results("attacked")
of_thousand = {
    (trained_one["backend"], trained_one["seed"], trained_one["kind"]): {"pgd_accuracy": trained_one["pgd_accuracy"]}
    for trained_one in measured["attacks"]
    if trained_one["first"] == 0
}
not_attacked = [
    trained_one | of_thousand[trained_one["backend"], trained_one["seed"], trained_one["kind"]]
    for trained_one in measured["networks"]
    if trained_one["kind"] in ("MinMax", "robust")
]
by_way = {
    taught_so: [trained_one for trained_one in not_attacked + against["train"] if trained_one["kind"] == taught_so]
    for taught_so in ("MinMax", "robust", "adversarial", "TRADES")
}
for taught_so in ("adversarial", "TRADES"):
    assert min(trained_one["pgd_accuracy"] for trained_one in by_way[taught_so]) > max(
        trained_one["pgd_accuracy"] for trained_one in by_way["MinMax"]
    )
    assert (
        max(trained_one["vra"] for trained_one in by_way[taught_so])
        < min(trained_one["vra"] for trained_one in by_way["robust"]) - 0.5
    )
    assert min(trained_one["near"] for trained_one in by_way[taught_so]) > max(
        trained_one["near"] for trained_one in by_way["robust"]
    )

summary(
    [trained_one for of_a_way in by_way.values() for trained_one in of_a_way],
    by=["kind"],
    columns={
        "accuracy": "accuracy",
        "pgd_accuracy": "under attack",
        "vra": "VRA",
        "near": "near the stroke",
        "on": "on the stroke",
        "cosine": "cosine",
    },
    digits=2,
    caption="Four ways to train one architecture, at 0.3: mean and spread over seeds in both frameworks.",
)

# %% [markdown]
r"""
**What it shows.** Both resist the attack at least as well as GloRo does, and for three pictures in ten at most it can be
promised: this certificate multiplies norms, and nobody has asked them to keep these small. That a certificate fails does not say that an
attack will succeed. And their slopes lie even closer to the stroke. So on MNIST it is robustness that makes slopes
readable, not the certificate.

### What an attack leaves behind

An attacked picture looks like noise to us. Is it? Ilyas and others (2019) say that it holds **non-robust features**: what
tells classes apart, and is so faint that people do not see it. Their test needs no eyes. Take 10,000 training digits, draw
for each a *random* class, and move it by at most 2 until some network takes it for that. Then train a new network on these
pictures **with the random class as the label**, nothing else: to us, nine in ten of its labels are wrong.

> **Predict.** How often is this new network right on real, untouched test digits? Chance is 10 %.
"""

# %%
left_behind = against["features"]
read_anew = {
    taught_so: [trained_one["new"] for trained_one in left_behind if trained_one["attacked"] == taught_so]
    for taught_so in ("none", "standard", "adversarial")
}
assert max(read_anew["none"]) < 0.2
assert min(read_anew["standard"]) > 0.4
summary(
    left_behind,
    by=["attacked"],
    columns={"labels right": "labels that are right", "seen": "right of its labels", "new": "right on new digits"},
    digits=2,
    caption="Networks that learnt random labels: of pictures as they are (none), or moved to the label in a network.",
)

# %% [markdown]
r"""
**What it shows.** From pictures as they are nothing is learnt but these pictures. From those that were moved in a standard
network, a new network reads more than half of all real digits: what the attack left is no noise, it is evidence that the
new network can use and we cannot see. Moved in a network that was trained against attacks, pictures teach still more, and
there we can see why: it takes a change that looks like the other digit to move it.

**Its limits.** The new network has the architecture of the one that was attacked; whether others use the same evidence is
another question. And "non-robust" is said of a distance: at 2 even people begin to see something.

### Cues that nobody perceives

A map that shows such evidence is faithful, and nobody can make sense of it. Wang, Oramas and Tuytelaars (2021) met this with
real and generated faces: much of what their network went by were fine patterns (high spatial frequencies) that people do
not perceive. They ask that networks be trained to leave these alone, rather than maps be made prettier.

> **Predict.** We take from two thousand test digits whatever repeats within four pixels: they look a little blurred. How many do the
> networks still read? And how much of each network's *slope* lies in those fine patterns?
"""


# %%
def fine(pictures):
    """Return of each picture what repeats within four pixels."""
    across = np.fft.fftfreq(pictures.shape[1])
    frequency = np.hypot(across[:, None], across[None, :])  # cycles per pixel
    waves = np.fft.fft2(pictures[..., 0]) * (frequency > 0.25)
    return np.fft.ifft2(waves).real[..., None].astype(np.float32)


def fine_share(pictures):
    flat = pictures - pictures.mean(axis=(1, 2), keepdims=True)
    return np.mean((fine(flat) ** 2).sum(axis=(1, 2)) / (flat**2).sum(axis=(1, 2)))


some = slice(2000)
coarse = np.clip(digits.x_test[some] - fine(digits.x_test[some]), 0, 1)
still = {name: np.mean(lab.predict(f, coarse).argmax(axis=1) == digits.y_test[some]) for name, f in networks.items()}
in_slope, in_digits = {name: fine_share(g[some]) for name, g in gradients.items()}, fine_share(digits.x_test[some])
for name in networks:
    assert still[name] > correct[name][some].mean() - 0.01
assert min(in_slope["ReLU"], in_slope["MinMax"]) > 2.5 * in_digits
assert in_slope["robust"] < min(in_slope["ReLU"], in_slope["MinMax"]) - 0.05
gallery([pictures, pictures - fine(pictures)], rows=["as it is", "without\nfine patterns"], side=84)

# %%
Table(
    ["network", "right", "right without fine patterns", "share of the slope in them"],
    [[name, f"{correct[name][some].mean():.1%}", f"{still[name]:.1%}", f"{in_slope[name]:.0%}"] for name in networks],
    f"Fine patterns are {in_digits:.0%} of what varies in the digits themselves.",
)

# %% [markdown]
r"""
**What it shows.** No network needs the fine patterns to read these digits, and the slopes of the standard ones are full of
them: a third to a half on MNIST, of digits that hold a tenth. That is the roughness that we saw in their maps, and it is true.
In the slope of the robust network there is least of it.

**Its limits.** Four pixels are our threshold, no measurement of eyes. And a slope says what a small change *would* do: that
real digits do not make use of it is what the second column says.

### A measure that misleads

"Crisp" sounds like "smooth", and smoothness is measured by **total variation**: how much neighbouring pixels differ.
Why not take that? Because it can be had for nothing: blur the map of the ReLU network, and it becomes the "best" of
all.

> **Predict.** What does blurring do to our own three measures: does it fool them, too?
"""


# %%
def total_variation(maps):
    steps = [sum(np.abs(np.diff(each, axis=axis)).sum() for axis in (0, 1)) / np.abs(each).sum() for each in maps]
    return np.mean(steps)


blurred = ndimage.gaussian_filter(gradients["ReLU"], sigma=(0, 2, 2, 0))
variation = {
    "ReLU": total_variation(gradients["ReLU"]),
    "blurred": total_variation(blurred),
    "robust": total_variation(gradients["robust"]),
}
after = robust.crispness(digits.x_test, blurred)
assert variation["blurred"] < variation["robust"]
assert after.on < crisp["robust"].on
assert after.cosine > crisp["ReLU"].cosine
measures = {"ReLU": crisp["ReLU"], "blurred": after, "robust": crisp["robust"]}
Table(
    ["map", "total variation", "near the stroke", "on the stroke", "cosine"],
    [
        [name, f"{variation[name]:.2f}", f"{v.near:.2f}", f"{v.on:.2f}", f"{v.cosine:.2f}"]
        for name, v in measures.items()
    ],
    "The map of the ReLU network, the same blurred, and that of the robust network, over the whole test set.",
)

# %% [markdown]
r"""
Total variation is fooled altogether, the cosine in part, the shares hardly. So trust the shares most, and report none of
them alone.
"""

# %% [markdown]
r"""
### Exercise 3: the share near the stroke

Fill in the function. `gradient` is an array of 28 x 28, `near` a mask of the same shape, true within two pixels of the
stroke.

<details><summary>A hint</summary>

Pixels have signs, and magnitudes are meant: `np.abs` comes first. Then the sum inside the mask, divided by the sum
everywhere.

</details>
"""


# %% only=student tags=exercise
def my_share(gradient, near): ...  # your lines


check.share(my_share)


# %% only=wrong tags=wrong
def my_share(gradient, near):
    return gradient[near].sum() / gradient.sum()


check.share(my_share)


# %% only=solution tags=solution
def my_share(gradient, near):
    size = np.abs(gradient)
    return size[near].sum() / size.sum()


check.share(my_share)

# %%
if check.share(my_share).state == "right":
    near = ndimage.maximum_filter(digits.x_test[..., 0] > 0.2, size=(1, 5, 5))
    mine = np.mean([my_share(g, m) for g, m in zip(gradients["robust"][..., 0], near, strict=True)])
    print(
        f"Your share for the robust network is {mine:.2f}, {abs(mine - crisp['robust'].near):.4f} from the library's."
    )
    assert abs(mine - crisp["robust"].near) < 1e-4
else:
    print("Solve the exercise first.")

# %% [markdown]
r"""
## 5. At the boundary

A picture of a 4 is a point, and somewhere around it runs the **decision boundary**, beyond which the answer is
another one. For a nearly linear piece of a network the gradient *at the boundary* is the direction in which the
boundary is crossed: its normal vector. Wang, Fredrikson and Datta (2021) explain with it.

> **Predict.** Boundary saliency takes the slope of the same class, but at the closest point of the boundary. For which
> network will it look most like the saliency at the picture itself?
"""

# %%
xai.explore(models, pictures, method="boundary_saliency", index=4)

# %% [markdown]
r"""
**The idea.** Let $x'$ be the closest point that was found at which the answer changes (the search of section 3), and
$c$ the class of $x$.

$$\Phi_{BSM}(x) = \frac{\partial f_c(x')}{\partial x}, \qquad
\Phi_{BIG}(x) = (x - x') \odot \int_0^1 \frac{\partial f_c\big(x' + \alpha (x - x')\big)}{\partial x} \, d\alpha$$

In words: **boundary saliency** is the slope of the class at the boundary, and **boundary integrated gradients** are
integrated gradients with the boundary point as the baseline. Neither needs a black or a white picture: the network
itself says what the picture is compared with.

Both are choices and not inventions: another point, another baseline. The next cell makes them by hand.
"""

# %%
model, x = models["robust"], inputs[4]
point = xai.NearestBoundary()(model, x)
by_hand = xai.Saliency()(model, point.values, quantity=xai.Logit("4")).values
library = xai.BoundarySaliency()(model, x, quantity=xai.Logit("4")).values
line_by_hand = xai.IntegratedGradients(steps=32, baseline=point.values)(model, x, quantity=xai.Logit("4"))
line_of_library = xai.BoundaryIntegratedGradients(steps=32)(model, x, quantity=xai.Logit("4"))


def differ(one, other):
    return np.abs(one - other).max() / np.abs(one).max()


apart = differ(line_by_hand.values, line_of_library.values)
print("Largest difference, as a share of the map's largest value:")
print(f"  boundary saliency, and saliency at the boundary: {differ(by_hand, library):.3f}")
print(f"  boundary integrated gradients, and integrated gradients from there: {apart:.3f}")
assert differ(by_hand, library) < 1e-3
assert apart < 1e-3

# %% [markdown]
r"""
> **Predict.** With the boundary as the baseline, where will the map lie: on the ink alone, as from black, or on the
> paper as well?
"""

# %%
xai.explore(models, pictures, method="boundary_integrated_gradients", index=4)

# %% [markdown]
r"""
**What it shows.** The maps resemble those at the picture itself, and those of the robust network are again the ones
that can be read. The way from the boundary is short, so boundary integrated gradients lie where the closest attack
had to change the picture: red where it took away ink that speaks for the class, or put ink where the class has none.

How far do the slopes at the picture and at the boundary agree? We measure the cosine between the two maps, on the ten
pictures. Beside it stands a control: how far the slopes of the same class agree between two pictures that have nothing
to do with each other.
"""


# %%
def cosine(one, other):
    """Return the cosine between two maps, on average over the pictures."""
    one, other = one.reshape(len(one), -1), other.reshape(len(other), -1)
    return np.mean((one * other).sum(axis=1) / np.linalg.norm(one, axis=1) / np.linalg.norm(other, axis=1))


classes, agreement = xai.Logit(list(range(10))), {}
for name, each in models.items():
    here = xai.Saliency()(each, inputs, quantity=classes).values
    boundary = xai.BoundarySaliency()(each, inputs, quantity=classes).values
    elsewhere = xai.Saliency()(each, np.roll(inputs, 1, axis=0), quantity=classes).values
    agreement[name] = cosine(here, boundary), cosine(here, elsewhere)
    assert agreement[name][0] > agreement[name][1] + 0.05

assert agreement["robust"][0] > max(agreement["ReLU"][0], agreement["MinMax"][0]) + 0.03
Table(
    ["network", "picture and boundary", "picture and another picture"],
    [[name, f"{close:.2f}", f"{control:.1f}"] for name, (close, control) in agreement.items()],
    "Cosine between two maps of slopes, mean of ten pictures.",
)

# %% [markdown]
r"""
For the robust network, as Wang, Fredrikson and Datta found: its slopes at the picture are nearly those at the boundary,
which are the normal vector. In the standard networks the way to the boundary is shorter, and their slopes have turned
further all the same.

**Its limits.** The closest point is the closest *that the search found*; the true one may be nearer. Certificates
and attacks enclose it from both sides.

## What to remember

| | says | how sure |
|---|---|---|
| attack (PGD) | within this distance the answer *can* change | proof, where it succeeds; nothing, where it fails |
| certificate (GloRo) | within this distance it *cannot* | proof, with norms that are not too small |
| accuracy under attack, VRA | how many pictures | the truth lies between them |
| crispness near the stroke | where the slopes are | a number over all pictures, beside chance and a fair control |

- A radius is a lead divided by the speed at which it can be lost. Training for it makes the speed small.
- Power iteration comes from below: good for training, not for promises.
- On digits robust networks have readable slopes; beyond MNIST we have not seen it. It is a property of the *network*; the
  explanation was faithful before, too.
- Robust is not the same as certified: networks that learn from attacks resist them, and nothing can be promised.
- What an attack leaves behind is evidence that networks use and people do not see.
- What is rough in a faithful map are cues that people do not perceive. Train the network, not the map.
- Before you believe a measure of good maps, try to cheat it. Blurring beats total variation.

## Further reading

- C. Szegedy and others (2014): *Intriguing Properties of Neural Networks*. arXiv:1312.6199. Adversarial examples, and
  the first Lipschitz bounds.
- A. Madry, A. Makelov, L. Schmidt, D. Tsipras, A. Vladu (2018): *Towards Deep Learning Models Resistant to
  Adversarial Attacks*. arXiv:1706.06083. Projected gradient descent.
- H. Zhang, Y. Yu, J. Jiao, E. Xing, L. El Ghaoui, M. Jordan (2019): *Theoretically Principled Trade-off between
  Robustness and Accuracy*. arXiv:1901.08573. TRADES.
- K. Leino, Z. Wang, M. Fredrikson (2021): *Globally-Robust Neural Networks*. arXiv:2102.08452. GloRo.
- Z. Wang, M. Fredrikson, A. Datta (2021): *Robust Models Are More Interpretable Because Attributions Look Normal*,
  whose first version was called *Boundary Attributions Provide Normal (Vector) Explanations*. arXiv:2103.11257.
- A. Datta, M. Fredrikson, K. Leino, K. Lu, S. Sen, R. Shih, Z. Wang (2021): *Exploring Conceptual Soundness with
  TruLens*. NeurIPS demonstrations. The demo that this lesson follows.
- D. Tsipras, S. Santurkar, L. Engstrom, A. Turner, A. Madry (2019): *Robustness May Be at Odds with Accuracy*.
  arXiv:1805.12152.
- C. Etmann, S. Lunz, P. Maass, C. Schönlieb (2019): *On the Connection Between Adversarial Robustness and Saliency
  Map Interpretability*. arXiv:1905.04172.
- C. Anil, J. Lucas, R. Grosse (2019): *Sorting Out Lipschitz Function Approximation*. arXiv:1811.05381. MinMax.
- H. Xiao, K. Rasul, R. Vollgraf (2017): *Fashion-MNIST: a Novel Image Dataset for Benchmarking Machine Learning
  Algorithms*. arXiv:1708.07747.
- A. Ilyas and others (2019): *Adversarial Examples Are Not Bugs, They Are Features*. arXiv:1905.02175.
- K. Wang, J. Oramas, T. Tuytelaars (2021): *Towards Human-Understandable Visual Explanations: Imperceptible
  High-frequency Cues Can Better Be Removed*. arXiv:2104.07954.
- Other promises: E. Wong, F. Schmidt, J. H. Metzen, J. Z. Kolter (2018): *Scaling Provable Adversarial Defenses*,
  arXiv:1805.12514. F. Croce, M. Andriushchenko, M. Hein (2019): *Provable Robustness of ReLU Networks via Maximization of
  Linear Regions*, arXiv:1810.07481. A. Trockman, J. Z. Kolter (2021): *Orthogonalizing Convolutional Layers with the
  Cayley Transform*, arXiv:2104.07167. K. Leino, M. Fredrikson (2021): *Relaxing Local Robustness*, arXiv:2106.06624.
"""
