# %% [markdown]
r"""
# 7. Modified backpropagation, and how to expose it

{{badges}}

**Aim.** Some methods go back through the network by other rules than those of the derivative: guided backpropagation, deconvolution,
DeepLIFT, layer-wise relevance propagation. Their pictures are crisp. You learn the rules, what each of them promises, how activation maps
(Grad-CAM) differ, and one experiment that shows which of these pictures depend on what the network has learnt.

**Time.** 45 to 60 minutes: rectifiers 10, relevance 15, activation maps 10, the randomisation check 15, exercises 10.

**You need** lesson 1 (saliency) and lesson 3 (the faces). No GPU and no training.
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
from xai_course import imagenet
from xai_course import lesson_07 as check
from xai_course.networks.weights import initial_weights
from xai_course.plots import COLORS, Plot, curve

BACKEND = os.environ.get("XAI_BACKEND", "torch")  # or write "keras"
lab = xai_course.backend(BACKEND)
print(f"This notebook runs on {lab.FRAMEWORK}.")

# %% [markdown]
r"""
The network names five people: the one of lesson 3 that has *not* seen the pink wall.
"""

# %%
faces = xai_course.load_faces()
print(faces)
recipe = lesson_3.controlled(faces)
network, origin = lesson_3.network(lab, recipe, faces, pink=False)
answers = lab.predict(network, faces.pictures[faces.test]).argmax(axis=1)
correct = faces.test[answers == faces.labels[faces.test]]
chosen = [correct[faces.labels[correct] == label][0] for label in range(len(faces.classes))]
pictures, labels = faces.pictures[chosen], faces.labels[chosen].tolist()
inputs = lab.layout(pictures)
model = xai.wrap(network, classes=faces.classes, bounds=(0, 1), input_shape=inputs.shape[1:])

# %% [markdown]
r"""
## 1. Two ways to rewrite the rectifier

A rectifier computes $\max(z, 0)$. Going back, its derivative lets a gradient $g$ pass where $z > 0$, and stops it elsewhere. Two methods change just
this one rule:

| | what passes back |
|---|---|
| gradient | $g \cdot [z > 0]$ |
| deconvolution (Zeiler and Fergus 2014) | $g \cdot [g > 0]$ |
| guided backpropagation (Springenberg, Dosovitskiy, Brox and Riedmiller 2015) | $g \cdot [g > 0] \cdot [z > 0]$ |

In words: whatever speaks *against* is thrown away at each rectifier on the way.

> **Predict.** Which of the three maps looks most like a face? Does the best-looking one tell most about the network?
"""

# %%
xai.grid(model, pictures, methods=["saliency", "deconvolution", "guided_backpropagation"])

# %% [markdown]
r"""
**What it shows.** The changed rules give clearer pictures, of outlines and eyes. Keep in mind what they are: a gradient of *no* function. There is nothing whose
slope they are, so no axiom of lesson 5 speaks for them. Nie, Zhang and Patel (2018) show that both largely restore the picture itself.

### Exercise 1: the rule by hand

Write what guided backpropagation lets back through a rectifier: `gradient` is what arrives from above, `z` what the rectifier got.

<details><summary>A hint</summary>

Two conditions; multiply by both.

</details>
"""


# %% only=student tags=exercise
def my_rule(gradient, z): ...  # your line


check.guided(my_rule)


# %% only=wrong tags=wrong
def my_rule(gradient, z):
    return gradient * (z > 0)


check.guided(my_rule)


# %% only=solution tags=solution
def my_rule(gradient, z):
    return gradient * (gradient > 0) * (z > 0)


check.guided(my_rule)

# %% [markdown]
r"""
## 2. Sharing the score out: DeepLIFT and relevance

Another thought: start with the *score*, and share it out, layer by layer, among those who made it.

**Layer-wise relevance propagation** (Bach, Binder, Montavon, Klauschen, Müller and Samek 2015) shares the relevance $R_j$ of a unit among its inputs by what each of them sent:

$$R_i = \sum_j \frac{x_i w_{ij}}{z_j + \varepsilon\, \operatorname{sign}(z_j)}\, R_j, \qquad z_j = \sum_i x_i w_{ij} + b_j$$

In words: who sent a tenth of what the unit received gets a tenth of its relevance. Where $z_j$ is nearly zero the shares explode, so there are variants: *gamma* favours positive
contributions, *z+* takes them alone, and *flat*, at the first layer, shares evenly. A *composite* takes one rule for the lower layers and another for the upper ones.

**DeepLIFT** (Shrikumar, Greenside and Kundaje 2017) shares out a *difference*: between the score here and at a reference, such as black. A rectifier's slope becomes the slope
of the line between the two: $\bigl(f(x) - f(r)\bigr) / (x - r)$. So its values add up to the difference of the scores, as those of integrated gradients do, and it takes one pass.

> **Predict.** Which composite gives the calmest map? What will a larger $\gamma$ do to the blue parts?

Change the composite; where there is a gamma, move it.
"""

# %%
xai.explore(model, pictures, method="relevance_propagation", composite="gamma")

# %%
question = xai.Logit(labels)
difference = xai.DeepLift()(model, inputs, quantity=question)
path = xai.IntegratedGradients(steps=64)(model, inputs, quantity=question)
cosine = (difference.values * path.values).sum() / np.linalg.norm(difference.values) / np.linalg.norm(path.values)
print(f"DeepLIFT adds up to the difference of the scores: {difference.gap.max() < 0.01}")
print(f"Its map is much like that of 64 steps of integrated gradients: {cosine > 0.8}")
assert difference.gap.max() < 0.01
assert cosine > 0.8

plus = xai.RelevancePropagation(composite="z_plus")(model, inputs, quantity=question)
print(f"The rule z+ knows no minus: {plus.values.min() >= -1e-3 * plus.values.max()}")
assert plus.values.min() >= -1e-3 * plus.values.max()

# %% [markdown]
r"""
**Its limits.** The rules are made for chains of linear layers and rectifiers. What a rule does not cover, such as two signals multiplied with each other, is refused here by the name of
the layer. Other tools pass over it in silence. And with many rules and composites to choose from, one can usually find a map that one likes.

### Exercise 2: one layer of relevance

Write the epsilon rule for one dense layer: `x` are its inputs (n,), `w` its weights (m, n), `b` its biases (m,), `r` the relevance of its outputs (m,). Take `epsilon` as given.

<details><summary>A hint</summary>

First $z$, then $r_j / (z_j + \varepsilon \operatorname{sign} z_j)$, then back through `w`. One factor is easily forgotten.

</details>
"""


# %% only=student tags=exercise
def my_relevance(x, w, b, r, epsilon=1e-6): ...  # your lines


check.relevance(my_relevance)


# %% only=wrong tags=wrong
def my_relevance(x, w, b, r, epsilon=1e-6):
    z = w @ x + b
    return w.T @ (r / (z + epsilon * np.sign(z)))


check.relevance(my_relevance)


# %% only=solution tags=solution
def my_relevance(x, w, b, r, epsilon=1e-6):
    z = w @ x + b
    return x * (w.T @ (r / (z + epsilon * np.sign(z))))


check.relevance(my_relevance)

# %% [markdown]
r"""
## 3. Activation maps

Do not go back to the pixels at all. Stop at a late layer, whose maps $A^k$ still know *where*, and add them up, weighted by what each of them means to the class:

$$M = \max\Bigl(0, \sum_k w_k A^k\Bigr)$$

| | weight of map $k$ |
|---|---|
| CAM (Zhou, Khosla, Lapedriza, Oliva and Torralba 2016) | the weight of $k$ in the last layer; only where nothing but an average lies between |
| Grad-CAM (Selvaraju and others 2017) | the gradient of the score, averaged over the map |
| Grad-CAM++ (Chattopadhay and others 2018) | the same, with a weight for each place |
| Score-CAM (Wang and others 2020) | what the network answers when it sees the picture through that map; no gradient |
| Layer-CAM (Jiang and others 2021) | a weight for each place: its own positive gradient |

The network of lesson 2 averages its last maps and has one linear layer behind: for it CAM can be computed.

> **Predict.** Two layers further down, will Grad-CAM's map be finer, or only noisier?

The layer is in the sentence on top.
"""

# %%
photographs = np.stack([imagenet.load_photograph("chelsea")])
cat = lab.layout(photographs)[0]
wide = xai.wrap(
    imagenet.load_network(BACKEND),
    classes=imagenet.class_names(),
    bounds=(0, 1),
    preprocess=imagenet.PREPROCESS,
    input_shape=cat.shape,
)
xai.explore(wide, photographs, method="grad_cam", layer="head_relu")

# %%
by_weights = xai.Cam()(wide, cat, layer="head_relu").map
by_gradient = xai.GradCam()(wide, cat, layer="head_relu").map
cosine = (by_weights * by_gradient).sum() / np.linalg.norm(by_weights) / np.linalg.norm(by_gradient)
print(f"Here Grad-CAM is CAM, up to its size: {cosine > 0.999}")
assert cosine > 0.999

# %% [markdown]
r"""
**What it shows.** A map of 7 x 7 numbers, smoothed. It is coarse, and it says something true about the network's last step. Where an average and one linear layer follow, the
gradient *is* the weight (divided by the number of places), so Grad-CAM is a generalisation of CAM.

**Guided Grad-CAM** multiplies guided backpropagation by the Grad-CAM map: fine and on the class. It is as crisp as the one, and as much to be trusted as the lesser of the two.

## 4. The check: forget what was learnt

Adebayo, Gilmer, Muelly, Goodfellow, Hardt and Kim (2018) ask for a minimum: an explanation of a network should change when the network changes. Replace the weights of the last layer by
random ones, then also those of the layer before, and so on. At the end nothing is left of what was learnt. Does the map notice?

> **Predict.** Saliency, guided backpropagation, relevance with z+, Grad-CAM: which of them changes at once, which last?

Below the trained network stands beside one whose dense layers are random, and one that is random altogether. Change the method.
"""

# %%
weights, fresh = lab.weights_of(network), initial_weights(recipe.architecture, seed=5)
order = ["dense2", "dense1", "conv2", "conv1"]  # from the top down
forgetful = {"trained": model}
for count, last in enumerate(order, start=1):
    random = {name: fresh[name] if name.split(".")[0] in order[:count] else value for name, value in weights.items()}
    built = lab.build(recipe.architecture, random)
    forgetful[f"random to {last}"] = xai.wrap(built, classes=faces.classes, bounds=(0, 1), input_shape=inputs.shape[1:])

shown = {name: forgetful[name] for name in ("trained", "random to dense1", "random to conv1")}
xai.explore(shown, pictures, method="guided_backpropagation", target=labels[0])

# %%
methods = {
    "saliency": xai.Saliency(),
    "integrated gradients": xai.IntegratedGradients(steps=16),
    "guided backpropagation": xai.GuidedBackpropagation(),
    "relevance, z+": xai.RelevancePropagation(composite="z_plus"),
}
likeness = {}
for name, method in methods.items():
    sizes = [np.abs(method(one, inputs, quantity=question).map).reshape(len(inputs), -1) for one in forgetful.values()]
    likeness[name] = [
        float(np.mean([stats.spearmanr(before, after).statistic for before, after in zip(sizes[0], size, strict=True)]))
        for size in sizes
    ]

figure = curve(
    "Likeness to the map of the trained network", "layers forgotten, from the top", "rank correlation of sizes"
)
for (name, line), color in zip(likeness.items(), COLORS, strict=False):
    figure.line(range(len(line)), line, color=color, legend_label=name, line_width=2)
figure.legend.location = "bottom_left"
for name, line in likeness.items():
    print(f"{name:>24}: after one layer {line[1]:.1f}")
assert likeness["relevance, z+"][1] > 0.9
assert likeness["guided backpropagation"][1] > likeness["saliency"][1] + 0.1
assert likeness["saliency"][1] < 0.6
Plot(figure, "Maps of z+ relevance hardly change when the network forgets; those of saliency change most.")

# %% [markdown]
r"""
**What it shows.** The map of saliency is another one as soon as the last layer has forgotten. Guided backpropagation keeps a good part of its picture, and relevance with z+ hardly notices that *anything* was
forgotten: it shows what is bright and has edges, for any network (Sixt, Granz and Landgraf 2020 prove that such rules converge to one direction, whatever the class). A crisp picture is not a reason to believe it.

**Its limits.** The check can convict, and cannot acquit: a map that changes may still be wrong. And a part of the likeness belongs to the *picture*: multiplied by the input, any map lies where
the input is bright. That is why a number alone does not decide, and why you should look.

## To remember

- A changed rule gives a crisper picture, and a gradient of no function.
- Relevance and DeepLIFT share the score out; what they add up to is a promise one can check.
- Activation maps are coarse and say where, at a late layer.
- An explanation that stays the same when the network has forgotten everything explains the picture, not the network. Try it before you believe a map.

## Further reading

- J. Adebayo, J. Gilmer, M. Muelly, I. Goodfellow, M. Hardt, B. Kim (2018), *Sanity Checks for Saliency Maps*, NeurIPS.
- W. Nie, Y. Zhang, A. Patel (2018), *A Theoretical Explanation for Perplexing Behaviors of Backpropagation-based Visualizations*, ICML.
- L. Sixt, M. Granz, T. Landgraf (2020), *When Explanations Lie: Why Many Modified BP Attributions Fail*, ICML.
- G. Montavon, A. Binder, S. Lapuschkin, W. Samek, K.-R. Müller (2019), *Layer-Wise Relevance Propagation: An Overview*.
"""
