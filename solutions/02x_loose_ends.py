# %% [markdown]
# # 02x · Loose ends of training
#
# What chapter 2 left out, for whoever wants it: is there no shortcut, must all layers move together, how small should a
# nudge be, how large a batch, and what exactly does the network confuse. Nothing later needs it, and there is nothing
# to solve. Take the parts in any order.
#
# **When you are done, you can**
#
# 1. check gradient descent against an exact formula, and say what makes it slow;
# 2. say what happens when layers move one after the other;
# 3. choose the step of a finite difference, and say why smaller is not better;
# 4. say what a larger batch buys, and read a table of confusions.
#
# **Time:** 23 minutes.
#
# **You need:** chapter 2, from [2a](02a_downhill.ipynb) to [2d](02d_can_you_trust_it.ipynb).

# %% jupyter={"source_hidden": true}
# The tools of this appendix.
import matplotlib.pyplot as plt
import numpy as np

from course_lib.data import load_fashion_mnist, moons, split
from course_lib.engine.numpy_backend import Network
from course_lib.experiments.verdicts import interval
from course_lib.explorers.playground import PlaygroundExplorer
from course_lib.explorers.prediction import Prediction, recall
from course_lib.explorers.quiz import Quiz
from course_lib.learner import yours
from course_lib.plots import show, style
from course_lib.plots.images import confusion_counts, plot_confusion
from course_lib.plots.training import plot_sizes, plot_step_errors
from course_lib.recipe import Recipe
from course_lib.scratch.losses import softmax_cross_entropy
from course_lib.threads import limit_threads
from course_lib.training import fit

limit_threads(1)
clothes = load_fashion_mnist()

# %% [markdown]
# ## 1 · The shortcut that a line has
#
# For a line there is a formula: **least squares**, published by Legendre in 1805 [1]. Gradient descent is older than it
# looks too: Cauchy described it in 1847 [2]. Does your walk of 2a end where the formula says?

# %%
descent_step = yours("2.2")
rng = np.random.default_rng(2)
distance = np.sort(rng.uniform(0, 5, 20))
fare = 2.0 * distance + 3.0 + rng.normal(0, 1.0, 20)

exact = np.polyfit(distance, fare, 1)
walked = (0.0, 0.0)
for _ in range(2000):
    walked = descent_step(distance, fare, *walked, 0.05)
print(f"formula: w = {exact[0]:.6f}, b = {exact[1]:.6f}")
print(f"descent: w = {walked[0]:.6f}, b = {walked[1]:.6f}")

# %% [markdown]
# It does. For a network with a hidden layer no such formula is known, and its loss is no longer one bowl. Gradient
# descent promises only to go down from where it stands.
#
# Now suppose that all rides had started with ten extra kilometers on the meter: $x$ from 10 to 15 in place of 0 to 5.
# The formula does not care.

# %% jupyter={"source_hidden": true}
Prediction(
    "shifted",
    "The rate is chosen for each case, as large as the steepest direction "
    "allows comfortably. How does the shift change the number of steps?",
    choices=[
        "Not at all",
        "About twice as many",
        "More than ten times as many",
        "Fewer, because the inputs are larger",
    ],
)

# %% [markdown]
# *About 3 s.*

# %%
needed = {}
for shift in (0.0, 10.0):
    x = distance + shift
    squares = [[np.mean(x**2), x.mean()], [x.mean(), 1.0]]
    flattest, steepest = 2 * np.linalg.eigvalsh(squares)
    best = np.polyfit(x, fare, 1, full=True)[1][0] / len(x)
    place, steps = (0.0, 0.0), 0
    while np.mean((place[0] * x + place[1] - fare) ** 2) > 1.01 * best:
        place = descent_step(x, fare, *place, 1 / steepest)
        steps += 1
        if steps == 50_000:
            break
    needed[shift] = steps
    print(f"x from {shift:2.0f}: {steps:6,} steps to within 1% of the best")
    print(f"   steepest / flattest direction: {steepest / flattest:,.0f}")

# %% jupyter={"source_hidden": true}
ratio = needed[10.0] / needed[0.0]
recall(
    "shifted",
    answer=f"Here it takes about {float(f'{ratio:.1g}'):,.0f} times as "
    "many. (The search stops at 50,000.)",
)

# %% [markdown]
# The shift makes the valley steep across and nearly flat along. The steep direction sets the largest rate, and the flat
# one decides how long the walk takes. Better steps are the subject of chapter 4. Centering the inputs would have done
# it here.
#
# ## 2 · Layer by layer?
#
# The article sketches training like this: change the weights of the last layer, and once the difference is small,
# change the layer below. "Layer by layer" is the order in which back-propagation *computes* the slopes. It is not the
# order in which weights are *changed*: all gradients belong to one place, and all layers move together. Does it matter?

# %% jupyter={"source_hidden": true}
Prediction(
    "together",
    "A small network with three layers, the same starts, the same number "
    "of backward passes, the best learning rate for each way. Which way "
    "ends with the lower loss?",
    choices=[
        "Last layer first, then the one below, then the first",
        "All layers together",
        "No clear difference",
    ],
)

# %%
STEPS, LAYERS = 300, ("dense3", "dense2", "dense1")
MOVES = {  # which layers move in a step
    "all together": lambda step: LAYERS,
    "one after the other": lambda step: LAYERS[step * 3 // STEPS],
    "taking turns": lambda step: LAYERS[step % 3],
}
TWO_LAYERS = Recipe(
    hidden_layers=(16, 16),
    activation="relu",
    normalization="none",
    drop_rate=0,
)


# %%
def train_by_layers(data, moves, rate, seed):
    """Validation and test loss after STEPS steps of only some layers."""
    net = Network(TWO_LAYERS.replace(seed=seed), 2, 2, dtype="float64")
    parameters = net.parameters()
    for step in range(STEPS):
        x, labels = data.train.x, data.train.labels
        _, gradients = net.loss_and_gradients(x, labels)
        for name in parameters:
            if name.split(".")[0] in moves(step):
                parameters[name] -= rate * gradients[name]
        net.load_parameters(parameters)
    parts = (data.validation, data.test)
    return [softmax_cross_entropy(net.logits(p.x), p.labels) for p in parts]


# %% [markdown]
# The data are two half moons of 400 points. Ten seeds, each with its own points and its own start. Each way gets its
# own learning rate, the best of four on validation data, and the result is read off on test data. *About 30 s.*

# %%
RATES = (0.1, 0.3, 1.0, 3.0)
sets = [split(*moons(400, noise=0.2, seed=s), seed=s) for s in range(10)]
test_losses = {}
for name, moves in MOVES.items():
    results = np.zeros((len(RATES), len(sets), 2))  # validation, test
    for place, rate in enumerate(RATES):
        for seed, data in enumerate(sets):
            results[place, seed] = train_by_layers(data, moves, rate, seed)
    chosen = results[:, :, 0].mean(axis=1).argmin()
    test_losses[name] = results[chosen, :, 1]
    mean = test_losses[name].mean()
    print(f"{name:20} best rate {RATES[chosen]}, mean loss {mean:.3f}")

# %% jupyter={"source_hidden": true}
together = test_losses["all together"]
figure, axes = plt.subplots(figsize=(7, 2.6), layout="constrained")
said = {}
for row, name in enumerate(("one after the other", "taking turns")):
    extra = test_losses[name] - together
    mean, low, high = interval(extra)
    said[name] = (
        "worse"
        if low > 0
        else "better"
        if high < 0
        else "no clear difference"
    )
    axes.plot(
        extra,
        np.full(10, row),
        "o",
        color=style.BLUE,
        markersize=7,
        alpha=0.6,
    )
    axes.plot([mean, mean], [row - 0.25, row + 0.25], "k-", linewidth=2.5)
axes.axvline(0, color=style.GRAY, linewidth=1.2)
axes.set_yticks([0, 1], list(said))
axes.set_ylim(1.6, -0.6)
axes.set_xlabel("extra test loss, against all layers together")
axes.set_title("; ".join(f"{name}: {word}" for name, word in said.items()))
show(
    figure,
    alt="One dot for each of ten seeds and a stroke at the mean, for two "
    "ways of moving one layer at a time. "
    + "; ".join(f"{name}: {word}" for name, word in said.items())
    + " than all together.",
    width=700,
)

# %% jupyter={"source_hidden": true}
order = said["one after the other"]
recall(
    "together",
    answer={
        "worse": "All layers together.",
        "better": "Last layer first, then the one below, then the first.",
    }.get(order, "No clear difference."),
)

# %% [markdown]
# While the last layer moves alone, the layers below are still random. When they move at last, the layer above them
# stands still. And nothing is saved: every step of every way used one backward pass. Taking turns is another matter. It
# is a real method, called block-coordinate descent [3]. And deep networks *were* once trained one layer after the
# other, for good reasons; chapter 4 tells that story.
#
# ## 3 · How small should the nudge be?
#
# In 2d you tested a gradient with nudges of $10^{-5}$. Why not smaller? There are two ways to take a difference:
#
# $$\text{forward: } \frac{L(w + h) - L(w)}{h} \qquad\qquad \text{central: } \frac{L(w + h) - L(w - h)}{2h}$$
#
# **By hand,** for $L = w^2$ at $w = 3$ with $h = 1$. The true slope is 6. Forward gives $(16 - 9)/1 = 7$, central
# $(16 - 4)/2 = 6$. Looking to both sides cancels the bend of the curve.

# %% jupyter={"source_hidden": true}
Prediction(
    "nudge-size",
    "A computer calculates with about 16 digits. Which h gives the most "
    "exact slope by central differences?",
    choices=[
        "0.1",
        "0.000000000000001 (1e-15)",
        "0.0000000001 (1e-10)",
        "0.00001 (1e-5)",
    ],
)


# %%
three_x, wanted = np.array([1.0, 2.0, 3.0]), np.array([1, 6, 8]) / 8


def loss(w):
    """A smooth loss of one weight."""
    return np.mean((np.tanh(w * three_x) - wanted) ** 2)


out = np.tanh(0.4 * three_x)
slope = np.mean(2 * (out - wanted) * (1 - out**2) * three_x)
steps = 10.0 ** np.arange(-15, 0)
forward = np.array([(loss(0.4 + h) - loss(0.4)) / h for h in steps])
central = np.array(
    [(loss(0.4 + h) - loss(0.4 - h)) / (2 * h) for h in steps]
)

# %% jupyter={"source_hidden": true}
errors = {
    "forward": abs(forward / slope - 1),
    "central": abs(central / slope - 1),
}
best = steps[np.argmin(errors["central"])]
figure, axes = plt.subplots(figsize=(7, 3.8), layout="constrained")
plot_step_errors(axes, steps, errors)
axes.set(
    xlabel="step h (log scale)",
    ylabel="relative error of the slope\n(log scale)",
)
axes.set_title(f"Central is best near h = {best:.0e}; both ends are bad")
show(
    figure,
    alt="Error against step, both on log axes, for forward and central "
    "differences. Both curves are V-shaped. Central differences reach the "
    f"lowest error, near a step of {best:.0e}.",
    width=700,
)

# %% jupyter={"source_hidden": true}
offered = {1e-1: "0.1", 1e-15: "1e-15", 1e-10: "1e-10", 1e-5: "1e-5"}
place = {
    each: int(np.argmin(abs(np.log(steps / each)))) for each in offered
}
winner = min(offered, key=lambda each: errors["central"][place[each]])
recall(
    "nudge-size",
    answer=f"{offered[winner]} of these four. Of all steps tried here: "
    f"{best:.0e}.",
)
for h in (1e-5, 1e-6):
    at = int(np.argmin(abs(np.log(steps / h))))
    print(f"central, h = {h:.0e}: relative error", end=" ")
    print(f"{errors['central'][at]:.1e}")

# %% [markdown]
# Why a V? On the right the step is so large that the curve bends under it. On the left it is so small that the two
# losses agree in nearly all of their 16 digits, and the subtraction leaves rounding noise. In float32, with 7 digits,
# there is hardly any good step: check gradients in float64.
#
# ## 4 · How large a batch?
#
# A poll does not ask every citizen. The gradient over a **mini-batch**, a few photos drawn at random, is an estimate of
# the gradient over all of them. Descent with such gradients is called **stochastic gradient descent**, after Robbins
# and Monro 1951 [4].

# %% jupyter={"source_hidden": true}
Prediction(
    "batch-noise",
    "You make the mini-batch four times larger. The error of the estimated "
    "gradient becomes…",
    choices=[
        "a quarter as large",
        "half as large",
        "a sixteenth as large",
        "stays as it is",
    ],
)

# %% [markdown]
# *About 5 s.*

# %%
ONE_LAYER = Recipe(
    hidden_layers=(100,),
    activation="relu",
    normalization="none",
    drop_rate=0.0,
    optimizer="gradient_descent",
    learning_rate=0.05,
    epochs=3,
)
net = Network(ONE_LAYER, 784, 10)


def flat_gradient(indices):
    x, labels = clothes.train.x[indices], clothes.train.labels[indices]
    gradients = net.loss_and_gradients(x, labels)[1]
    return np.concatenate([each.ravel() for each in gradients.values()])


# %%
everything = flat_gradient(np.arange(10_000))
rng = np.random.default_rng(0)
batch_sizes = np.array([4, 16, 64, 256, 1024])
noise = []
for size in batch_sizes:
    off = []
    for _ in range(10):
        drawn = rng.choice(10_000, size, replace=False)
        off.append(np.linalg.norm(flat_gradient(drawn) - everything))
    noise.append(np.mean(off) / np.linalg.norm(everything))
factor = (noise[-1] / noise[0]) ** (1 / 4)

# %% jupyter={"source_hidden": true}
figure, axes = plt.subplots(figsize=(6.5, 3.6), layout="constrained")
axes.loglog(batch_sizes, noise, "o-", color=style.FUNCTION, linewidth=2)
axes.set(
    xlabel="photos in the mini-batch (log scale)",
    ylabel="error / length of the\nfull gradient (log scale)",
)
axes.set_xticks(batch_sizes, batch_sizes)
axes.set_yticks([0.2, 0.5, 1, 2], [0.2, 0.5, 1, 2])
axes.minorticks_off()
axes.set_title(f"Four times the batch: the error times {factor:.2f}")
show(
    figure,
    alt="The error of the mini-batch gradient against the batch size, both "
    "on log axes: a nearly straight line that falls to about half with "
    "every factor of four.",
    width=650,
)

# %% jupyter={"source_hidden": true}
recall(
    "batch-noise",
    answer=f"half as large: measured, it is multiplied by {factor:.2f}.",
)

# %% [markdown]
# Four times the work for half the noise is a bad bargain. So people take small batches and many steps. **By hand:**
# 10,000 photos in batches of 64 are 156 full batches and one of 16, so an epoch has 157 steps. Does it pay? Three batch
# sizes, three epochs each, so all see the same number of photos, and each gets the best of four rates. *About 40 s.*

# %%
for batch_size in (64, 640, 10_000):
    ended = {}
    for rate in (0.03, 0.1, 0.3, 1.0):
        one = ONE_LAYER.replace(batch_size=batch_size, learning_rate=rate)
        run = fit(one, clothes, progress=False)
        ended[rate] = run.history[-1]["validation_loss"]
    steps_taken, rate = len(run.step_losses), min(ended, key=ended.get)
    print(f"batch {batch_size:6,}: {steps_taken:3} steps,", end=" ")
    print(f"rate {rate}, validation loss {ended[rate]:.3f}")

# %% [markdown]
# One seed and four rates are enough to see a gap as wide as this one, and too few to rank batch sizes that are near
# each other.
#
# ## 5 · Ten sigmoid layers
#
# Back-propagation multiplies slopes, layer after layer. A sigmoid's slope is at most 1/4. What is left after ten?

# %%
deep = Recipe(
    hidden_layers=(100,) * 10,
    activation="sigmoid",
    initialization="xavier_normal",
    normalization="none",
    drop_rate=0,
)
one_photo, its_kind = clothes.train.x[:1], clothes.train.labels[:1]
deep_net = Network(deep, 784, 10, dtype="float64")
_, gradients = deep_net.loss_and_gradients(one_photo, its_kind)
# with one photo the gradient of the biases is the slope over the sums
lengths = [
    np.linalg.norm(gradients[f"dense{k}.bias"]) for k in range(1, 11)
]

# %% jupyter={"source_hidden": true}
# two digits are enough
fold = float(f"{lengths[-1] / lengths[0]:.1e}")
figure, axes = plt.subplots(figsize=(6.5, 3.4), layout="constrained")
plot_sizes(axes, lengths)
axes.set(xlabel="hidden layer", ylabel="length of the slopes\n(log scale)")
axes.set_title(f"From layer 10 to layer 1 they shrink {fold:,.0f}-fold")
show(
    figure,
    alt="The length of the slopes for each of ten layers, on a log axis: "
    "it falls steadily from the last layer to the first, by a factor of "
    f"{fold:,.0f}.",
    width=650,
)

# %% [markdown]
# The first layer hardly learns. What helps is chapter 3.
#
# ## 6 · What is taken for what
#
# One percentage hides which kinds are confused. A **confusion table** has the true kind down and the answer across.
# *About 10 s.*

# %%
short = ONE_LAYER.replace(epochs=8)
run = fit(short, clothes, progress=False)
answers = run.network.logits(clothes.validation.x).argmax(axis=1)
truth, names = clothes.validation.labels, clothes.class_names
counts = confusion_counts(truth, answers, 10)

# %% jupyter={"source_hidden": true}
off_diagonal = counts - np.diag(counts.diagonal())
true_kind, said_kind = np.unravel_index(off_diagonal.argmax(), (10, 10))
figure, axes = plt.subplots(figsize=(7.5, 6.3), layout="constrained")
plot_confusion(axes, counts, names)
axes.set_title(
    f"Most often here: {names[true_kind]} taken for {names[said_kind]}"
)
show(
    figure,
    alt="A table of true against predicted kind for 2,000 validation "
    "photos. Most are on the diagonal. T-shirt, pullover, coat, dress and "
    "shirt are confused with each other, shoes with shoes. Most often, "
    f"{names[true_kind]} is taken for {names[said_kind]}.",
)

# %% [markdown]
# Which pair is on top depends on the seed. That tops are confused with tops and shoes with shoes does not.

# %% jupyter={"source_hidden": true}
Quiz(
    "The network says “Coat, 98%” for a picture of a dog. What does that "
    "tell?",
    {
        "It is a very coat-like dog": "Perhaps. But the network has no way "
        "to say “none of these”: its probabilities must add up to 1 over "
        "ten kinds of clothes.",
        "The network is right in 98% of such cases": (
            "Nothing makes sure of that. It was never tested on dogs, and "
            "even on clothes “98% sure” need not be right 98% of the time."
        ),
        "The training went wrong": "A network that was trained well does "
        "this too.",
        "Softmax shares out 100% among the ten kinds it knows, whatever it "
        "sees": "Right. A high number compares the ten logits with each "
        "other. It does not say that the picture belongs to any of them.",
    },
    correct="Softmax shares out 100% among the ten kinds it knows, "
    "whatever it sees",
)

# %% [markdown]
# ## 7 · Play
#
# Everything of chapter 2 in one place, on points instead of photos. **Touch it:** choose *moons* under *Data* and press
# *Start*. The border bends around the points. How few hidden neurons are enough?
#
# Your own code can do this too. Choose *ReLU* in every hidden layer, press *Show the code*, choose *NumPy*, and paste
# the program into a new cell. It runs your `forward`, `network_backward` and `cross_entropy`, and makes the same curve.

# %%
PlaygroundExplorer()

# %% [markdown]
# ## 8 · What people do today
#
# - Nobody writes gradients by hand for a product. Automatic differentiation does (Baydin and others 2018 [5] is a
#   readable survey). People who add an operation of their own still check it with finite differences; PyTorch has
#   `torch.autograd.gradcheck` for that.
# - Mini-batches always; plain gradient descent seldom. The usual optimizers are Adam and AdamW, with a learning rate
#   that rises at the start of a run and falls toward its end. Chapter 4 measures what they are worth.
# - Cross-entropy on logits is still the loss of classifiers, and of language models: there the classes are pieces of
#   words.
# - Large models are trained mostly in 16-bit numbers, with sums and losses kept in 32 bits. Small ones, like those of
#   this course, in 32 bits.
# - Test data that leak into training are a bigger worry than ever, since large models are trained on much of the public
#   web.
#
# ## 9 · Glossary of chapters 1 and 2
#
# | Word | Meaning |
# |---|---|
# | **activation function** | what a neuron does to its sum, for example max(z, 0); the bend |
# | **automatic differentiation** | the computer records a computation and derives its gradients |
# | **back-propagation** | computing all gradients from the last layer to the first, one slope kept for each sum |
# | **batch, mini-batch** | the examples that one step looks at, one in each row; drawn at random |
# | **bias** | a number added to the sum; the sum when all inputs are 0 |
# | **border** | the points where a neuron's sum is 0; a straight line when there are two inputs |
# | **chain rule** | slopes multiply along a path, and paths add up |
# | **class, kind** | what a classifier answers with, "trouser" |
# | **confusion table** | how often each true kind got each answer |
# | **cross-entropy** | minus the log of the probability given to the true kind, averaged over examples |
# | **dead, dying ReLU** | a ReLU neuron that is silent for every example: no gradient reaches its own weights |
# | **derivative, slope** | change of the output per small change of the input |
# | **epoch** | once through all training examples |
# | **error** | prediction minus target |
# | **fan_in, fan_out** | the number of inputs to each neuron of a layer, and the number of its neurons |
# | **finite difference** | a slope from two nearby values of the loss |
# | **forward pass** | computing a network from its inputs to its outputs |
# | **gradient** | the slopes of the loss over all parameters |
# | **gradient descent** | moving all parameters a little against their gradient, again and again |
# | **hidden layer** | a layer between the inputs and the outputs |
# | **kink** | a point where a curve has no single slope, as ReLU at 0 |
# | **layer** | neurons that look at the same inputs; one matrix product and a bias row |
# | **learning rate** | what the gradient is multiplied by in a step |
# | **logits** | the outputs of a classifier before softmax |
# | **loss** | one number that says how wrong the predictions are |
# | **mean squared error** | the mean of the squared errors |
# | **network** | layers in a row, the outputs of one being the inputs of the next |
# | **parameters** | weights and biases, the numbers that training finds |
# | **prediction, target** | what the network answers; what it should answer |
# | **regression** | predicting a quantity, such as a temperature, and not a kind |
# | **relative error** | the difference of two numbers, divided by the larger one |
# | **ReLU** | rectified linear unit, max(z, 0) |
# | **seed** | the number that a random generator begins with |
# | **shape** | how many numbers an array has in each direction: (4, 2), or (3,) for three in a row |
# | **sigmoid, tanh** | smooth steps, from 0 to 1 and from −1 to 1 |
# | **softmax** | turns logits into probabilities that add up to 1 |
# | **standard deviation** | the usual distance from the mean |
# | **step** | one update of all parameters; also the activation that is 1 where the sum is 0 or more, else 0 |
# | **stochastic gradient descent** | gradient descent with mini-batches |
# | **sum** | inputs times weights, added up, plus the bias; z in formulas |
# | **training, validation, test data** | for gradients; for choices; for one honest number |
# | **weight** | how strongly, and in which direction, an input counts |
# | **xor** | exclusive or: 1 if exactly one of two inputs is 1 |
#
# ### Sources
#
# 1. A.-M. Legendre. Nouvelles méthodes pour la détermination des orbites des comètes. Paris (1805).
# 2. A. Cauchy. Méthode générale pour la résolution des systèmes d'équations simultanées. Comptes rendus de l'Académie
#    des sciences 25, 536–538 (1847).
# 3. S. Wright. Coordinate descent algorithms. Mathematical Programming 151, 3–34 (2015).
# 4. H. Robbins, S. Monro. A stochastic approximation method. Annals of Mathematical Statistics 22, 400–407 (1951).
# 5. A. Baydin, B. Pearlmutter, A. Radul, J. Siskind. Automatic differentiation in machine learning: a survey. Journal
#    of Machine Learning Research 18(153), 1–43 (2018).
#
# And for the evenings themselves:
#
# - Back-propagation (2b): S. Linnainmaa. The representation of the cumulative rounding error of an algorithm as a
#   Taylor expansion of the local rounding errors (in Finnish). Master's thesis, University of Helsinki (1970). P.
#   Werbos. Beyond regression: new tools for prediction and analysis in the behavioral sciences. PhD thesis, Harvard
#   University (1974). D. Rumelhart, G. Hinton, R. Williams. Learning representations by back-propagating errors. Nature
#   323, 533–536 (1986).
# - Random labels (2d): C. Zhang, S. Bengio, M. Hardt, B. Recht, O. Vinyals. Understanding deep learning requires
#   rethinking generalization. International Conference on Learning Representations (2017). arXiv:1611.03530.
# - The photos: H. Xiao, K. Rasul, R. Vollgraf. Fashion-MNIST: a novel image dataset for benchmarking machine learning
#   algorithms. arXiv:1708.07747 (2017).
