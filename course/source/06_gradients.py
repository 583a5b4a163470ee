# %% [markdown]
r"""
# 6. Gradients: noise, baselines, layers

{{badges}}

**Aim.** The gradient methods beyond lesson 1, each as a small change of one that you know: another statistic over the
noise, many baselines in place of one, and a place inside the network in place of the input. At a layer there are four
ways that sound alike and differ; you learn to keep them apart.

**Time.** 40 to 50 minutes: noise 10, baselines 10, layers 15, units 5, exercises 10.

**You need** lessons 1 and 5. No GPU and no training.
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
from xai_course import lesson_06 as check
from xai_course.plots import Table

BACKEND = os.environ.get("XAI_BACKEND", "torch")  # or write "keras"
lab = xai_course.backend(BACKEND)
print(f"This notebook runs on {lab.FRAMEWORK}.")

# %% [markdown]
r"""
The network is the one of lesson 3 that has learnt the pink wall; the pictures are one of each person, and the first
once more with its wall painted.
"""

# %%
faces = xai_course.load_faces()
print(faces)
person, other = faces.roles["painted"], faces.roles["example"]
network, origin = lesson_3.network(lab, lesson_3.controlled(faces), faces, pink=True)
answers = lab.predict(network, faces.pictures[faces.test]).argmax(axis=1)
correct = faces.test[answers == faces.labels[faces.test]]
chosen = [correct[faces.labels[correct] == label][0] for label in range(len(faces.classes))]
pictures = np.concatenate([lesson_3.paint_background(faces.pictures[chosen[:1]]), faces.pictures[chosen]])
inputs = lab.layout(pictures)
x = inputs[0]
model = xai.wrap(network, classes=faces.classes, bounds=(0, 1), input_shape=x.shape)
question = xai.Logit(person)

# %% [markdown]
r"""
## 1. The same noise, another statistic

SmoothGrad (lesson 1) averages gradients $g_n$ at noisy copies of the picture. From the same gradients one can take
two more things:

| | statistic | it asks |
|---|---|---|
| SmoothGrad (Smilkov and others 2017) | $\frac1N \sum g_n$ | in which direction does the score move, on average? |
| SmoothGrad squared (Hooker, Erhan, Kindermans and Kim 2019) | $\frac1N \sum g_n^2$ | how strongly does it move, whichever way? |
| VarGrad (Adebayo and others 2018) | $\frac1N \sum (g_n - \bar g)^2$ | how *unsteady* is the slope? |

> **Predict.** The square loses the sign. Will the largest values stay where they are? And will VarGrad be large where
> SmoothGrad is, or elsewhere?

Each map has a colour scale of its own: compare the numbers at the ends. Click a map, and its sliders are at the side;
give VarGrad and SmoothGrad squared more *Noise*.
"""

# %%
xai.grid(model, pictures, methods=["smoothgrad", "smoothgrad_squared", "vargrad"], target=person)

# %%
noise = {"sigma": 0.15, "samples": 16}
mean = xai.SmoothGrad(**noise)(model, x, quantity=question).values
square = xai.SmoothGradSquared(**noise)(model, x, quantity=question).values
variance = xai.VarGrad(**noise)(model, x, quantity=question).values
rest = np.abs(square - (mean**2 + variance)).max() / square.max()
print(f"Squared, and mean squared + variance: at most {rest:.4f} of the largest value apart.")
assert rest < 1e-4

unsteady = []
for sigma in (0.02, 0.3):
    two = [
        way(sigma=sigma, samples=16)(model, x, quantity=question).values.sum()
        for way in (xai.VarGrad, xai.SmoothGradSquared)
    ]
    unsteady.append(two[0] / two[1])
print(f"Of it, variance is {unsteady[0]:.0%} with little noise, {unsteady[1]:.0%} with much.")
assert unsteady[1] > unsteady[0] + 0.1

# %% [markdown]
r"""
**What it shows.** SmoothGrad squared is the square of SmoothGrad, plus VarGrad. On the face that opens, the square
keeps what is strongest, eyes and nose, and nearly drops the rest. VarGrad is large along the brows and in spots of
the wall, where SmoothGrad is pale: there the slopes disagree, and cancel in the mean. The wider the noise, the larger
its part. Neither has a sign: they say where something happens, and not what.

**Its limits.** A square makes large values larger: a part of what looks sharp is the square. Hooker and others (2019)
took the pixels away that a map calls important and trained anew: there both statistics did better than SmoothGrad
itself. That speaks for their order of the pixels, not for their beauty.

### Exercise 1: variance

`gradients` are the gradients at the noisy copies, (samples, pixels). Write VarGrad.

<details><summary>A hint</summary>

The mean of the squares is not the variance, unless the mean is zero.

</details>
"""


# %% only=student tags=exercise
def my_vargrad(gradients): ...  # your line


check.vargrad(my_vargrad)


# %% only=wrong tags=wrong
def my_vargrad(gradients):
    return (gradients**2).mean(axis=0)


check.vargrad(my_vargrad)


# %% only=solution tags=solution
def my_vargrad(gradients):
    return (gradients**2).mean(axis=0) - gradients.mean(axis=0) ** 2


check.vargrad(my_vargrad)

# %% [markdown]
r"""
## 2. Many baselines: expected gradients

Integrated gradients compares with *one* baseline. Black is a choice, and a black pixel can never get a value from it.
**Expected gradients** (Erion, Janizek, Sturmfels, Lundberg and Lee 2021; GradientSHAP is the name that the package
shap, and Captum after it, have for it) draws for each sample a baseline $x'$ *and* a point on the way $\alpha$ at
random:

$$\Phi_i = \mathbb E_{x', \alpha} \left[ (x_i - x'_i) \, \frac{\partial F}{\partial x_i} \bigl( x' + \alpha (x - x') \bigr) \right]$$

In words: integrated gradients, averaged over baselines, all in one random sum. Its values add up to the score minus
the *average* score of the baselines, up to an error of chance, which is shown.

> **Predict.** From black, what is dark gets next to nothing: the suit, the shadow beside the face. And from baselines
> of random values?

The right map is the one whose sliders are shown. Change *Baselines* and *Samples*, and watch the error below.
"""

# %%
one_and_many = [xai.IntegratedGradients(baseline="black"), xai.ExpectedGradients(samples=128)]
xai.grid(model, pictures, methods=one_and_many, focus=1, target=person)

# %%
others = lab.layout(faces.pictures[faces.train[::60]])  # real pictures as baselines
average = float(model.scores(others)[:, model.target(person)].mean())
expected = xai.ExpectedGradients(samples=256, baselines=others)(model, x, quantity=question)
difference = expected.score - average
print(f"{len(others)} baselines; the score lies {difference:.1f} above their average, and the values", end=" ")
print(f"add up to {expected.values.sum():.1f}.")
assert abs(expected.values.sum() - difference) < 0.2 * abs(difference)

brightness = pictures[0].max(axis=-1)
dark = brightness <= np.quantile(brightness, 0.1)
from_black = np.abs(xai.IntegratedGradients()(model, x, quantity=question).map)
from_others = np.abs(expected.map)
share = [float(found[dark].mean() / found.mean()) for found in (from_black, from_others)]
print(f"Beside the mean of all pixels a dark one counts {share[0]:.1f} from black, {share[1]:.1f} from others.")
assert share[1] > share[0]

# %% [markdown]
r"""
**What it shows.** The dark suit has values now, for and against: in many of the baselines it is bright. The price is
chance. Four times the samples halve the error. (The kind *plain* draws one colour for the whole picture.)

**Its limits.** The answer is now "compared with these pictures". Choose them with care, and say which they were.
Noise is like no picture the network has seen; real pictures, as in the cell above, are a better company.

## 3. Inside: four that sound alike

**The idea.** At a layer with units $z = h(x)$ one can follow the path from the baseline in two ways: in the space of
*pixels*, watching how the units move; or in the space of the *units*, on a straight line. And one can weight each
gradient by how far the unit moved, or not. Hence four methods, which other libraries call by each other's names:

| | path | weighted by |
|---|---|---|
| integrated gradients at the layer (Captum: LayerIntegratedGradients) | straight in the units, from $h(x')$ | the whole way, $h(x) - h(x')$ |
| conductance (Dhamdhere, Sundararajan and Yan 2019) | straight in the pixels | the unit's own movement at each step, $dz / d\alpha$ |
| internal influence (Leino and others 2018; Captum: InternalInfluence) | straight in the pixels | nothing |
| latent influence (TruLens: InternalInfluence) | straight in the units, from zero | the activation |

(The nearest relative is input x gradient, which at a layer is *gradient x activation*: one point in place of a path.)

> **Predict.** Which of the four add up to the change of the score? Which two maps will look alike?

The grid shows them at the layer `conv2`, laid over the picture. The paths start at white. Then try black.
"""

# %%
start = "white"
at_layer = {
    "integrated gradients": xai.IntegratedGradients(steps=32, baseline=start),
    "conductance": xai.Conductance(steps=32, baseline=start),
    "internal influence": xai.InternalInfluence(steps=32, baseline=start),
    "latent influence": xai.LatentInfluence(steps=32),
}
xai.grid(model, pictures, methods=list(at_layer.values()), target=person, layer="conv2")

# %%
white = np.ones_like(x)
change = float((model.scores(x) - model.scores(white))[0, model.target(person)])
values = {name: way(model, x, quantity=question, layer="conv2").values for name, way in at_layer.items()}
sums = {name: float(found.sum()) for name, found in values.items()}
assert abs(sums["integrated gradients"] - change) < 0.05 * abs(change)
assert abs(sums["conductance"] - change) < 0.05 * abs(change)
assert abs(sums["internal influence"] - change) > 0.2 * abs(change)
cosine = {
    name: float((found * values["conductance"]).sum() / np.linalg.norm(found) / np.linalg.norm(values["conductance"]))
    for name, found in values.items()
}
Table(
    ["at conv2", "sum", "cosine with conductance"],
    [[name, f"{sums[name]:.0f}", f"{cosine[name]:.1f}"] for name in values],
    f"From white to the picture the score changes by {change:.0f}.",
)

# %% [markdown]
r"""
**What it shows.** The first two both promise completeness, and share the same sum out a little differently: the
straight way in the pixels is a crooked one in the units. Latent influence adds up to another change, that from units
which are all zero (if the two changes are of like size, that is chance). Internal influence is a slope and adds up to
nothing: it is large also where the units hardly moved. From black, latent influence looks like the first two: on that
way nearly the same ReLUs are open (lesson 5).

**Its limits.** A map of a layer is coarse, 16 x 16 numbers here; what you see is interpolated.

### Exercise 2: conductance by hand

Behind the layer the model is linear: $F = \sum_j w_j z_j$. The units are $z$ at the input and $z'$ at the baseline.
What is the conductance of each unit?

<details><summary>A hint</summary>

The gradient is $w_j$ all along the way, whatever the way. How far did the unit move?

</details>
"""


# %% only=student tags=exercise
def my_conductance(w, z, z_baseline): ...  # your line


check.conductance(my_conductance)


# %% only=wrong tags=wrong
def my_conductance(w, z, z_baseline):
    return w * z + 0 * z_baseline


check.conductance(my_conductance)


# %% only=solution tags=solution
def my_conductance(w, z, z_baseline):
    return w * (z - z_baseline)


check.conductance(my_conductance)

# %% [markdown]
r"""
## 4. A unit in place of a class

The other end can be moved too: explain a *unit* or a *channel* by the pixels. Every method takes it as its quantity:
`xai.Unit("conv2", (3, 10, 10))`, `xai.Channel("conv2", 12)`. Where other libraries have a class for every pair
(LayerConductance, NeuronGradient, NeuronIntegratedGradients ...), here is one spelling: *which method*, `layer=` for
whom, and the quantity for what. We take the channel of `conv2` through which most of the change flows.

> **Predict.** What in the picture makes that channel strong?
"""

# %%
flow = xai.Conductance(steps=32)(model, x, quantity=question, layer="conv2")
flows = np.moveaxis(flow.values, flow.question.cut.channel_axis, 0).sum(axis=(1, 2))
channel = int(flows.argmax())
print(f"channel {channel} of conv2")
strength = xai.Channel("conv2", channel)
xai.explore(model, pictures, method="integrated_gradients", quantity=strength, display={"smoothing": 1})

# %%
path = xai.IntegratedGradients(steps=64)(model, x, quantity=strength)
print(f"The values leave a gap of {path.gap:.0%} to the change of the channel.")
assert path.gap < 0.05

unpainted = xai.Saliency()(model, inputs[1], quantity=strength).score
print(f"With the pink paint the channel is at {path.score:.0f}, without it at {unpainted:.0f}.")
assert unpainted < path.score

through = xai.NeuronConductance(through=strength, steps=32)(model, x, quantity=question)
missing = abs(through.values.sum() / flows[channel] - 1)
print(f"What flows through it, pixel by pixel, adds up to {through.values.sum():.1f}, its conductance is", end=" ")
print(f"{flows[channel]:.1f}.")
assert missing < 0.05

steepest = xai.influential_channel(model, x, "conv2", quantity=question)
print(f"The channel with the steepest slope is {steepest}.")
assert steepest != channel

# %% [markdown]
r"""
**What it shows.** Much of what makes the channel strong lies on the painted wall, most of all at its edge against the
face; without the paint it is much weaker. This explains the *channel*, whatever it is used for. How much of the
*class* goes this way, pixel by pixel, is another question: **neuron conductance** (Shrikumar, Su and Kundaje 2018)
multiplies the slope of the score by the unit and the slope of the unit by the pixel, along the path. Added up it is
the conductance of the channel.

**Its limits.** "The channel that counts most" needs a measure. The steepest slope (Leino and others 2018) names
another one than the largest conductance does: a channel may be steep and hardly move.
"""

# %% [markdown]
r"""
## What to remember

- SmoothGrad, its square and VarGrad are three statistics of the same gradients.
- Expected gradients averages over baselines; its error is one of chance, and is said.
- At a layer ask: along which path, and weighted by what? Names differ between libraries, definitions do not lie.
- Which method, at which layer, for which quantity: three choices, and every neuron method is one of them.

## Further reading

- G. Erion, J. D. Janizek, P. Sturmfels, S. M. Lundberg, S.-I. Lee (2021), *Improving performance of deep learning
  models with axiomatic attribution priors and expected gradients*, Nature Machine Intelligence.
- S. Hooker, D. Erhan, P.-J. Kindermans, B. Kim (2019), *A Benchmark for Interpretability Methods in Deep Neural
  Networks*, NeurIPS.
- K. Dhamdhere, M. Sundararajan, Q. Yan (2019), *How Important Is a Neuron?*, ICLR; A. Shrikumar, J. Su, A. Kundaje
  (2018), *Computationally Efficient Measures of Internal Neuron Importance*, arXiv 1807.09946.
- K. Leino, S. Sen, A. Datta, M. Fredrikson, L. Li (2018), *Influence-Directed Explanations for Deep Convolutional
  Networks*, ITC.
- P. Sturmfels, S. Lundberg, S.-I. Lee (2020), *Visualizing the Impact of Feature Attribution Baselines*, Distill.
"""
