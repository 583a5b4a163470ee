# %% [markdown]
r"""
# 21. Models that explain themselves

{{badges}}

**Aim.** All explanations so far came *afterwards* (post hoc): a network was there, and we asked it. Now the model is built so
that its reasons can be read. You compare a line and a tree with a concept bottleneck, tell it what it saw wrongly, and watch
the answer follow; find out where a bottleneck leaks; let it ask which concept to be told next; and read a network whose
reasons are patches of pictures: "this looks like that".

**Time.** 45 to 55 minutes: lines and trees 8, the bottleneck 20, what to ask for 10, prototypes 15.

**You need** lesson 16 (the flowers) and lesson 17 (units). No GPU and no training: the networks come with the course.

Concept bottlenecks are by Koh and others (2020), the network of prototypes by Chen and others (2019).
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
from sklearn.tree import DecisionTreeClassifier, export_text

import xai_course
import xai_widgets as xai
from xai_course import lesson_21 as check
from xai_course.plots import Table, summary
from xai_course.self_explaining import bottleneck, prototypes
from xai_course.self_explaining.concepts import CONCEPTS, GROUPS, dimmed, truths

BACKEND = os.environ.get("XAI_BACKEND", "torch")  # or write "keras"
lab = xai_course.backend(BACKEND)
print(f"This notebook runs on {lab.FRAMEWORK}.")

# %% [markdown]
r"""
Flowers again, *double* ones: petals in one of four colours on a stem in one of three make twelve classes. The pot has a
colour, too, and it tells nothing. So there are eleven **concepts**, in three groups, of each of which exactly one is true.
"""

# %%
flowers = xai_course.load_flowers("double", 120, seed=7)  # new to the networks
true = truths(flowers)
print("; ".join(f"{group}: {', '.join(name.split(': ')[1] for name in names)}" for group, names in GROUPS.items()))

# %% [markdown]
r"""
## 1. A line and a tree

**The idea.** Some models need no explanation, because they are one: a **linear model** says how much each feature counts, a
**decision tree** asks one question after the other. On pixels they are of no use. On concepts they are: here a tree that
knows the true concepts of 120 flowers.

> **Predict.** The class is a colour of petals and a colour of the stem. How many questions does a tree need at most, and will
> it ask for the pot?
"""

# %%
tree = DecisionTreeClassifier(random_state=0).fit(true, flowers.labels)
print(export_text(tree, feature_names=list(CONCEPTS), class_names=list(flowers.classes), max_depth=2))
pots = [CONCEPTS.index(name) for name in GROUPS["pot"]]
print(f"Depth {tree.get_depth()}, {tree.get_n_leaves()} leaves, right on {tree.score(true, flowers.labels):.2f}.")
assert tree.score(true, flowers.labels) == 1
assert tree.feature_importances_[pots].max() == 0
assert tree.get_n_leaves() == len(flowers.classes)

# %% [markdown]
r"""
**What it shows.** Twelve leaves, a handful of questions, none about the pot: the rule itself. But somebody has to tell the
tree which concepts are true. Whoever wants that from pictures needs a network in front of it.

## 2. A concept bottleneck

**The idea.** Koh and others (2020) put both into one network: $\hat c = g(x)$ are the probabilities of concepts, and the
class is read from these alone, $\hat y = f(\hat c)$. Here $g$ is a small convolutional network and $f$ is linear. Whoever
sees a wrong concept can set it right, which is called an **intervention**:

$$\hat y = f(\hat c_1, \dots, c_k, \dots, \hat c_K).$$

In the library a bottleneck is a layer whose units have names, `units={"concepts": [...]}` in `wrap`, and an intervention is
`xai.Intervention("concepts", {"petal: red": 1})`. Our network has been trained briefly, on purpose, so that there is something
to put right; and we let it look at flowers in poor light.
"""

# %%
model = bottleneck.wrapped(lab, bottleneck.network(lab, "independent"), flowers)
dark = dimmed(flowers.pictures)
inputs = lab.layout(dark)
print("Units:", ", ".join(model.unit_names("concepts")))

# %%
itself = xai.Intervention("concepts", {})(model, inputs)
missed = np.flatnonzero(itself.scores.argmax(axis=1) != flowers.labels)[:6]
assert (itself.said >= 0).all()

# %% [markdown]
r"""
Six flowers whose class it gets wrong. Between each and the classes stands a bar for every concept: how probable the network
finds it. A diamond at the right is where a concept is true.

> **Predict.** Read the bars. Which group would you tell the network first, so that it gets the class right? Drag its bars, or
> press *Tell the truth* beside it, and watch the classes. Then try the pot.
"""

# %%
xai.intervene(model, dark[missed], "concepts", truths=true[missed], labels=flowers.labels[missed], groups=GROUPS)

# %% [markdown]
r"""
One flower may be luck. All of them, group by group:
"""

# %%
told = {"nothing": (), "petal": ("petal",), "stem": ("stem",), "both": ("petal", "stem"), "pot": ("pot",)}
right = {}
for name, groups in told.items():
    known = bottleneck.told(true, [concept for group in groups for concept in GROUPS[group]])
    answers = xai.Intervention("concepts", known)(model, inputs).scores.argmax(axis=1)
    right[name] = (answers == flowers.labels).mean()
assert right["both"] == 1
assert abs(right["pot"] - right["nothing"]) < 0.05
assert min(right["petal"], right["stem"]) > right["nothing"] + 0.02
Table(["told", "right"], [[name, f"{share:.2f}"] for name, share in right.items()], "In poor light, 120 flowers.")

# %% [markdown]
r"""
**What it shows.** With both groups told *every* answer is right, whatever the picture: then the head is all that is left, and it
knows the rule. The pot changes next to nothing, because the head learnt from true concepts that it is no cause.

## 3. How a bottleneck is taught, and where it leaks

The head can learn from true concepts (**independent**), from those that the network sees (**sequential**), or together with it
(**joint**). And it can be given probabilities or the **logits** of concepts, which say more than yes and no; "yes" and "no" are
then the 95th and the 5th percentile of what they are in training.

> **Predict.** Which of the four is best where it is told nothing? And which of them gets *worse* when it is told the truth?
"""

# %%
measured = xai_course.results("bottleneck")
clean = [row for row in measured["told"] if row["light"] == "clean"]
summary(
    clean,
    by=["taught"],
    columns={name: name for name in ("concepts", "none", "petal", "stem", "both", "pot")},
    digits=2,
    caption="Concepts that are right, and answers that are by what is told: new flowers, three seeds, both frameworks.",
)

# %%
by_way = {
    way: [row for row in clean if row["taught"] == way] for way in ("independent", "sequential", "joint", "logits")
}
assert all(row["both"] == 1 for row in by_way["independent"])
assert min(row["none"] for row in by_way["logits"]) > max(row["none"] for row in by_way["sequential"])
assert all(row["petal"] < row["none"] - 0.1 for row in by_way["logits"])
assert all(row["pot"] < row["none"] - 0.01 for row in by_way["joint"] + by_way["logits"])
assert all(abs(row["pot"] - row["none"]) < 0.02 for row in by_way["independent"])

# %% [markdown]
r"""
Here it happens, in good light: flowers that the head on logits gets right by itself, and wrong once it is told the petals.

> **Predict.** Press *Tell the truth* beside the petals. Which of the three answers gets better, which worse?
"""

# %%
ways = {
    way: bottleneck.wrapped(lab, bottleneck.network(lab, way), flowers)
    for way in ("independent", "sequential", "logits")
}
bright = lab.layout(flowers.pictures)
no_and_yes = bottleneck.levels(ways["logits"], bright)
petals = xai.Intervention("concepts", bottleneck.told(true, GROUPS["petal"], no_and_yes))(ways["logits"], bright)
before, after = (scores.argmax(axis=1) == flowers.labels for scores in (petals.scores_before, petals.scores))
worse = np.flatnonzero(before & ~after)[:6]
xai.intervene(
    ways,
    flowers.pictures[worse],
    "concepts",
    truths=true[worse],
    labels=flowers.labels[worse],
    groups=GROUPS,
    levels={"logits": no_and_yes},
)

# %% [markdown]
r"""
**What it shows.** By itself the head on logits is nearly always right, with concepts of which one in eight is wrong. How can that be? It does not read the concepts. It reads what *leaks* through them: a logit of "petal: red" that is a little higher
says something about the stem as well. So the truth about the petals, which overwrites that, costs it a tenth of its answers
and more. Even the pot, which is no cause, does harm where head and concepts were trained together or on logits. A bottleneck
that is accurate is no evidence that its concepts are what they are called: **intervene, and look whether it helps.**

**Its limits.** That the class is a function of the concepts we know, because we drew the flowers. Elsewhere a bottleneck can only
be as good as its list of concepts, and somebody has to label them for each training picture.

## 4. Which concept to ask for next

An expert's time is short: which concept should she look at? Shin and others (2023) compare rules. By **uncertainty**, the group
of which the network is least sure. By **expected change**: how far the answer would move in each state $s$ that the group can be
in, weighed with the probability that the concepts give to it,

$$\sum_s p(s) \; \mathrm{KL}\big(\hat y_s \,\|\, \hat y\big).$$

### Exercise 1: the expected change

`c` is the probability that a concept is there; `now`, `off` and `on` are the probabilities of the classes now, and where the
concept is told not to be there, or to be there. Write the expected change.

<details><summary>A hint</summary>

The divergence of what is then from what is now is `(then * np.log(then / now)).sum()`.

</details>
"""


# %% only=student tags=exercise
def my_change(c, now, off, on): ...  # your line


check.expected_change(my_change)


# %% only=wrong tags=wrong
def my_change(c, now, off, on):
    return c * (off * np.log(off / now)).sum() + (1 - c) * (on * np.log(on / now)).sum()


check.expected_change(my_change)


# %% only=solution tags=solution
def my_change(c, now, off, on):
    return (1 - c) * (off * np.log(off / now)).sum() + c * (on * np.log(on / now)).sum()


check.expected_change(my_change)

# %% [markdown]
r"""
In both widgets above *ask next* stands beside the group with the largest, and the menu on top changes the rule. Logits are no
probabilities, so nobody knows what to ask of them.

> **Predict.** The network is often unsure of the pot. Which rule will ask for it?
"""

# %%
asked = {}
for rule in ("expected_change", "uncertainty"):
    best = xai.NextConcept("concepts", groups=GROUPS, criterion=rule)(model, inputs).best
    asked[rule] = [best.count(group) / len(best) for group in GROUPS]
assert asked["expected_change"][2] < 0.02
assert asked["uncertainty"][2] > 0.1
Table(
    ["asks by", *GROUPS],
    [[rule.replace("_", " "), *(f"{share:.2f}" for share in shares)] for rule, shares in asked.items()],
    "For which group it asks first, as shares of the flowers.",
)

# %%
policies = {
    policy: [row["right"] for row in measured["asked"] if row["policy"] == policy]
    for policy in ("expected_change", "effect", "uncertainty", "chance")
}
means = {policy: np.mean(rows, axis=0) for policy, rows in policies.items()}
for policy in ("effect", "uncertainty", "chance"):
    assert all(best[1] > other[1] for best, other in zip(policies["expected_change"], policies[policy], strict=True))
Table(
    ["asks by", "no question", "one", "two", "three"],
    [[policy.replace("_", " "), *(f"{share:.2f}" for share in shares)] for policy, shares in means.items()],
    "Answers that are right after so many questions, in poor light: means over seeds and both frameworks.",
)

# %% [markdown]
r"""
**What it shows.** Uncertainty alone wastes questions on the pot. What *would* change the answer alone ("effect", all states
being as likely) asks where the network is sure already. Both together is best after one question, and two are enough: there are
only two groups that count.

**Its limits.** A network that is *sure* of a wrong concept does not ask for it.

## 5. This looks like that

**The idea.** Chen and others (2019) need no concepts with names. Their network learns **prototypes**, small vectors $p_j$, of which
each *is* a place in a training picture. For a new picture it finds the place most like each prototype, and the score of a class is
a sum of points:

$$s_j = \max_{\text{places } z} \; \log \frac{\lVert z - p_j \rVert^2 + 1}{\lVert z - p_j \rVert^2 + 10^{-4}}, \qquad
f_c = \sum_j w_{cj} \, s_j.$$

So a score is read like a bill: this patch looks like that one, and for that there are so many points.

### Exercise 2: points

`distances` are the squared distances $\lVert z - p_j \rVert^2$ of a picture's nearest places to some prototypes, `weights` those of
the prototypes for a class. What is the score of the class?

<details><summary>A hint</summary>

First the similarity of each prototype, then its weight, then the sum.

</details>
"""


# %% only=student tags=exercise
def my_points(distances, weights): ...  # your line


check.points(my_points)


# %% only=wrong tags=wrong
def my_points(distances, weights):
    return -distances @ weights


check.points(my_points)


# %% only=solution tags=solution
def my_points(distances, weights):
    return np.log((distances + 1) / (distances + 1e-4)) @ weights


check.points(my_points)

# %% [markdown]
r"""
Our network has three prototypes for each of the six classes of single flowers. `xai.prototypes` reads the bill off any network
that ends so, yours too: it finds the weights behind the layer of similarities, tries that there is nothing else, and looks
through the training pictures for the place at which each prototype says most. What is framed is not a blurred map of the
similarity, as in the paper, but all that the place has *seen*, its **receptive field**: a map that is laid over the picture
makes the patch look smaller than what the network had to go by (Hoffmann and others 2021 show how far the two can be apart).

> **Predict.** A flower with red petals. Which patches will be on the bill, and which prototypes? You strike out the three that
> bring most: what will the network answer then?
"""

# %%
rows = [row for row in xai_course.results("prototypes")["trained"] if row["start"] == "evidence"]
sources = rows[0]["sources"]  # of the network that comes with the course: flower, row and column
training = prototypes.training_flowers(1 + max(number for number, _, _ in sources))
single = xai_course.load_flowers("single", 60, seed=7)
network = prototypes.network(lab)
looks = prototypes.wrapped(lab, network, single)
viewer = xai.prototypes(looks, single.pictures[:6], training.pictures)
viewer

# %%
found = viewer.result
scores = looks.scores(lab.layout(single.pictures[:1]))[0]
bill = found.points(int(scores.argmax()))
assert abs(bill.sum() - scores.max()) < 1e-3
most = np.argsort(-bill)[:3]
without = found.without(most.tolist())
print(f"The answer is {single.classes[scores.argmax()]}: {scores.max():.1f} points in all.")
print(f"Without {', '.join(found.names[one] for one in most)} it is {single.classes[without.argmax()]}.")

# %% [markdown]
r"""
**What it shows.** All of the score is on the bill, and each item can be looked at: the points sum to what the network itself says,
for every class. The prototypes of the class bring most of them; without these three the answer is another one, and the network
says so, too: what is struck out on the bill is taken out of the network. Two items may show the same patch: nothing keeps the
prototypes of a class apart.

A receptive field is what a place *could* use. What of it did the network use? For that there are the methods of the lessons before:
this network can be explained like any other.

> **Predict.** A square of 6 pixels moves over the flower, and takes points away. Where will it take most: at the petals, at the
> pot, at the wall beside them? And on flowers that are told by their stem?
"""

# %%
xai.explore(looks, single.pictures[:6], method=xai.Occlusion(window=6, stride=3))

# %% [markdown]
r"""
**What it shows.** The part that tells the class takes away more than its share of the picture, petals here and the stem there. But
much of the map lies elsewhere: a square of the mean colour is something new to the network, wherever it lies.

> **Predict.** A prototype can lie anywhere in a picture of its class. Where do they lie if nobody minds: on the part that tells
> the class, or on the background? And would the accuracy show it?
"""

# %%
begun = xai_course.results("prototypes")["trained"]
summary(
    begun,
    by=["start"],
    columns={
        "new": "right on new flowers",
        "on the part": "prototypes that see the part, of 18",
        "chance": "share by chance",
    },
    digits=2,
    caption="Begun at random places, or where the network that gives the features has its evidence: three seeds, both frameworks.",
)

# %%
by_start = {start: [row for row in begun if row["start"] == start] for start in ("evidence", "random")}
assert min(row["new"] for row in begun) > 0.95
assert all(row["on the part"] >= 16 for row in by_start["evidence"])
assert all(row["on the part"] <= 15 for row in by_start["random"])

# %% [markdown]
r"""
**What it shows.** Both are right equally often. But of those that began at random a third of the prototypes does not see the part that
tells the class: "this looks like that" then says of two pieces of wall that they look alike. Begun where there is evidence, all see
it. The accuracy tells nothing of it; the receptive fields do.

**Its limits.** *That* two patches are alike to a network is shown, *in what* is not: colour, form, an edge? And what is seen is not
what is used. A model that shows its reasons still has to be asked whether they are the ones one thinks.

**Another way.** Concept whitening (Chen, Bei and Rudin 2020) needs no bottleneck: it takes the place of a batch norm, decorrelates
the units of a layer, and turns them so that each axis is one concept; the rotation is learnt with examples of concepts, by steps that
keep it one. All else of the network stays, and what flows beside the named axes does, too. We have not trained one here.

## What to remember

- A line or a tree on concepts is its own explanation; the network in front of it is not.
- In a bottleneck you can tell the network what it saw wrongly. Whether that helps shows whether its concepts are what they are called.
- Logits and joint training leak: accurate by itself, worse when told the truth.
- Ask for what would change the answer and is not known: uncertainty and effect together.
- "This looks like that" needs to be looked at: with all that a place has seen, and beside chance.

## Further reading

- P. W. Koh, T. Nguyen, Y. S. Tang, S. Mussmann, E. Pierson, B. Kim, P. Liang (2020), *Concept Bottleneck Models*, ICML.
- S. Shin, Y. Jo, S. Ahn, N. Lee (2023), *A Closer Look at the Intervention Procedure of Concept Bottleneck Models*, ICML.
- C. Chen, O. Li, D. Tao, A. Barnett, J. Su, C. Rudin (2019), *This Looks Like That: Deep Learning for Interpretable Image
  Recognition*, NeurIPS.
- A. Hoffmann, C. Fanconi, R. Rade, J. Kohler (2021), *This Looks Like That... Does it? Shortcomings of Latent Space Prototype
  Interpretability in Deep Networks*, arXiv:2105.02968.
- Z. Chen, Y. Bei, C. Rudin (2020), *Concept Whitening for Interpretable Image Recognition*, Nature Machine Intelligence.
- C. Rudin (2019), *Stop Explaining Black Box Machine Learning Models for High Stakes Decisions and Use Interpretable Models
  Instead*, Nature Machine Intelligence.
"""
