# %% [markdown]
r"""
# 1. Which pixels made it a 4?

{{badges}}

**Aim.** You train a small network on handwritten digits and ask it why it answers as it does, by four methods:
saliency, SmoothGrad, integrated gradients and occlusion. At the end you can say what each of them measures, what it
promises, and where it misleads.

**Time.** 65 to 70 minutes: network 5, saliency 8, SmoothGrad 9, integrated gradients 20, axioms 13, occlusion 8, both
frameworks 5.

**You need** to know what a convolutional network and a gradient are. No GPU. Without a network connection the notebook
takes digits that come with scikit-learn.
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
import math
import os

import numpy as np
from IPython.display import display

import xai_course
import xai_widgets as xai
from xai_course import lesson_01 as check
from xai_course import reading
from xai_course.networks.weights import rewritten
from xai_course.plots import COLORS, Plot, curve

BACKEND = os.environ.get("XAI_BACKEND", "torch")  # or write "keras"
lab = xai_course.backend(BACKEND)
print(f"This notebook runs on {lab.FRAMEWORK}.")

# %% [markdown]
r"""
## The digits and the network

The data are the first of these that can be found: MNIST in the folder `XAI_DATA_HOME`, MNIST in Keras' cache, MNIST by
download, or the 1797 digits that come with scikit-learn. The cell says which one it is.
"""

# %%
digits = xai_course.load_digits()
digits

# %% [markdown]
r"""
The network has two convolutions (8 and 16 channels, each with ReLU and max-pooling) and two dense layers (64 and 10
units). It puts out ten **logits**: scores $F_0(x), \dots, F_9(x)$, of which the largest is the answer. It was trained for
500 steps on MNIST, and its weights come with the course; on the stand-in it is trained here, in a few seconds.
"""

# %%
network = reading.network(lab, digits)

# %%
answers = lab.predict(network, digits.x_test).argmax(axis=1)
accuracy = (answers == digits.y_test).mean()
print(f"The network reads {accuracy:.0%} of the test digits correctly.")
assert accuracy > 0.95

# %% [markdown]
r"""
We explain one test picture of each digit, the first that the network reads correctly. `xai.wrap` makes the network
ready for explanation. It never changes the network, and its answer tells what it found.
"""

# %%
chosen = [np.flatnonzero((digits.y_test == digit) & (answers == digit))[0] for digit in range(10)]
pictures = digits.x_test[chosen]  # channels last, as pictures usually are
inputs = lab.layout(pictures)  # as the network takes them
four = inputs[4]

model = xai.wrap(network, classes=digits.classes, bounds=(0, 1), input_shape=four.shape)
model

# %% [markdown]
r"""
## 1. Saliency: the slope

> **Predict.** Here is a 4. Saliency shows how fast the score for "4" changes when one pixel gets a little brighter. Will
> the pixels that matter lie on the ink, on the paper, or on both? Write it down, then run the cell.

In these pictures the ink is white (value 1) and the paper black (value 0): a brighter pixel is one with more ink.
The widget hides its map: **brush** over the pixels that you expect to matter, then press *Reveal the map*. Your mark is
compared with what it would hold by chance. Red pixels raise the score when they get brighter; blue ones lower it. Then move
through the pictures, and ask "4 rather than 9" (*rather than*); under *Settings* you switch *Predict first* off.
"""

# %%
xai.explore(model, pictures, method="saliency", index=4, predict_first=True)

# %% [markdown]
r"""
**What it shows.** Both: of the strongest pixels many lie on the paper. In the gap at the top of the 4 they are blue: ink
there would close the gap, and a closed 4 is nearly a 9. But the map is rough, and neighbours often have opposite signs.

**The idea.** For small steps the network is nearly linear, and the slope of a linear function says how much each input
counts.

$$\Phi_i(x) = \frac{\partial F_c(x)}{\partial x_i}$$

In words: the attribution of pixel $i$ is the derivative of the score of class $c$ by that pixel, at this picture.
(Simonyan, Vedaldi and Zisserman 2014. They show the magnitude; we keep the sign.)

**Its limits.** A slope is about the next small step only. Where a function has levelled off, the slope is zero,
whatever it took to get there.
"""

# %%
slopes = xai.Saliency()(model, inputs).values
on_paper = []
for x, slope in zip(inputs, np.abs(slopes), strict=True):
    strongest = slope >= np.sort(slope, axis=None)[-50]
    on_paper.append((x[strongest] < 0.5).mean())

print(f"Of the 50 strongest pixels of a picture, a share of {np.mean(on_paper):.1f} lies on the paper.")
assert 0.3 < np.mean(on_paper) < 0.8

# %% [markdown]
r"""
And slopes change quickly from one picture to the next. The following cell adds a little noise, with which you would still
read every digit, and measures how much of the map changes.
"""


# %%
def change_under_noise(method, deviation=0.1):
    """Return how much the map changes when the picture gets a little noise, relative to the map, over all pictures."""
    generator = np.random.default_rng(0)
    changes = []
    for x in inputs:
        top = int(model.scores(x).argmax())
        noisy = np.clip(x + generator.normal(0, deviation, x.shape), 0, 1).astype(np.float32)
        before, after = (method(model, z, quantity=xai.Logit(top)).values for z in (x, noisy))
        changes.append(np.linalg.norm(after - before) / np.linalg.norm(before))
    return np.mean(changes)


saliency_change = change_under_noise(xai.Saliency())
print(f"Weak noise changes a saliency map by {saliency_change:.1f} times its size.")
assert saliency_change > 0.7

# %% [markdown]
r"""
## 2. SmoothGrad: the average slope nearby

> **Predict.** If we add noise to the picture many times and average the saliency maps, does the average get noisier or
> calmer? What if the noise is so strong that *you* can no longer read the digit?

Drag **Noise** slowly from 0 to its end, and then **Samples**, under *Settings*, up and down. *Within*, below the
pictures, is how far the map may still be off: more samples make it smaller. More noise makes it larger, quickly at first
and then, depending on the picture, hardly any more, however calm the map looks.
"""

# %%
xai.explore(model, pictures, method=xai.SmoothGrad(sigma=0.15, samples=32), index=4)

# %% [markdown]
r"""
**What it shows.** Already a little noise gives larger patches of one sign. With more noise the patches grow further, but
it takes more samples to settle the map, and it explains the network on pictures that look less and less like yours.

**The idea.** Average the slope over the neighbourhood:

$$\hat\Phi(x) = \frac1n \sum_{k=1}^{n} \Phi(x + \varepsilon_k), \qquad \varepsilon_k \sim \mathcal N(0, \sigma^2)$$

In words: draw $n$ noisy copies of the picture, take the saliency of each, and average. (Smilkov, Thorat, Kim, Viégas and
Wattenberg 2017.) Here $\sigma$ is a fraction of the range of pixel values; other libraries take it in absolute units, or
even the variance, so compare with care.

**Its limits.** It costs $n$ gradients (with 32 samples the widget counts 32 passes, and one more where it first has to
find out which class the network answers). There is no rule for the best $\sigma$. And averages converge slowly: the error
falls like $1/\sqrt n$, so four times the samples halve it. That can be measured: repeat with other seeds, and see how far
the maps lie apart.
"""

# %%
seeds = range(4)
spread = {}
for samples in (4, 16, 64):
    maps = np.stack([xai.SmoothGrad(samples=samples, seed=seed)(model, four).values for seed in seeds])
    spread[samples] = maps.std(axis=0).mean() / np.abs(maps.mean(axis=0)).mean()
    print(f"{samples:3} samples: maps of different seeds lie {spread[samples]:.2f} times their size apart")

assert 1.5 < spread[4] / spread[16] < 2.7
assert 1.5 < spread[16] / spread[64] < 2.7

# %% [markdown]
r"""
Now the comparison with saliency: the same weak noise as above, and how much the maps change.
"""

# %%
smooth_change = change_under_noise(xai.SmoothGrad(sigma=0.15, samples=32))
ratio = saliency_change / smooth_change
print(f"The same noise changes a SmoothGrad map by {smooth_change:.1f} times its size.")
assert ratio > 1.8

# %% [markdown]
r"""
A calmer map is not a truer one. A constant map would be the calmest of all. What should we ask of a map, then? The next
method starts from that question.

## 3. Integrated gradients: the way from black

First look at the way from a black picture to our 4: $x(\alpha) = x_0 + \alpha (x - x_0)$ for $\alpha$ from 0 (black) to 1
(the picture).

> **Predict.** How does the *probability* of a 4 grow along this way: evenly, late, or early? Where on the way is its slope
> largest?
"""

# %%
alphas = np.linspace(0, 1, 41, dtype=np.float32)
path = alphas[:, None, None, None] * four
logit = model.scores(path)[:, 4]
probability = model.probabilities(path)[:, 4]

plot = curve("Along the way from black", "alpha", "share of the final value", tooltips=[("", "$name at @x: @y{0.00}")])
plot.line(alphas, logit / logit[-1], color=COLORS[0], line_width=3, legend_label="logit", name="logit")
plot.line(alphas, probability, color=COLORS[1], line_width=3, legend_label="probability", name="probability")
plot.legend.location = "bottom_right"
Plot(plot, "The probability reaches its end early on the way from black; the logit grows all along.")

# %%
of_logit = xai.Saliency()(model, four, quantity=xai.Logit("4")).values
of_probability = xai.Saliency()(model, four, quantity=xai.Probability("4")).values
print(f"largest slope of a pixel at the picture: logit {np.abs(of_logit).max():.2f}, ", end="")
print(f"probability {np.abs(of_probability).max():.2f}")
print(f"the logit changes by {logit[-1] - logit[0]:.1f}; its slopes at the picture, times the way, ", end="")
print(f"sum to {(of_logit * four).sum():.1f}")

numbers = list(range(10))
largest = [
    np.abs(xai.Saliency()(model, inputs, quantity=quantity).values).max(axis=(1, 2, 3))
    for quantity in (xai.Logit(numbers), xai.Probability(numbers))
]
left = largest[1] / largest[0]
print(
    f"Over the ten digits, the largest slope of the probability is {np.median(left):.3f} of that of the logit", end=" "
)
print(f"in the median, and {left.max():.2f} at most.")
assert np.median(left) < 0.02

# %% [markdown]
r"""
At the picture itself the probability of most digits has levelled off, and its saliency is next to nothing, whatever made
it large. (Not of all: where the network is less sure, a slope is left.) The logit has not. That is why logits are
explained unless you ask otherwise.

But for the logit, too, one slope is about one point. Slope times way need not add up to the change of the score: in this
small network it nearly does, and in lesson 2 you meet a deep one where even a few slopes leave a large gap. Integrated
gradients collect the slopes along the whole way, so that they must add up.

> **Predict.** How many steps does it take until the map stops changing: 4, 32 or 256? And if the way starts at **white**
> instead of black: will the same pixels stand out?

Drag **Steps** up from 1 and watch *within*, below the pictures: that is the gap. Then change **Baseline**, under
*Settings*.
"""

# %%
xai.explore(model, pictures, method=xai.IntegratedGradients(steps=64, baseline="black"), index=4)

# %% [markdown]
r"""
**What it shows.** About 32 steps suffice here. From black all attribution lies on the ink, from white most of it on the
paper: the baseline is part of the question. "Why a 4, and not nothing?" depends on what stands for nothing.

**The idea.** Take the gradient at every point of the way, average, and multiply by the way:

$$\Phi_i(x) = (x_i - x_{0,i}) \int_0^1 \frac{\partial F\big(x_0 + \alpha (x - x_0)\big)}{\partial x_i}\, d\alpha$$

In words: pixel $i$ gets the average slope between baseline $x_0$ and picture $x$, times how far it moved. (Sundararajan,
Taly and Yan 2017.) The integral is computed by the trapezoid rule with `steps` panels, so it takes `steps` + 1 gradients.

**Completeness.** Because slopes along a way add up to the change, the attributions do, too:
$\sum_i \Phi_i(x) = F(x) - F(x_0)$. How far a computed map is from that is called the completeness **gap**.
"""

# %%
steps = [1, 2, 4, 8, 16, 32, 64, 128]
gaps = [xai.IntegratedGradients(steps=n)(model, inputs).gap.mean() for n in steps]
for n, gap in zip(steps, gaps, strict=True):
    print(f"{n:4} steps: gap {gap:5.1%}")

assert gaps[5] < 0.02
assert gaps[7] < 0.01

# %% [markdown]
r"""
At first each doubling of the steps halves the gap. A small gap does not make a map right (any map could be scaled until
its sum fits), but a large one shows that the integral is not finished.

### Point at a pixel: how its value arises

> **Predict.** On the way from black one pixel of the ink gets brighter and brighter. Will the slope of the score be the same
> all along? Can it change its sign?

Point at a pixel of the 4 in the widget above, or tap it, or walk there with the arrow keys. A small drawing shows the slope
along the way, times the way: the **area** under the curve is the value that the map has there. The next cell draws it for the
pixel with the largest value, and checks the area.
"""

# %%
along = xai.IntegratedGradients(steps=64)
found = along(model, four).map
strongest = tuple(int(place) for place in np.unravel_index(np.abs(found).argmax(), found.shape))
arises = along.mechanism(model, four, at=strongest)

plot = curve("How the largest value arises", "alpha", "slope times way", tooltips=[("", "@y{0.00} at @x")])
plot.varea(arises.nodes, 0, arises.heights, color=COLORS[0], alpha=0.25)
plot.line(arises.nodes, arises.heights, color=COLORS[0], line_width=3)
area = ((arises.heights[1:] + arises.heights[:-1]) / 2 * np.diff(arises.nodes)).sum()  # trapezoid by trapezoid
print(f"The area is {area:.2f}, and the value of the map {found[strongest]:.2f}.")
assert abs(area - found[strongest]) < 1e-4 * abs(found[strongest])
assert abs(arises.weights @ arises.heights - area) < 1e-4 * abs(area)
Plot(plot, "The slope of the score at one pixel along the way from black, times the way: its area is the attribution.")

# %% [markdown]
r"""
**What it shows.** The slope is not the same all along: the network bends. Where the curve ends, at $\alpha = 1$, stands what
saliency says (times the way). Integrated gradients say the mean of the whole curve.

### Exercise 1: integrated gradients with your own hands

Fill in the function. `gradient(z)` gives the gradient at `z`, an array of the shape of `z`. Take it at `steps` points
between `baseline` and `x`.

<details><summary>A hint</summary>

Take the middles of the panels, `alpha = (k + 0.5) / steps`. Sum `gradient(baseline + alpha * (x - baseline))`, divide by
the number of steps, and multiply by one more thing.

</details>
"""


# %% only=student tags=exercise
def my_integrated_gradients(gradient, x, baseline, steps): ...  # your lines


check.integrated_gradients(my_integrated_gradients)


# %% only=wrong tags=wrong
def my_integrated_gradients(gradient, x, baseline, steps):
    alphas = (np.arange(steps) + 0.5) / steps
    return sum(gradient(baseline + alpha * (x - baseline)) for alpha in alphas) / steps


check.integrated_gradients(my_integrated_gradients)


# %% only=solution tags=solution
def my_integrated_gradients(gradient, x, baseline, steps):
    alphas = (np.arange(steps) + 0.5) / steps
    total = sum(gradient(baseline + alpha * (x - baseline)) for alpha in alphas)
    return (x - baseline) * total / steps


check.integrated_gradients(my_integrated_gradients)

# %% [markdown]
r"""
Once it is right, the next cell lets your function explain the network, and compares with the library.
"""


# %%
def network_gradient(z):
    return xai.Saliency()(model, z.astype(np.float32), quantity=xai.Logit("4")).values


if check.integrated_gradients(my_integrated_gradients).state == "right":
    mine = my_integrated_gradients(network_gradient, four, np.zeros_like(four), 64)
    theirs = xai.IntegratedGradients(steps=64)(model, four, quantity=xai.Logit("4")).values
    difference = np.linalg.norm(mine - theirs) / np.linalg.norm(theirs)
    print(f"Your map and the library's differ by {difference:.1%} of their size.")
    assert difference < 0.15
else:
    print("Solve the exercise first.")

# %% [markdown]
r"""
### Exercise 2: a slope that misleads

Find a pixel of the 4 at which the slope at the picture has the other sign than the value of integrated gradients: a curve
that ends on one side of zero, with most of its area on the other. Point around in the widget above, or let NumPy search. Give
its row and column.

<details><summary>A hint</summary>

`xai.Saliency()(model, four).map` are the slopes at the picture, and `found` the values of integrated gradients. Where do
their signs differ? `np.argwhere` gives the places.

</details>
"""

# %% only=student tags=exercise
my_pixel = ...  # (row, column)

check.turning(my_pixel, model, four)

# %% only=wrong tags=wrong
my_pixel = (0, 0)

check.turning(my_pixel, model, four)

# %% only=solution tags=solution
against = xai.Saliency()(model, four).map * found
my_pixel = tuple(int(place) for place in np.unravel_index(against.argmin(), against.shape))

check.turning(my_pixel, model, four)

# %% [markdown]
r"""
## 4. What a map should promise: axioms, tested

An explanation has no answer sheet. So Sundararajan, Taly and Yan ask the other way round: what must hold for *every* map
that deserves the name? Each such demand is an **axiom**, and each can be tested in a few lines.

### Sensitivity

*If the picture differs from the baseline in one pixel, and the scores differ, this pixel gets an attribution.* Saliency
fails. The smallest example is theirs: $f(x) = 1 - \max(1 - x, 0)$ rises from 0 to 1 and stays there. At $x = 2$, seen from
0, it has risen by 1, all of it because of $x$.

> **Predict.** What does saliency say at $x = 2$? And integrated gradients?
"""

# %%
levelling = xai.wrap(
    lambda t: 1 - lab.relu(1 - t), backend=lab.BACKEND, input_shape=(1,), bounds=None, outputs="values"
)
two = np.array([2.0], dtype=np.float32)
by_slope = xai.Saliency()(levelling, two).values[0]
by_way = xai.IntegratedGradients(steps=256, baseline=0.0)(levelling, two).values[0]
print(f"saliency {by_slope:.1f}, integrated gradients {by_way:.1f}")
assert by_slope == 0
assert abs(by_way - 1) < 0.01

# %% [markdown]
r"""
### Implementation invariance

*Two networks that compute the same function get the same maps.* We rewrite the network: the channels of every layer are
shuffled, and each is multiplied by a positive number by which the next layer divides. All weights are different now, and
the function is the same, because $\max(cz, 0) = c \max(z, 0)$ for $c > 0$.

> **Predict.** Gradients belong to the function, not to its formula. Will the maps agree exactly, or up to rounding?
"""

# %%
weights = lab.weights_of(network)
other_network = lab.digit_network(rewritten(weights))
other = xai.wrap(other_network, classes=digits.classes, bounds=(0, 1), input_shape=four.shape)

moved = np.abs(lab.weights_of(other_network)["conv1.weight"] - weights["conv1.weight"]).max()
apart = np.abs(other.scores(inputs) - model.scores(inputs)).max()
method = xai.IntegratedGradients(steps=64)
map_before, map_after = (method(m, four).values for m in (model, other))
map_apart = np.abs(map_after - map_before).max() / np.abs(map_before).max()
print(f"A weight has moved by {moved:.1f}, a score by at most {apart:.3f},")
print(f"and a pixel of the map by at most {map_apart:.3f} of the largest value.")
assert moved > 0.1
assert apart < 1e-3
assert map_apart < 0.01

# %% [markdown]
r"""
Up to rounding they agree; of other 4s we have seen maps that lie 0.3 % apart. Saliency passes this test as well. Methods that change the rules of the backward pass (as LRP and DeepLIFT do) need not,
because they read the formula and not only the function.

### Linearity

*The map of a weighted sum of two functions is the weighted sum of their maps.* The scores of one network are functions as
good as any. So the answer to "why a 4 rather than a 9" is the map for 4 minus the map for 9.
"""

# %%
f4, f9 = (method(model, four, quantity=xai.Logit(name)).values for name in ("4", "9"))
mixed = method(model, four, quantity=xai.Custom(lambda scores: 2 * scores[:, 4] - 3 * scores[:, 9])).values
rather = method(model, four, quantity=xai.Margin("4", "9")).values
pairs = {"2 F4 - 3 F9": (mixed, 2 * f4 - 3 * f9), "4 rather than 9": (rather, f4 - f9)}
for name, (one, sum_of_maps) in pairs.items():
    missed = np.abs(one - sum_of_maps).max() / np.abs(one).max()
    print(f"{name}: the map, and the same sum of maps, differ by at most {missed:.4f} of the largest value.")
    assert missed < 1e-4

# %% [markdown]
r"""
### Dummy

*A pixel that the function does not depend on gets zero.* We hide the right half of the picture from the network: whatever
is drawn there is multiplied by zero before the network sees it.
"""

# %%
mask = np.zeros(pictures.shape[1:], dtype=np.float32)
mask[:, :14] = 1
visible = lab.layout(mask)
half_blind = xai.wrap(
    network,
    classes=digits.classes,
    bounds=(0, 1),
    input_shape=four.shape,
    preprocess=lambda t: t * lab.tensor(visible),
)
values = method(half_blind, four, quantity=xai.Logit("4")).values
hidden_ink = (four > 0) & (visible == 0)
print(f"In the hidden half lie {hidden_ink.sum()} pixels of ink; the largest attribution of one is", end=" ")
print(f"{np.abs(values[hidden_ink]).max():.1f}, in the visible half {np.abs(values[visible == 1]).max():.1f}.")
assert hidden_ink.any()
assert (values[visible == 0] == 0).all()
assert np.abs(values[visible == 1]).max() > 0

# %% [markdown]
r"""
### A blind spot

The axioms promise much, but not everything. From black, a black pixel has not moved: $x_i - x_{0,i} = 0$, so its
attribution is zero *whatever the network makes of it*. The gap at the top of the 4 is a good reason for a 4, and
integrated gradients from black cannot show it.
"""

# %%
from_black = xai.IntegratedGradients(steps=64, baseline="black")(model, four).values
paper = four == 0
print(f"paper pixels with an attribution: {(from_black[paper] != 0).mean():.0%}")
print(f"paper pixels on which the score depends: {(slopes[4][paper] != 0).mean():.0%}")
assert (from_black[paper] == 0).all()
assert (slopes[4][paper] != 0).mean() > 0.5

# %% [markdown]
r"""
### Exercise 3: give the paper a say

Choose a baseline with which the paper can be credited too. A baseline is `"black"`, `"white"`, `"mean"` (each picture's
mean), `"blur"`, a number, or an array.

<details><summary>A hint</summary>

The attribution of a pixel has the factor $x_i - x_{0,i}$. On the paper $x_i = 0$. So what must $x_{0,i}$ not be?

</details>
"""

# %% only=student tags=exercise
my_baseline = ...

check.baseline(my_baseline, model, four)

# %% only=wrong tags=wrong
my_baseline = "black"

check.baseline(my_baseline, model, four)

# %% only=solution tags=solution
my_baseline = "white"

check.baseline(my_baseline, model, four)

# %% [markdown]
r"""
There is no right baseline, only a question that it asks. Sturmfels, Lundberg and Lee (2020) compare many.

## 5. Occlusion: cover it and see

The methods so far need gradients. This one needs only answers: cover a square of the picture, and see how the score drops.

> **Predict.** Which square of the 4 hurts most when it is covered by black? Can covering *raise* the score? And what does
> covering the empty paper by black do?

Drag **Window** and **Stride**. Black is paper: filling with it wipes out ink. Then fill with white, which is ink.
"""

# %%
xai.explore(model, pictures, method=xai.Occlusion(window=8, stride=4), index=4)

# %% [markdown]
r"""
**What it shows.** The bar and the upper part of the right stroke hurt most: without them it could be another digit. A blue
square, where there is one, raises the score when it is covered: what is drawn there speaks against a 4.

**The idea.**

$$\Phi_W(x) = F(x) - F(x \text{ with the window } W \text{ filled})$$

In words: a place is worth what the score loses without it. Where windows overlap, a pixel gets the average of the windows
that cover it. (Zeiler and Fergus 2014.)

**Its limits.** The window has one size, and what needs two places at once is missed: covering one of two good reasons
changes little if the other suffices. The filled picture may be like nothing the network has ever seen, and then its score
says little. Filling paper by black changes nothing: the blind spot of a baseline is back. And it costs a pass per window.

The drop of one window is quickly computed by hand:
"""

# %%
tiles = xai.Occlusion(window=7, stride=7)(model, four, quantity=xai.Logit("4"))
covered = pictures[4].copy()
covered[7:14, 14:21] = 0
drop = (model.scores(four) - model.scores(lab.layout(covered)))[0, 4]
print(f"The score drops by {drop:.2f}, and the map holds {tiles.map[7:14, 14:21].mean():.2f} there.")
assert np.allclose(tiles.map[7:14, 14:21], drop, atol=1e-4)

corner = xai.Occlusion(window=2, stride=2)(model, four).map[:2, :2]
print(f"Covering empty paper by black changes the score by {np.abs(corner).max():.3f}.")
assert np.abs(corner).max() < 1e-4

# %% [markdown]
r"""
Occlusion is steadier than saliency under weak noise, because it looks at large changes and not at slopes:
"""

# %%
occlusion_change = change_under_noise(xai.Occlusion(window=8, stride=4))
print(f"Noise changes an occlusion map by {occlusion_change:.1f} times its size, saliency by {saliency_change:.1f}.")
assert occlusion_change < 0.5 * saliency_change

# %% [markdown]
r"""
### Exercise 4: what does it cost?

How many forward passes does occlusion take on a picture of `size` x `size` pixels, with a square window and a stride?
Windows start at 0, `stride`, 2 `stride` and so on, until the picture is covered; the last one may be cut off by the
border. The score of the picture itself takes one more pass.

<details><summary>A hint</summary>

Start with one row. The first window needs `window` pixels; `size - window` are left, and each move covers `stride` of
them. Moves are whole: `math.ceil`. There is one window more than there are moves.

</details>
"""


# %% only=student tags=exercise
def my_passes(size, window, stride): ...  # your lines; math.ceil(7 / 2) is 4


check.occlusion_passes(my_passes)


# %% only=wrong tags=wrong
def my_passes(size, window, stride):
    return ((size - window) // stride + 1) ** 2 + 1


check.occlusion_passes(my_passes)


# %% only=solution tags=solution
def my_passes(size, window, stride):
    places = math.ceil((size - window) / stride) + 1
    return places**2 + 1


check.occlusion_passes(my_passes)

# %% [markdown]
r"""
## 6. Both frameworks side by side

PyTorch and Keras are two programs for one function. The weights of your network, converted, give its twin in the other
framework. By implementation invariance their maps must agree, up to rounding.

Loading the second framework takes about 10 seconds and half a gigabyte, so it is up to you: write `BOTH = True`, or set
the environment variable `XAI_BOTH=1` before you start.

> **Predict.** How large is the largest difference of the two maps, relative to the largest value: 1 in 10, 1 in 1000, or
> less than 1 in 10 000?
"""

# %%
BOTH = os.environ.get("XAI_BOTH") == "1"

if BOTH:
    there = xai_course.backend("keras" if BACKEND == "torch" else "torch")
    twin_network = there.digit_network(lab.weights_of(network))
    twin_inputs = there.layout(pictures)
    twin = xai.wrap(twin_network, classes=digits.classes, bounds=(0, 1), input_shape=twin_inputs[4].shape)

    scores_apart = np.abs(twin.scores(twin_inputs) - model.scores(inputs)).max()
    one, other_one = (method(m, z[4], quantity=xai.Logit("4")).map for m, z in ((model, inputs), (twin, twin_inputs)))
    maps_apart = np.abs(other_one - one).max() / np.abs(one).max()
    print(f"The scores of the twins differ by at most {scores_apart:.4f},")
    print(f"their maps by at most {maps_apart:.4f} of the largest value.")
    assert scores_apart < 1e-4
    assert maps_apart < 0.01
else:
    print("Only one framework is loaded. To see the twins, write BOTH = True in this cell and run it again.")

# %% [markdown]
r"""
The sliders of the two are tied, and the widget says in words how far the maps are apart.
"""

# %%
if BOTH:
    twins = {lab.FRAMEWORK: model, there.FRAMEWORK: twin}
    explorer = xai.explore(twins, pictures, method=xai.IntegratedGradients(steps=64), index=4)
    results = explorer.result  # waits until both maps are final
    display(explorer)
else:
    print("Only one framework is loaded.")

# %% [markdown]
r"""
## What to remember

| | asks | promises | costs | beware |
|---|---|---|---|---|
| saliency | which way is up from here? | implementation invariance, linearity, dummy | 1 gradient | rough; zero where the function has levelled off |
| SmoothGrad | which way is up around here? | the same | `samples` gradients | $\sigma$ is a choice; the error falls like $1/\sqrt n$ |
| integrated gradients | what made the score differ from the baseline's? | completeness, sensitivity, and all of the above | `steps` + 1 gradients | the baseline is part of the question, and blind where the picture equals it |
| occlusion | what is lost without this place? | an honest experiment, with no gradient | a pass per window | fills what the network has never seen; one window at a time |

- A calm map is not a true map. Ask for promises that can be tested.
- Every map answers a question: which class, rather than which, from which baseline, at which scale. Say the question
  with the map.
- All of them explain *the network*, not digits. A wrong network has correct explanations, and that is what they are for.

## Further reading

- K. Simonyan, A. Vedaldi, A. Zisserman (2014): *Deep Inside Convolutional Networks*. arXiv:1312.6034. Saliency.
- D. Smilkov, N. Thorat, B. Kim, F. Viégas, M. Wattenberg (2017): *SmoothGrad: removing noise by adding noise*.
  arXiv:1706.03825.
- M. Sundararajan, A. Taly, Q. Yan (2017): *Axiomatic Attribution for Deep Networks*. arXiv:1703.01365. Integrated
  gradients and the axioms.
- M. Zeiler, R. Fergus (2014): *Visualizing and Understanding Convolutional Networks*. arXiv:1311.2901. Occlusion.
- P. Sturmfels, S. Lundberg, S. Lee (2020): *Visualizing the Impact of Feature Attribution Baselines*. Distill.
- J. Adebayo and others (2018): *Sanity Checks for Saliency Maps*. arXiv:1810.03292. How a convincing map can have little
  to do with the network.
- K. Leino, S. Sen, A. Datta, M. Fredrikson, L. Li (2018): *Influence-Directed Explanations for Deep Convolutional
  Networks*. arXiv:1802.03788. The view in which saliency, SmoothGrad and integrated gradients are choices of one method.
"""
