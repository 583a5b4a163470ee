# %% [markdown]
r"""
# 23. Pictures, tables and words together

{{badges}}

**Aim.** A network is shown a picture and asked a question about it: *what colour is the square?* You ask two questions about
one scene and see the evidence move, give pixels and words their part in one unit, and delete words: how often does the answer
stay? Then you share out an answer between picture and question, meet a network that does not look, and find out whether the
shares give it away.

**Time.** 45 to 55 minutes: asking 15, deleting words 12, shares and the network that does not look 18, three inputs 8.

**You need** lesson 6 (integrated gradients), lesson 9 (Shapley values) and lesson 12 (words). No GPU and no training: the
networks come with the course.

Networks that answer questions about pictures are by Agrawal and others (2017), the deleted words by Mudrakarta and others (2018).
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
import textwrap

import numpy as np

import xai_course
import xai_widgets as xai
from xai_course import lesson_23 as check
from xai_course.answering import networks as answering
from xai_course.answering.deletion import deleted, deletions
from xai_course.answering.modalities import coalitions, margins, on_the_asked, shapley
from xai_course.data import draw_asked_scenes
from xai_course.data.asked_scenes import KINDS
from xai_course.networks.architecture import THREE_PARTS
from xai_course.networks.weights import initial_weights
from xai_course.plots import Table, gallery, summary

BACKEND = os.environ.get("XAI_BACKEND", "torch")  # or write "keras"
lab = xai_course.backend(BACKEND)
print(f"This notebook runs on {lab.FRAMEWORK}.")

# %% [markdown]
r"""
The course draws the scenes: two or three things, each a shape of a colour in a quarter of the picture. A small grammar asks. So
the answer is known, and so is which thing is meant, and which words one cannot do without.
"""

# %%
scenes = draw_asked_scenes(150, seed=7)  # new to the networks
print(f"{scenes}; {len(scenes.vocabulary) - 1} words.")
first = scenes.chosen(slice(len(KINDS)))  # one of each kind
gallery(
    [first.pictures],
    columns=[textwrap.fill(question, 16) for question in first.questions],
    side=144,
    sentence="; ".join(
        f"{question}? {first.classes[answer]}" for question, answer in zip(first.questions, first.answers, strict=True)
    ),
)

# %% [markdown]
r"""
## 1. A network of two inputs

**The idea.** The network has two arms. Convolutions $v_p$ see the picture at 36 places $p$; the words become vectors, and their
mean $q$ becomes 48 gates $g(q)$. Each gate opens or closes one channel, at every place (Perez and others 2018 add a shift, and
call it FiLM):

$$f(x, q) = h\Big(\tfrac{1}{36} \sum_p \mathrm{ReLU}\big(W \, (g(q) \odot v_p(x))\big), \; q\Big).$$

So what the question brings is a *product* with what the picture brings. Keep that in mind for section 3.
"""

# %%
network = answering.network(lab)
model = answering.wrapped(lab, network)
right = answering.answered(lab, network, scenes) == scenes.answers
assert right.mean() > 0.95
Table(
    ["asked for", "right"],
    [[kind, f"{share:.2f}"] for kind, share in answering.by_kind(right, scenes).items()],
    f"Answers to {len(scenes)} new questions; there are 13 answers.",
)

# %% [markdown]
r"""
> **Predict.** Below each scene is shown twice, and asked two questions. Which pixels will be coloured on the left, which on the
> right? The picture has not changed at all.
"""

# %%
QUESTIONS = ("what colour is the circle", "what colour is the square")
shapes = [[thing.shape for thing in things] for things in scenes.things]
once = [shown.count("circle") == shown.count("square") == 1 for shown in shapes]
pairs = scenes.chosen(np.flatnonzero(once)[:6])
xai.explore(
    {question: answering.asked(lab, network, question) for question in QUESTIONS},
    pairs.pictures,
    method=xai.IntegratedGradients(steps=16, baseline="mean"),
)

# %% [markdown]
r"""
**What it shows.** The evidence moves to the thing that is asked for. And the words? Ask for both inputs at once: a panel for
each, and above them what each has brought to the answer, in the unit of the score. Type another question, and click a word to leave
it out.
"""

# %%
xai.explore(
    model,
    [{"picture": picture, "question": QUESTIONS[1]} for picture in pairs.pictures],
    method=xai.IntegratedGradients(steps=16),
)

# %% [markdown]
r"""
The same in numbers:
"""

# %%
asked = {"picture": lab.layout(pairs.pictures[0]), "question": QUESTIONS[1]}
both = xai.IntegratedGradients(steps=16)(model, asked)
by_word = both.values["question"].sum(axis=-1)[: len(QUESTIONS[1].split())]
picture, words = both.parts["picture"], both.parts["question"]
answer = scenes.classes[int(model.scores(asked).argmax())]
assert abs(by_word.sum() - words) < 0.01 * both.score
Table(
    ["picture", *QUESTIONS[1].split(), "sum"],
    [[f"{value:+.1f}" for value in (picture, *by_word, picture + words)]],
    f"What each input brings to {answer!r}, the answer. For words the gradient is taken at their vectors.",
)

# %% [markdown]
r"""
The shares add up to what the score has gained, and words and pixels are measured in the same unit.

You can hold that to account, because we know which pixels were meant. How much of the map (of its size, without sign) that lies on
things lies on the thing that is asked for? And by its area?
"""

# %%
few = scenes.chosen(np.flatnonzero(np.isin(scenes.kinds, ["colour", "shape", "place"]))[:24])
found = xai.IntegratedGradients(steps=32)(model, answering.inputs(lab, few))
maps = found.values["picture"]
maps = maps.sum(axis=1 if BACKEND == "torch" else -1)
mass, area = on_the_asked(maps, few), on_the_asked(np.ones_like(maps), few)
assert np.median(found.absolute_gap) < 0.05 * np.median(found.score)
assert mass.mean() > area.mean() + 0.05
print(f"On the thing that is asked for: {mass.mean():.1f} of the map, {area.mean():.1f} of the area.")

# %% [markdown]
r"""
**Its limits.** The others are not nothing: to find *the square* the network has to see that the circle is none.

## 2. A word is deleted

**The idea.** Mudrakarta and others (2018) asked: *did the model understand the question?* They deleted words, and networks kept their
answers where no person could have answered. Here we know which words matter: without *square*, "what colour is the" cannot be
answered.

> **Predict.** The word that matters is deleted, the picture stays. In how many of the scenes does the answer stay the same? And when
> any *other* word is deleted?

Try it first: in the widget above click *square*, then put it back and click *what*.
"""

# %%
gone = deletions(lab, network, scenes)
of_kind = scenes.kinds[gone.scene]
stays = {
    kind: [gone.stays[(of_kind == kind) & (gone.matters == matters)].mean() for matters in (True, False)]
    for kind in KINDS
}
question = first.questions[0]
print(f"For example: {question!r} becomes {deleted(question, len(question.split()) - 1)!r}.")
assert gone.stays[~gone.matters].mean() > 0.9
assert 0.3 < gone.stays[gone.matters].mean() < 0.8
Table(
    ["asked for", "without a word that matters", "without another word"],
    [[kind, *(f"{share:.2f}" for share in shares)] for kind, shares in stays.items()],
    "In which share of the deletions the answer stays.",
)

# %% [markdown]
r"""
**What it shows.** In about half of the cases the answer stays, with a question that has none. Does the network not read the
word, then? Compare with somebody who reads everything, and guesses where nothing is asked.

### Exercise 1: the answer of a guess

The noun is gone. Somebody points at one of the things in the picture at random, and says its colour. `colours` are the colours of
the things, `asked` is the colour of the one that was asked for. How often does the answer stay?

<details><summary>A hint</summary>

Two of three things may have the same colour.

</details>
"""


# %% only=student tags=exercise
def my_guess(colours, asked): ...  # your line


check.guess(my_guess)


# %% only=wrong tags=wrong
def my_guess(colours, _):
    return 1 / len(colours)


check.guess(my_guess)


# %% only=solution tags=solution
def my_guess(colours, asked):
    return colours.count(asked) / len(colours)


check.guess(my_guess)

# %%
colour = np.flatnonzero(scenes.kinds == "colour")
guessed = [
    np.mean([thing.color == scenes.classes[scenes.answers[scene]] for thing in scenes.things[scene]])
    for scene in colour
]
print(f"The answer stays for the network {stays['colour'][0]:.1f}, for the guess {np.mean(guessed):.1f} of the time.")
assert abs(stays["colour"][0] - np.mean(guessed)) < 0.25

# %% [markdown]
r"""
**What it shows.** About as often as by a guess. An answer that stays is no proof that the word is not read. What *is* missing is
something else: with 13 answers of which none is "I cannot know", the network answers whatever is left.

**Its limits.** A question without its noun is something that the network has never seen. And a deleted word shows what the answer
*needs*, while a coloured word shows what the score *owes* to it: the two need not agree.

## 3. Which of the two does an answer owe to?

**The idea.** Take inputs away as a whole. Without a picture, all is grey; without a question, there are no words. That gives four
scores: with neither, with one of them, with both. The Shapley value of the picture is the mean over who comes first,

$$\varphi_{\text{picture}} = \tfrac12 \big[v(\text{picture}) - v(\varnothing)\big] + \tfrac12 \big[v(\text{both}) - v(\text{question})\big],$$

and both values add up to the change.

### Exercise 2: two players

Write both Shapley values.

<details><summary>A hint</summary>

The second is what is left of the change.

</details>
"""


# %% only=student tags=exercise
def my_shares(neither, picture, question, both): ...  # your lines; return two numbers


check.shares(my_shares)


# %% only=wrong tags=wrong
def my_shares(neither, picture, question, _):
    return picture - neither, question - neither


check.shares(my_shares)


# %% only=solution tags=solution
def my_shares(neither, picture, question, both):
    first = ((picture - neither) + (both - question)) / 2
    return first, both - neither - first


check.shares(my_shares)

# %% [markdown]
r"""
*Of what* is the share? A question tells which *sort* of answer is right, a colour, a number, and that alone lifts the scores of all
colours. What interests us is why *red* and not blue. So the quantity is the score of the answer minus the mean score of the other
answers of its sort: a margin.

Now there is a second network. The same architecture, the same number of scenes, and *other questions for colours*: wherever a square's
colour was asked for it was red, a circle's blue, a triangle's green. (Elsewhere squares had all colours, and the other four kinds of
questions were as before.) Whoever learns from these need not look.

> **Predict.** Both networks are asked for colours in *even* scenes. How often is the second one right? What is the share of the picture
> in its answers, and what in those of the first: near 0, a half, near 1?
"""

# %%
biased = answering.network(lab, "telling")
shares = {}
for name, each in (("looks", network), ("does not look", biased)):
    values = margins(coalitions(lab, each, scenes))
    picture, words = shapley(values)
    correct = answering.by_kind(answering.answered(lab, each, scenes) == scenes.answers, scenes)
    shares[name] = {
        kind: (picture[scenes.kinds == kind].sum() / (picture + words)[scenes.kinds == kind].sum()) for kind in KINDS
    }
    shares[name] |= {"right": correct, "values": values[:, colour].mean(axis=1)}
Table(
    ["network", *(f"{kind}: {what}" for kind in ("colour", "shape") for what in ("right", "picture's share"))],
    [
        [name, *(f"{each:.2f}" for kind in ("colour", "shape") for each in (found["right"][kind], found[kind]))]
        for name, found in shares.items()
    ],
    "Two networks on the same scenes. They differ in their training questions for colours alone.",
)

# %%
Table(
    ["network", "neither", "picture", "question", "both"],
    [[name, *(f"{value:.1f}" for value in found["values"])] for name, found in shares.items()],
    "The margin of the answer, questions for colours.",
)

# %%
assert 0.35 < shares["looks"]["colour"] < 0.65
assert shares["does not look"]["colour"] < 0.25
assert shares["does not look"]["right"]["colour"] < 0.6
assert shares["does not look"]["right"]["shape"] > 0.8
assert 0.35 < shares["does not look"]["shape"] < 0.65

# %% [markdown]
r"""
See it for yourself, with both networks on one screen and one scale: "what colour is the square", in scenes whose square is blue.
"""

# %%
unusual = [
    scene for scene, things in enumerate(scenes.things) if [t.color for t in things if t.shape == "square"] == ["blue"]
]
xai.explore(
    {"looks": model, "does not look": answering.wrapped(lab, biased)},
    [{"picture": picture, "question": QUESTIONS[1]} for picture in scenes.pictures[unusual[:4]]],
    method=xai.ExactShapley(),
)

# %% [markdown]
r"""
**What it shows.** Where the network does not look, the question alone has all of the margin, and the picture's share is next to
nothing: the share gives it away. For shapes, which it learnt as the first one did, its share is the same as that of the first. That is
the control.

And the network that looks? *A half*, and it is not because half of the answer is in the question. Look at the four scores: alone the
picture brings nothing, alone the question brings nothing, together they bring everything. A pure **interaction**, which
Shapley's rule splits evenly, whatever it is made of. A share near a half may mean two halves of the evidence, or a lock and its
key. The four numbers tell, the share alone does not.
"""

# %%
summary(
    xai_course.results("answering")["right"],
    by=["language"],
    columns={"colour": "colour", "unusual": "colour is unusual", "says the usual": "says the usual", "shape": "shape"},
    digits=2,
    caption="Answers that are right, by the questions learnt from: three seeds, both frameworks, 600 scenes.",
)

# %%
tables = xai_course.results("answering")
owed = {"even": [], "telling": []}
for picture, words in zip(tables["picture"], tables["question"], strict=True):
    owed[picture["language"]].append(picture["colour"] / (picture["colour"] + words["colour"]))
assert min(owed["even"]) > 0.4
assert max(owed["telling"]) < 0.2
assert min(row["says the usual"] for row in tables["right"] if row["language"] == "telling") > 0.9
stays = {name: [row["colour, matters"] for row in tables["deleted"] if row["language"] == name] for name in owed}
assert max(stays["telling"]) < min(stays["even"])
print(f"The picture's share: {min(owed['even']):.2f} to {max(owed['even']):.2f} where the network looks,")
print(f"{min(owed['telling']):.2f} to {max(owed['telling']):.2f} where it does not.")
print(
    f"Without the noun the answer stays in {np.mean(stays['even']):.2f} where it looks, in {np.mean(stays['telling']):.2f} where not."
)

# %% [markdown]
r"""
**What it shows.** It holds for every seed. (A share may be negative: there the picture alone speaks against the usual answer.) And look
at the last line: by the deleted nouns it is the network that does *not* look that seems to read more carefully. It has to: the noun is
all that it goes by. "The answer follows the word" does not mean that a question was understood.

**Its limits.** Grey pictures and empty questions are nothing that the networks have seen. What "without" should mean is a choice,
and the values depend on it: lesson 24 is about that.

## 4. A third input: a table

Pictures and words are not all. A doctor's system reads a scan, a letter, and a table: an age, which is a number, and a ward, which is
a *category*. A category is a number of a row in a list, and a network reads it through an embedding, as it reads words: differences of
such numbers mean nothing, and so a gradient is taken at the vector, not at the number.

> **Predict.** The wards are renumbered, and the rows of the list with them, so that every patient's answer stays as it was. What
> happens to the share of the ward?
"""

# %%
weights = initial_weights(THREE_PARTS, seed=3)
order = np.array([0, 3, 1, 4, 2])  # of the wards; 0 stays what stands for none
other = weights | {"wards.weight": weights["wards.weight"][np.argsort(order)]}
random = np.random.default_rng(3)
patient = {
    "scan": lab.layout(random.uniform(0, 1, (16, 16, 1)).astype(np.float32)),
    "values": random.uniform(0, 1, 2).astype(np.float32),
    "ward": np.array([2]),
}
renumbered = patient | {"ward": order[patient["ward"]]}
nothing = {"scan": "black", "values": "black", "ward": {"ward": 0}}
methods = xai.IntegratedGradients(steps=16, baseline=nothing), xai.ExactShapley(baseline=nothing)
rows, parts = [], {}
for name, own, x in (("as it was", weights, patient), ("renumbered", other, renumbered)):
    three = xai.wrap(
        lab.build(THREE_PARTS, own),
        input_shape=[each.shape for each in x.values()],
        input_names=list(x),
        classes=["leaves", "stays"],
    )
    for method in methods:
        got = method(three, x, quantity=xai.Logit("stays"))
        parts[name, method.name] = np.array([got.parts[part] for part in x])
        assert got.absolute_gap < 0.03
        total = parts[name, method.name].sum()
        rows.append([name, method.label, *(f"{share:+.2f}" for share in parts[name, method.name]), f"{total:+.2f}"])
assert all(np.allclose(parts["as it was", one.name], parts["renumbered", one.name], atol=1e-4) for one in methods)
Table(["wards", "method", *patient, "sum"], rows, "A network of three inputs, with random weights: what each brings.")

# %% [markdown]
r"""
**What it shows.** Nothing happens to it, and the shares add up as they do with two inputs. A slope by the *number* of the ward would
have changed with the numbering; taken at the vector it has no numbering.

**Its limits.** The weights are random, so that nothing is learnt about patients here, only about shares. And what a missing ward is, a
row of zeros, an average, the most frequent one, has to be said: in the code above it is row 0.

## 5. The same query in Captum's and TruLens's spelling

All libraries ask the same: *which quantity, of which slice, over which distribution* (lesson 5). In TruLens all three are said in words;
there `model` is what `get_model_wrapper(net)` gives, and each row is followed by `.attributions(x)`.

| asked | here | Captum | TruLens |
|---|---|---|---|
| **quantity:** a class, at the input | `xai.IntegratedGradients()(model, x, quantity=xai.Logit(3))` | `IntegratedGradients(net).attribute(x, target=3)` | `InternalInfluence(model, InputCut(), ClassQoI(3), LinearDoi())` |
| **quantity:** one class rather than another | `quantity=xai.Margin(3, 5)` | a function of your own that subtracts them, in the place of `net` | `ComparativeQoI(3, 5)` in the place of `ClassQoI(3)` |
| **slice:** from a layer to the output | `layer="conv2"` | `LayerIntegratedGradients(net, net.conv2)` | `Cut("conv2")` in the place of `InputCut()` |
| **slice:** from the input to a channel | `quantity=xai.Channel("conv2", 7)` | `NeuronIntegratedGradients(net, net.conv2)` with a function that sums the channel | `Slice(InputCut(), Cut("conv2"))` with `InternalChannelQoI(7)` |
| **distribution:** around the input | `xai.SmoothGrad()` | `NoiseTunnel(Saliency(net))` | `GaussianDoi(var, resolution)` in the place of `LinearDoi()` |
| a picture and token ids | `(model, (picture, question))` | `LayerIntegratedGradients(net, [net.conv1, net.embedding])`, with `attribute_to_layer_input=True` for the picture | a cut at the embedding for the words |

They differ in details that change numbers: the rule for the nodes, what a baseline is by default, whether the class stays the same
along the way. In the documentation, `docs/names.md` has all names and differences.

## What to remember

- Several inputs, one scale: shares add up to what the score has gained.
- A share of a half may be an interaction: look at what each input brings alone.
- A share belongs to a quantity. The class score also pays the question for telling what sort of thing is asked for; the margin does not.
- An answer that stays without its noun may be a guess that happens to agree. Compare with guessing.
- A network that learnt from telling questions need not look. Accuracy on the same kind of questions cannot show it; the picture's share can.

Next, lesson 24 asks what "without" means.

## Further reading

- A. Agrawal, J. Lu, S. Antol, M. Mitchell, C. L. Zitnick, D. Batra, D. Parikh (2017), *VQA: Visual Question Answering*, International Journal of
  Computer Vision.
- P. K. Mudrakarta, A. Taly, M. Sundararajan, K. Dhamdhere (2018), *Did the Model Understand the Question?*, ACL.
- A. Agrawal, D. Batra, D. Parikh, A. Kembhavi (2018), *Don't Just Assume; Look and Answer: Overcoming Priors for Visual Question
  Answering*, CVPR.
- J. Johnson, B. Hariharan, L. van der Maaten, L. Fei-Fei, C. L. Zitnick, R. Girshick (2017), *CLEVR: A Diagnostic Dataset for Compositional
  Language and Elementary Visual Reasoning*, CVPR.
- E. Perez, F. Strub, H. de Vries, V. Dumoulin, A. Courville (2018), *FiLM: Visual Reasoning with a General Conditioning Layer*, AAAI.
- L. S. Shapley (1953), *A Value for n-Person Games*, Contributions to the Theory of Games II.
"""
