"""From slider to picture: each explorer against `interact` with `plt.show`, side by side in one JupyterLab session.

    python tests/performance/bench_explorers.py [--quick]

For each explorer the same number of sliders and a comparable picture are built both ways in one notebook, with one
kernel, one server and one browser. One key press moves the first slider by one step; the clock, in the browser, runs
from the key to the first frame after the new picture is in the page (for an image: after it is decoded). Moves
alternate between all of them, so that whatever else the machine does falls on all alike. Goal: a ratio of at most 1/4.
"""

import argparse
import json
import os
import platform
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path

import numpy as np

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent / "browser"))
from browser_lab import CHROMIUM_FLAGS, INSTALL, Lab, find_chromium

GOAL = 1 / 4
EXPLORERS = ("neuron", "article_network", "descent", "gradient_flow", "recurrent_gradients", "optimizer_race")

SETUP = """
%matplotlib inline
import matplotlib.pyplot as plt
import numpy as np
from ipywidgets import Dropdown, FloatSlider, SelectionSlider, interact
from course_lib.data.surfaces import RACE_SURFACES, SURFACES
from course_lib.explorers import article_network, descent, gradient_flow, neuron, optimizer_race, recurrent_gradients
from course_lib.explorers.article_network import ArticleNetworkExplorer
from course_lib.explorers.controls import Slider
from course_lib.explorers.descent import DescentExplorer
from course_lib.explorers.gradient_chart import decades_to_last, finding
from course_lib.explorers.gradient_flow import GradientFlowExplorer
from course_lib.explorers.neuron import NeuronExplorer
from course_lib.explorers.optimizer_race import OptimizerRaceExplorer
from course_lib.explorers.recurrent_gradients import RecurrentGradientsExplorer
from course_lib.recipe import ENTRYWISE_OPTIMIZERS

def with_interact(explorer, plot):
    sliders = {}
    for control in explorer.controls:
        start = control.start
        if isinstance(control, Slider):
            sliders[control.name] = FloatSlider(value=start, min=control.low, max=control.high, step=control.step)
        else:
            kind = SelectionSlider if control.ordered else Dropdown
            sliders[control.name] = kind(value=start, options=control.options)
    def shown(**values):
        plot(explorer.starting_state(**values))
    interact(shown, **sliders)
"""
PLOTS = {
    "neuron": """
def plot_neuron(state):
    figure, (plane, curve) = plt.subplots(1, 2, figsize=(8, 4))
    x1, x2 = np.meshgrid(np.linspace(-5, 5, 90), np.linspace(-5, 5, 90))
    z = x1 * state.w1 + x2 * state.w2 + state.bias
    plane.imshow(neuron.activate(state, z), origin="lower", extent=(-5, 5, -5, 5), cmap="RdBu", vmin=-6, vmax=6)
    plane.contour(x1, x2, z, levels=[0], colors="black")
    plane.annotate("", (state.w1, state.w2), (0, 0), arrowprops={"arrowstyle": "->"})
    plane.plot(state.x1, state.x2, "o")
    sums = np.linspace(-8, 8, 321)
    curve.plot(sums, neuron.activate(state, sums))
    curve.plot(sums, neuron.activate(state, sums, derivative=True), "--")
    here = neuron.weighted_sum(state)
    curve.plot(here, neuron.activate(state, here), "o")
    plane.set(title="Every input, and the output for it", xlabel="input 1", ylabel="input 2")
    curve.set(title=neuron.describe(state)[:40], xlabel="sum z", ylabel="output", xlim=(-8, 8))
    plt.show()
""",
    "article_network": """
def plot_article_network(state):  # with all that the explorer's picture holds
    net = article_network.forward(state)
    figure, axes = plt.subplots(figsize=(8, 5))
    columns = (("inputs", "x", net["x"]), ("hidden layer", "n", net["hidden"]), ("output layer", "y", net["outputs"]))
    for left, weights in ((0, net["hidden_weights"]), (1, net["output_weights"])):
        for source in range(2):
            for target in range(2):
                weight = weights[source, target]
                style = {"linestyle": "-" if weight > 0 else "--", "color": "C0" if weight > 0 else "C1"}
                axes.plot([left, left + 1], [-source, -target], linewidth=1 + abs(weight) / 2, **style)
                place = left + 0.3, -source + 0.3 * (source - target)
                axes.text(*place, f"{weight:+g}", bbox={"boxstyle": "round", "facecolor": "white"}, ha="center")
    sums = article_network.describe(state).replace("\\n", "; ").split("; ")
    for column, (heading, letter, values) in enumerate(columns):
        axes.text(column, 0.7, heading, ha="center", weight="bold")
        for row in range(2):
            axes.plot(column, -row, "o", markersize=40, color="lightblue")
            axes.text(column, -row, f"{letter}{row + 1}\\n{values[row]:g}", ha="center", va="center")
            if column:
                axes.text(column, 0.4 - 1.8 * row, sums[2 * column - 2 + row], ha="center", fontsize=8)
    for label, style, color in (("positive", "-", "C0"), ("negative", "--", "C1"), ("0", ":", "gray")):
        axes.plot([], [], style, color=color, label=f"{label} weight")
    axes.legend(loc="lower center", ncols=3)
    axes.set_ylim(-2.2, 0.9)
    axes.axis("off")
    plt.show()
""",
    "descent": """
def plot_descent(state):
    figure, (plane, curve) = plt.subplots(1, 2, figsize=(8, 4))
    x, y = np.meshgrid(np.linspace(-3, 3, 120), np.linspace(-3, 3, 120))
    plane.contourf(x, y, np.sqrt(np.maximum(SURFACES[state.surface].loss(x, y), 0)), 16, cmap="Blues")
    plane.plot(*state.progress.T, "k.-")
    plane.set(title=state.surface, xlabel="parameter x", ylabel="parameter y", xlim=(-3, 3), ylim=(-3, 3))
    curve.semilogy(descent.path_losses(state), ".-")
    curve.set(title=descent.what_happens(state), xlabel="step", ylabel="loss")
    plt.show()
""",
    "gradient_flow": """
def plot_gradient_flow(state):
    now = gradient_flow.flow(state)
    figure, (outputs, flat, back) = plt.subplots(3, 1, figsize=(8, 5), height_ratios=(4, 1, 5))
    layers = np.arange(1, len(now.spread) + 1)
    outputs.imshow(np.sqrt(now.counts / now.counts.max(axis=0)), aspect="auto", cmap="Blues", interpolation="nearest")
    outputs.set(title="outputs of each layer", ylabel="output")
    flat.bar(layers, now.flat_outputs, color="silver")
    flat.bar(layers, now.flat_units, width=0.4, color="black")
    flat.set(ylim=(0, 1), ylabel="flat")
    decades = decades_to_last(now.gradient_size)
    back.plot(layers, decades, "o-", color="C1")
    back.axhline(0, linestyle="--")
    back.set(title=finding(decades, "layer"), xlabel="hidden layer", ylabel="decades of dL/dh", ylim=(-10, 10))
    plt.show()
""",
    "recurrent_gradients": """
def plot_recurrent_gradients(state):
    now = recurrent_gradients.passage(state)
    figure, (states, back, lengths) = plt.subplots(3, 1, figsize=(8, 5), height_ratios=(4, 5, 2))
    states.imshow(now.states.T, aspect="auto", cmap="RdBu", vmin=-1, vmax=1, interpolation="nearest")
    states.set(title="states of one sequence", ylabel="unit")
    decades, steps = decades_to_last(now.gradient_size), np.arange(1, len(now.states) + 1)
    back.plot(steps, decades, ".-", color="C1")
    back.plot(steps, recurrent_gradients.decades_by_gain(state), "k:", label="gain alone")
    back.axhline(0, linestyle="--")
    back.legend()
    back.set(title=finding(decades, "step"), xlabel="time step", ylabel="decades of dL/dh", ylim=(-10, 10))
    lengths.barh(["after", "before"], [now.length_clipped, now.length], color="C1")
    lengths.axvline(state.limit or np.nan, color="black", linestyle="--")
    lengths.set(xscale="log", xlim=(1e-3, 1e12), title="length of the whole gradient")
    plt.show()
""",
    "optimizer_race": """
def plot_optimizer_race(state):
    figure, (plane, curve) = plt.subplots(1, 2, figsize=(8, 4.6))
    x, y = np.meshgrid(np.linspace(-3, 3, 120), np.linspace(-3, 3, 120))
    height = np.maximum(RACE_SURFACES[state.surface].loss(x, y), 0) ** 0.25
    plane.contourf(x, y, height, 16, cmap="Blues")
    losses = optimizer_race.losses_of(state)
    for place, (name, standing) in enumerate(optimizer_race.standings(state).items()):
        plane.plot(*state.progress["paths"][:, place].T, label=f"{name}: {standing}")
        curve.semilogy(np.clip(losses[:, place], 1e-8, 1e2))
    plane.set(title=state.surface, xlabel="parameter x", ylabel="parameter y", xlim=(-3, 3), ylim=(-3, 3))
    curve.set(title=str(optimizer_race.winner(state)), xlabel="step", ylabel="loss")
    figure.legend(loc="lower center", ncols=3, fontsize=8)
    plt.show()
""",
}
CLASSES = {
    "neuron": "NeuronExplorer",
    "article_network": "ArticleNetworkExplorer",
    "descent": "DescentExplorer",
    "gradient_flow": "GradientFlowExplorer",
    "recurrent_gradients": "RecurrentGradientsExplorer",
    "optimizer_race": "OptimizerRaceExplorer",
}

# Moves the slider in cell `cell` with one key; resolves with the milliseconds until the new picture is on the screen.
MOVE = """([cell, key]) => new Promise((resolve, reject) => {
  const box = document.querySelectorAll('.jp-CodeCell')[cell];
  const handle = box.querySelector('.noUi-handle');
  let started = 0;
  const observer = new MutationObserver(async (changes) => {
    const added = changes.flatMap((change) => [...change.addedNodes]).filter((node) => node.querySelector);
    const wanted = 'svg[role=img], img';
    const picture = added.map((node) => node.matches(wanted) ? node : node.querySelector(wanted)).find(Boolean);
    if (!picture) return;
    observer.disconnect();
    if (picture.decode) await picture.decode();
    requestAnimationFrame(() => resolve(performance.now() - started));
  });
  observer.observe(box, { childList: true, subtree: true });
  setTimeout(() => { observer.disconnect(); reject(new Error('no picture within 20 s')); }, 20000);
  handle.focus();
  started = performance.now();
  handle.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true }));
})"""


def write_notebook(lab):
    """One cell of preparation, then for each explorer a cell with it and a cell with `interact`."""
    cells = [SETUP]
    for name in EXPLORERS:
        cells.append(f"{CLASSES[name]}()")
        cells.append(f"{PLOTS[name]}\nwith_interact({CLASSES[name]}, plot_{name})")
    lab.write("bench.ipynb", *cells)


def measure(page, moves):
    """Milliseconds of each move: {explorer: {"explorer": [...], "interact": [...]}}."""
    times = {name: {"explorer": [], "interact": []} for name in EXPLORERS}
    for cell in range(1, 1 + 2 * len(EXPLORERS)):
        page.locator(".jp-CodeCell").nth(cell).scroll_into_view_if_needed()
        page.locator(".jp-CodeCell").nth(cell).locator(".noUi-handle").first.wait_for()
    for number in range(moves + 2):
        for place, name in enumerate(EXPLORERS):
            for cell, way in ((1 + 2 * place, "explorer"), (2 + 2 * place, "interact")):
                page.locator(".jp-CodeCell").nth(cell).locator(".noUi-handle").first.scroll_into_view_if_needed()
                page.wait_for_timeout(150)
                taken = page.evaluate(MOVE, [cell, "ArrowRight" if number % 2 == 0 else "ArrowLeft"])
                if number >= 2:  # the first moves warm up
                    times[name][way].append(taken)
    return times


def summarize(times):
    """p50, p95 and their ratio for each explorer."""
    rows = {}
    for name, ways in times.items():
        row = {way: {"p50": np.percentile(ms, 50), "p95": np.percentile(ms, 95)} for way, ms in ways.items()}
        row["ratio"] = {mark: row["explorer"][mark] / row["interact"][mark] for mark in ("p50", "p95")}
        rows[name] = {part: {mark: round(float(value), 3) for mark, value in row[part].items()} for part in row}
    return rows


def main():
    from playwright.sync_api import sync_playwright

    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="a few moves, to see that it works; writes nothing")
    quick = parser.parse_args().quick
    moves = 2 if quick else 30
    with sync_playwright() as playwright, tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        program = find_chromium(playwright)
        if program is None:
            print(f"The explorers are not measured, for want of a browser. To install one: {INSTALL}")
            return
        browser = playwright.chromium.launch(executable_path=program, headless=True, args=CHROMIUM_FLAGS)
        lab = Lab(folder, browser)
        try:
            lab.wait()
            write_notebook(lab)
            page = lab.open("bench.ipynb")
            rows = summarize(measure(page, moves))
            chromium = browser.version
            lab.close(page)
        finally:
            lab.stop()
            browser.close()
    report(rows, moves)
    if not quick:
        write(rows, moves, chromium)


def report(rows, moves):
    """Print a line for each explorer."""
    print(f"slider to picture, ms, p50 / p95 of {moves} moves")
    print(f"{'':20}{'explorer':>16}{'interact':>16}{'ratio':>14}")
    for name, row in rows.items():
        pairs = [f"{row[way]['p50']:.0f} / {row[way]['p95']:.0f}" for way in ("explorer", "interact")]
        met = "goal met" if row["ratio"]["p50"] <= GOAL else "GOAL MISSED"
        ratio = f"{row['ratio']['p50']:.2f} / {row['ratio']['p95']:.2f}"
        print(f"{name:20}{pairs[0]:>16}{pairs[1]:>16}{ratio:>14}  {met}")


def write(rows, moves, chromium):
    """Keep the rows in results/explorers.json, with what they were measured on."""
    machine = {"cores": os.cpu_count(), "system": platform.system(), "python": platform.python_version()}
    packages = ("jupyterlab", "ipywidgets", "ipykernel", "matplotlib", "numpy")
    machine |= {name: version(name) for name in packages} | {"chromium": chromium}
    results = HERE / "results" / "explorers.json"
    results.parent.mkdir(exist_ok=True)
    record = {"unit": "ms", "moves": moves, "goal": GOAL, "machine": machine, "slider_to_picture": rows}
    results.write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
