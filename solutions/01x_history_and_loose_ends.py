# %% [markdown]
# # 01x · History and loose ends
#
# What chapter 1 left out, for whoever wants it: where all this comes from, the rest of the activation functions, a ReLU
# in the wrong place, how to count parameters, and a trap in PyTorch. Nothing later needs it, and there is nothing to
# solve.
#
# **When you are done, you can**
#
# 1. tell the story of eighty years in a minute, with its sources;
# 2. tell ten activation functions apart by their curves and slopes;
# 3. say why the output of a forecast has no ReLU;
# 4. count the parameters of any network, and hand weights over to PyTorch.
#
# **Time:** 18 minutes.
#
# **You need:** [1a](01a_what_a_neuron_looks_for.ipynb), [1b](01b_bends_and_layers.ipynb) and
# [1c](01c_what_bends_are_for.ipynb).

# %% jupyter={"source_hidden": true}
# The tools of this appendix.
from itertools import pairwise

import matplotlib.pyplot as plt
import numpy as np

from course_lib.explorers.neuron import NeuronExplorer
from course_lib.explorers.prediction import Prediction, recall
from course_lib.explorers.quiz import Quiz
from course_lib.plots import show, style
from course_lib.plots.activations import plot_activation_grid
from course_lib.scratch import activations

# %% [markdown]
# ## 1 · Eighty years on one page
#
# The article of 2017 tells the story like this. A guess about how nerve cells work became a model. The model could do
# little and was unstable to train, so it was dropped. Then its problems were solved one by one, with computing power
# that video games had paid for. That is a good outline. Here it is with names; the numbers in brackets lead to the
# sources.
#
# - **1943.** **McCulloch and Pitts** describe a nerve cell as arithmetic: add up the inputs, fire if the sum reaches a
#   threshold [1]. *Still missing:* people wire it by hand; nothing learns.
# - **1958.** **Rosenblatt's** perceptron learns its weights from examples [2]. *Still missing:* only one layer learns.
# - **1969.** **Minsky and Papert** prove what such a single layer can never do [3]. They did not say that networks with
#   hidden layers fail too. Interest and money fade. *Still missing:* a way to train more than one layer.
# - **1986.** **Rumelhart, Hinton and Williams** show that back-propagation trains hidden layers [4] (the method is
#   older: [02x](02x_loose_ends.ipynb)). *Still missing:* deep networks remain hard to train.
# - **1989 and 1998.** **LeCun** and colleagues read handwritten digits with trained networks, first on mail, then on
#   bank checks [5, 6]. *Still missing:* large data, fast machines.
# - **1994.** **Bengio, Simard and Frasconi** explain one reason for the trouble: gradients vanish over many steps [7].
#   *Still missing:* a cure (chapter 3).
# - **2006.** **Hinton** and colleagues train deep networks one layer at a time [8]. *Still missing:* speed.
# - **2009.** **Raina, Madhavan and Ng** train on graphics cards, made for games: up to 70 times faster than on a
#   two-core processor [9]. *Still missing:* a result that nobody could overlook.
# - **2012.** **Krizhevsky, Sutskever and Hinton** win the ImageNet contest, naming what is on photographs, with
#   15.3% errors; the next entry has 26.2% [10]. *Still missing:* settings that work without an expert at hand.
# - **2010 to 2015.** Better starting weights, ReLU and its relatives, dropout, batch normalization, Adam: the
#   article's toolbox, and the subject of chapters 3 to 5.
#
# A small correction to the article, which speaks of a neurophysiologist and a mathematician: Warren McCulloch was the
# neurophysiologist, and a psychiatrist; Walter Pitts was a logician, 20 years old when the paper came out. It shows.
# Their paper is about logic: which statements can a net of nerve cells compute? That is the kind of question with which
# 1c ends.
#
# ## 2 · The family of activation functions
#
# All panels have the same axes: the sum $z$ to the right. Solid is the output, dashed is its slope (the derivative).

# %% jupyter={"source_hidden": true}
z_axis = np.linspace(-3, 3, 601)
titles = {
    "step": "step",
    "sigmoid": "sigmoid",
    "tanh": "tanh",
    "relu": "ReLU",
    "leaky_relu": "leaky ReLU",
    "rrelu": "RReLU",
    "prelu": "PReLU",
    "elu": "ELU",
    "selu": "SELU",
    "gelu": "GELU",
}


def panel(name):
    value = getattr(activations, name)
    slope = getattr(activations, f"{name}_derivative")
    return {
        "value": value(z_axis),
        "derivative": slope(z_axis),
        "title": titles[name],
    }


panels = [panel(name) for name in list(titles)[:8]]
panels[5]["band"] = (
    activations.leaky_relu(z_axis, slope=1 / 3),
    activations.leaky_relu(z_axis, slope=1 / 8),
)
figure = plt.figure(figsize=(7.5, 4.2), layout="constrained")
figure.suptitle(
    "Step has no slope, sigmoid and tanh flatten out,\n"
    "ReLU and its relatives keep slope 1 on the right"
)
plot_activation_grid(figure, z_axis, panels, columns=4)
show(
    figure,
    alt="Eight activation functions with their slopes on the same axes. "
    "The step's slope is 0. Those of sigmoid and tanh fade to 0 on both "
    "sides. ReLU, leaky, randomized and parametric ReLU and ELU all have "
    "slope 1 on the right; on the left ReLU has slope 0, and the others "
    "keep a small slope or curve down to minus 1.",
    width=825,
)

# %% [markdown]
# | Name | Output for $z > 0$ | Output for $z \le 0$ | Slope for $z \le 0$ | Source |
# |---|---|---|---|---|
# | step | 1 | 0 (1 at $z = 0$) | 0, on both sides | McCulloch and Pitts 1943 [1] |
# | sigmoid | $1/(1+e^{-z})$ | the same | $a(1-a)$, on both sides, at most 1/4 | long in use |
# | tanh | $(e^{z}-e^{-z})/(e^{z}+e^{-z})$ | the same | $1-a^2$, on both sides, at most 1 | long in use |
# | ReLU | $z$ | 0 | 0 | Nair and Hinton 2010 [11]; older: [12] |
# | leaky ReLU | $z$ | $0.01\,z$ | 0.01 | Maas and others 2013 [13] |
# | RReLU | $z$ | $s\,z$, $s$ random from 1/8 to 1/3 in training, then its mean | $s$ | Xu and others 2015 [14] |
# | PReLU | $z$ | $s\,z$, $s$ learned, starting at 0.25 | $s$ | He and others 2015 [15] |
# | ELU | $z$ | $e^{z}-1$ | $e^{z}$ | Clevert and others 2016 [16] |
#
# Here $a$ is the output, $s$ a slope, and $e \approx 2.718$. For $z > 0$ the last five have slope 1. Leaky ReLU looks
# like ReLU because 0.01 is too small to see. In the panel of RReLU the band shows where its random output can lie.
#
# **By hand**, for the sum −2: ReLU gives 0, leaky ReLU gives $0.01 \cdot (-2) = -0.02$, and ELU gives $e^{-2} - 1$,
# about 0.135 − 1 = −0.865. For the sum 3 all three give 3.
#
# A word on words: the article says that an activation *strengthens* the sum. It bends it. ReLU strengthens nothing, it
# cuts off.
#
# **Touch it.** Here the neuron starts with sigmoid. Move the bias from its lowest to its highest value and watch the
# number "slope at z". How far from 0 must z be until it reads 0.04 or less? And with tanh?

# %%
NeuronExplorer(activation="sigmoid", bias=-8.0)

# %% [markdown]
# <details><summary>What you should have seen</summary>
#
# The slope of sigmoid reads 0.04 from about z = 3.1 on, that of tanh from about z = 2.3 on. So tanh flattens sooner,
# but it is four times as steep in the middle: 1 against 1/4.
#
# </details>
#
# Two that came later, and that you will meet in newer networks:

# %% jupyter={"source_hidden": true}
figure = plt.figure(figsize=(6, 3.3), layout="constrained")
figure.suptitle("SELU is a scaled ELU; GELU dips below 0 and comes back")
later = [panel("selu"), panel("gelu")]
plot_activation_grid(figure, z_axis, later, columns=2, limits=(-2.0, 3.0))
show(
    figure,
    alt="SELU looks like ELU, a little steeper on the right, with a lower "
    "floor on the left. GELU looks like a rounded ReLU with a small dip "
    "below 0 between minus 3 and 0.",
    width=660,
)

# %% [markdown]
# **SELU** (2017) [17] is ELU with two fixed factors, chosen so that sums keep a steady size through many layers.
# **GELU** (2016) [18] multiplies $z$ by a share that grows smoothly from 0 on the left to 1 on the right. It is common
# in language models. The article ranks the older ones: ELU before the leaky ones, then ReLU, tanh, sigmoid. Chapter 3
# measures that order.
#
# ## 3 · A ReLU in the wrong place
#
# The article's exercise has a ReLU on its outputs, which makes a good exercise. In a network that predicts a quantity,
# which is called a **regression**, it is a mistake that is easy to make and hard to see.

# %% jupyter={"source_hidden": true}
Prediction(
    "regression-output",
    "A network forecasts temperatures in °C, and its output neuron ends in "
    "ReLU. On a day of −4 °C, what is the best it can answer?",
    choices=["−4", "4", "0"],
)

# %% jupyter={"source_hidden": true}
temperatures = np.array([-4.0, -1.0, 2.0, 5.0])
# the nearest numbers that are not negative
best_with_relu = np.maximum(temperatures, 0)
figure, axes = plt.subplots(figsize=(6, 2.8), layout="constrained")
axes.plot(
    temperatures,
    "o",
    color=style.BLUE,
    markersize=9,
    label="true temperature",
)
axes.plot(
    best_with_relu,
    "x",
    color=style.VERMILION,
    markersize=10,
    markeredgewidth=2.5,
    label="best with ReLU on the output",
)
axes.set_xticks(range(4), ["day 1", "day 2", "day 3", "day 4"])
axes.set_ylabel("temperature (°C)")
axes.set_title("With a ReLU on the output, winter is out of reach")
axes.legend()
show(
    figure,
    alt="Four days with temperatures minus 4, minus 1, 2 and 5. With ReLU "
    "on the output the best answers are 0, 0, 2 and 5: the first two days "
    "are missed.",
    width=660,
)

# %% jupyter={"source_hidden": true}
recall(
    "regression-output",
    answer=f"{best_with_relu[0]:.0f}. Nothing below 0 can come out, "
    "whatever the weights are.",
)

# %% [markdown]
# It gets worse. As soon as the sum is negative, the slope of that ReLU is 0, so the output neuron is told nothing about
# its error on a cold day. The rule: **hidden layers bend, the output of a regression does not.**
#
# The same silence can strike a hidden neuron. If its sum is negative for every example, its own weights learn nothing.
# That is the dying ReLU of 1b, and it need not stay dead: its inputs come from the layer before, and when *that* layer
# changes, they change, and the sum may become positive again. In the first layer the inputs never change, so there a
# dead neuron usually stays dead.

# %%
inputs = np.array([[1.0, 2.0], [2.0, 1.0]])  # from the layer before
weights, bias = np.array([1.0, 1.0]), -4.0
print("sums now:                 ", inputs @ weights + bias)
print("layer before gives twice: ", 2 * inputs @ weights + bias)

# %% [markdown]
# ## 4 · How many parameters?
#
# A layer has fan_in · fan_out weights and fan_out biases. Inputs have neither: they are measured, not computed.

# %% jupyter={"source_hidden": true}
Prediction(
    "parameters",
    "784 pixels, a layer of 300 neurons, a layer of 100, and 10 outputs. "
    "How many parameters, weights and biases together?",
    choices=["about 27,000", "about 270,000", "410", "about 2,700"],
)

# %%
total = 0
for fan_in, fan_out in pairwise([784, 300, 100, 10]):
    parameters = fan_in * fan_out + fan_out
    total += parameters
    print(f"{fan_in:3} -> {fan_out:3}: {parameters:7,}")
print(f"together  {total:7,}")

# %% jupyter={"source_hidden": true}
recall(
    "parameters",
    answer=f"{total:,}. Every input of a layer meets every neuron, so "
    "sizes multiply, and most of them sit where two wide layers meet.",
)

# %% [markdown]
# ## 5 · PyTorch's order, and its slope at 0
#
# PyTorch stores a layer's weights as (fan_out, fan_in): one neuron in each *row*. This course keeps (fan_in, fan_out),
# one neuron in each *column*, so that the code reads like the formula $XW$. To hand weights over, transpose them. With
# a square matrix nothing warns you when you forget it. *Loading PyTorch takes about 3 s.*

# %%
import torch

x = np.array([[3.0, 4.0], [1.0, 2.0], [0.0, 5.0], [2.0, 0.0]])
weights = np.array([[1.0, 2.0, 0.0], [-1.0, 0.0, 1.0]])
bias = np.array([9.0, -3.0, -4.0])

linear = torch.nn.Linear(2, 3, dtype=torch.float64)
with torch.no_grad():
    linear.weight.copy_(torch.from_numpy(weights.T))
    linear.bias.copy_(torch.from_numpy(bias))
    theirs = linear(torch.from_numpy(x)).numpy()
print("here", weights.shape, "  PyTorch", tuple(linear.weight.shape))
print("largest difference", np.abs(theirs - (x @ weights + bias)).max())

# %% [markdown]
# And at the kink? From the left the slope of ReLU is 0, from the right it is 1, and at 0 itself there is none. A
# program has to return something. PyTorch returns 0 there, and so do we:

# %%
sums = torch.tensor([-2.0, 0.0, 3.0], requires_grad=True)
torch.relu(sums).sum().backward()  # computes the slopes
ours = activations.relu_derivative(np.array([-2.0, 0.0, 3.0]))
print("PyTorch", sums.grad.tolist(), "  here", ours.tolist())

# %% jupyter={"source_hidden": true}
Quiz(
    "Why is the step function not used inside networks that are trained?",
    {
        "It is too slow to compute": "It is one comparison, about as cheap "
        "as ReLU. Speed is not the reason.",
        "It can only answer 0 or 1, and we need larger numbers": (
            "Sigmoid too stays between 0 and 1, and it can be trained. "
            "What matters is the slope."
        ),
        "It has no slope at 0": "True, but ReLU has none there either, and "
        "it trains well. The step fails because of its slope everywhere "
        "else.",
        "Its slope is 0, so no weight learns which way to go": (
            "Right. Slopes are what training follows, and a step has none."
        ),
    },
    correct="Its slope is 0, so no weight learns which way to go",
)

# %% [markdown]
# ## 6 · What the article says, and what came out
#
# | The article | Here |
# |---|---|
# | for (3, 4) the network answers y1 = 46, y2 = 0 | by hand, in NumPy and in PyTorch: the same (1b) |
# | a neurophysiologist and a mathematician started it | McCulloch, and the logician Pitts |
# | an activation strengthens the sum | it bends it; without a bend, five layers equal one (1c) |
# | activation functions in the order ELU, leaky, ReLU, tanh, sigmoid | measured in chapter 3 |
# | training means: $x$ and $y$ are known, find $w$ and $b$ | chapter 2 |
#
# **What people do today.** The formulas have not changed: a layer of a language model with billions of parameters is
# `x @ weights`, as in 1a. What has changed is the bend and the habits around it. ReLU is still common in networks for
# images. Language models mostly use GELU or a gated relative of it, SwiGLU [19], and several leave the biases out [20].
# Libraries compute the matrix products on the graphics card.
#
# **Say it back.** One small part from 1943, a handful of bends, and rules about where they belong. Sizes multiply, so
# most parameters sit where two wide layers meet. PyTorch keeps one neuron in each row.
#
# ### Sources
#
# 1. McCulloch and Pitts 1943. A logical calculus of the ideas immanent in nervous activity. *Bulletin of Mathematical
#    Biophysics* 5, 115–133. [doi:10.1007/BF02478259](https://doi.org/10.1007/BF02478259)
# 2. Rosenblatt 1958. The perceptron: a probabilistic model for information storage and organization in the brain.
#    *Psychological Review* 65, 386–408. [doi:10.1037/h0042519](https://doi.org/10.1037/h0042519)
# 3. Minsky and Papert 1969. *Perceptrons: An Introduction to Computational Geometry.* MIT Press.
# 4. Rumelhart, Hinton and Williams 1986. Learning representations by back-propagating errors. *Nature* 323, 533–536.
#    [doi:10.1038/323533a0](https://doi.org/10.1038/323533a0)
# 5. LeCun and others 1989. Backpropagation applied to handwritten zip code recognition. *Neural Computation* 1,
#    541–551. [doi:10.1162/neco.1989.1.4.541](https://doi.org/10.1162/neco.1989.1.4.541)
# 6. LeCun, Bottou, Bengio and Haffner 1998. Gradient-based learning applied to document recognition. *Proceedings of
#    the IEEE* 86, 2278–2324. [doi:10.1109/5.726791](https://doi.org/10.1109/5.726791)
# 7. Bengio, Simard and Frasconi 1994. Learning long-term dependencies with gradient descent is difficult. *IEEE
#    Transactions on Neural Networks* 5, 157–166. [doi:10.1109/72.279181](https://doi.org/10.1109/72.279181)
# 8. Hinton and others 2006. A fast learning algorithm for deep belief nets. *Neural Computation* 18, 1527–1554.
#    [doi:10.1162/neco.2006.18.7.1527](https://doi.org/10.1162/neco.2006.18.7.1527)
# 9. Raina, Madhavan and Ng 2009. Large-scale deep unsupervised learning using graphics processors. *ICML.*
#    [doi:10.1145/1553374.1553486](https://doi.org/10.1145/1553374.1553486)
# 10. Krizhevsky, Sutskever and Hinton 2012. ImageNet classification with deep convolutional neural networks. *Advances
#     in Neural Information Processing Systems* 25. The figures are top-5 errors of the ILSVRC-2012 contest.
#     [doi:10.1145/3065386](https://doi.org/10.1145/3065386)
# 11. Nair and Hinton 2010. Rectified linear units improve restricted Boltzmann machines. *ICML.*
# 12. Fukushima 1969. Visual feature extraction by a multilayered network of analog threshold elements. *IEEE
#     Transactions on Systems Science and Cybernetics* 5, 322–333.
#     [doi:10.1109/TSSC.1969.300225](https://doi.org/10.1109/TSSC.1969.300225)
# 13. Maas, Hannun and Ng 2013. Rectifier nonlinearities improve neural network acoustic models. *ICML Workshop on Deep
#     Learning for Audio, Speech and Language Processing.*
# 14. Xu, Wang, Chen and Li 2015. Empirical evaluation of rectified activations in convolutional network.
#     [arXiv:1505.00853](https://arxiv.org/abs/1505.00853)
# 15. He, Zhang, Ren and Sun 2015. Delving deep into rectifiers: surpassing human-level performance on ImageNet
#     classification. *ICCV.* [arXiv:1502.01852](https://arxiv.org/abs/1502.01852)
# 16. Clevert, Unterthiner and Hochreiter 2016. Fast and accurate deep network learning by exponential linear units
#     (ELUs). *ICLR.* [arXiv:1511.07289](https://arxiv.org/abs/1511.07289)
# 17. Klambauer, Unterthiner, Mayr and Hochreiter 2017. Self-normalizing neural networks. *NeurIPS.*
#     [arXiv:1706.02515](https://arxiv.org/abs/1706.02515)
# 18. Hendrycks and Gimpel 2016. Gaussian error linear units (GELUs).
#     [arXiv:1606.08415](https://arxiv.org/abs/1606.08415)
# 19. Shazeer 2020. GLU variants improve Transformer. [arXiv:2002.05202](https://arxiv.org/abs/2002.05202)
# 20. Chowdhery and others 2022. PaLM: scaling language modeling with Pathways.
#     [arXiv:2204.02311](https://arxiv.org/abs/2204.02311)
