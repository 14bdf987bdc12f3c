"""The explorers in a real browser: from a hand to the picture, training while it is drawn, and the engine alone.

    python tests/performance/bench_explorers.py [--quick] [--minutes 10] [--memory] [--other nn.js]

From slider to picture: an explorer and `interact` with `plt.show` stand in one notebook, with one server and one
browser. A slider is moved by its own event; the clock runs to the first moment after the new picture was painted. Moves
alternate, so that whatever else the machine does falls on both alike.

Training: the playground trains at its fastest while its pictures are counted. The engine alone is timed against another
web playground's, where one is given: its nn.ts, bundled as an ES module with any bundler, of which nothing is kept.

Memory: a page trains for some minutes, and what it holds before and after is compared, each time after garbage was
collected. --memory measures that alone and keeps the other figures as they are.
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
RESULTS = HERE / "results" / "explorers.json"
sys.path.insert(0, str(HERE.parent / "browser"))
from browser_lab import CHROMIUM_FLAGS, INSTALL, Lab, find_chromium
from web_pages import WebPages

from course_lib.marked_block import README, write_block

BLOCK = "explorers"  # the part of README.md that is written
P50_GOAL, P95_GOAL, TIMES_FASTER = 12, 25, 15  # milliseconds; times faster than `interact`
FRAMES_GOAL, PAUSE_GOAL = 30, 50  # pictures a second, milliseconds
UPDATES_GOAL = {"2-4-2-1": 120_000, "six layers of 8": 12_000}
ENGINE_GOAL = {"plain": 2.0, "batch norm and Adam": 1.0}  # times the other's updates
GROWTH_GOAL = 10  # megabytes of memory over the whole time

INTERACT = """
%matplotlib inline
import matplotlib.pyplot as plt
import numpy as np
from ipywidgets import Dropdown, FloatSlider, interact
from course_lib.scratch import activations

def plot(w1, w2, bias, activation, x1, x2):
    f = getattr(activations, activation)
    slope = getattr(activations, activation + "_derivative")
    figure, (plane, curve) = plt.subplots(1, 2, figsize=(8, 4))
    a, b = np.meshgrid(np.linspace(-5, 5, 90), np.linspace(-5, 5, 90))
    z = a * w1 + b * w2 + bias
    plane.imshow(f(z), origin="lower", extent=(-5, 5, -5, 5), cmap="RdBu", vmin=-6, vmax=6)
    plane.contour(a, b, z, levels=[0], colors="black")
    plane.annotate("", (w1, w2), (0, 0), arrowprops={"arrowstyle": "->"})
    plane.plot(x1, x2, "o")
    sums = np.linspace(-8, 8, 321)
    curve.plot(sums, f(sums))
    curve.plot(sums, slope(sums), "--")
    here = np.array(x1 * w1 + x2 * w2 + bias)
    curve.plot(here, f(here), "o")
    plane.set(title="Every input, and the output for it", xlabel="input 1", ylabel="input 2")
    curve.set(title=activation, xlabel="sum z", ylabel="output", xlim=(-8, 8))
    plt.show()

interact(plot, w1=FloatSlider(1, min=-3, max=3, step=0.1), w2=FloatSlider(2, min=-3, max=3, step=0.1),
         bias=FloatSlider(-1, min=-8, max=8, step=0.1), activation=Dropdown(options=["relu", "tanh", "elu"]),
         x1=FloatSlider(2, min=-5, max=5, step=0.1), x2=FloatSlider(1, min=-5, max=5, step=0.1));
"""
EXPLORER = "from course_lib.explorers.neuron import NeuronExplorer\nNeuronExplorer()"

# Moves the explorer's first slider by a step; resolves with the milliseconds until the picture is painted.
MOVE_EXPLORER = """(cell) => new Promise((resolve) => {
  const nodes = [...document.querySelectorAll('.jp-CodeCell')[cell].querySelectorAll('*')];
  const host = nodes.find((node) => node.shadowRoot);
  const input = host.shadowRoot.querySelector('input[type=range]');
  input.value = input.valueAsNumber + (input.valueAsNumber > 0 ? -0.1 : 0.1);
  const started = performance.now();
  input.dispatchEvent(new Event('input', { bubbles: true }));
  requestAnimationFrame(() => setTimeout(() => resolve(performance.now() - started)));
})"""
# The same of `interact`'s first slider: until the new image is decoded and painted.
MOVE_INTERACT = """(cell) => new Promise((resolve, reject) => {
  const box = document.querySelectorAll('.jp-CodeCell')[cell];
  const handle = box.querySelector('.noUi-handle');
  let started = 0;
  const observer = new MutationObserver(async (changes) => {
    const added = changes.flatMap((change) => [...change.addedNodes]).filter((node) => node.querySelector);
    const picture = added.map((node) => (node.matches('img') ? node : node.querySelector('img'))).find(Boolean);
    if (!picture) return;
    observer.disconnect();
    await picture.decode();
    requestAnimationFrame(() => setTimeout(() => resolve(performance.now() - started)));
  });
  observer.observe(box, { childList: true, subtree: true });
  setTimeout(() => { observer.disconnect(); reject(new Error('no picture within 20 s')); }, 20000);
  handle.focus();
  const key = Number(handle.getAttribute('aria-valuenow')) > 0 ? 'ArrowLeft' : 'ArrowRight';
  started = performance.now();
  handle.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true }));
})"""

# Trains for some seconds and counts: {updates, pictures} a second, and milliseconds until a pause has taken effect.
TRAIN = """async (seconds) => {
  const root = document.getElementById('here').shadowRoot;
  const count = () => Number(root.querySelector('.count').textContent.split(', ')[1].replace(/[^0-9]/g, ''));
  const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
  const [surface] = [...root.querySelectorAll('canvas')].sort((one, other) => other.clientWidth - one.clientWidth);
  const put = CanvasRenderingContext2D.prototype.putImageData;
  let pictures = 0; // of the large surface, not frames of the browser
  CanvasRenderingContext2D.prototype.putImageData = function (...words) {
    pictures += this.canvas === surface;
    return put.apply(this, words);
  };
  const speed = root.querySelector('.speed');
  speed.selectedIndex = speed.options.length - 1;
  root.querySelector('.start').click();
  await wait(500);
  const before = count(), started = performance.now();
  pictures = 0;
  await wait(1000 * seconds);
  const passed = (performance.now() - started) / 1000, after = count(), drawn = pictures;
  CanvasRenderingContext2D.prototype.putImageData = put;
  const pressed = performance.now();
  root.querySelector('.start').click();
  await new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)));
  const pause = performance.now() - pressed, stopped = count();
  await wait(200);
  return { updates: (after - before) / passed, pictures: drawn / passed, pause, moved_after: count() - stopped };
}"""

# The engines alone, in turns: {name: updates a second}, the best of the rounds.
ENGINES = """async ([other, rounds, milliseconds]) => {
  const { Network } = await import('/engine/network.js');
  const { Random } = await import('/engine/random.js');
  const random = new Random(1);
  const batches = Array.from({ length: 50 }, () => {
    const x = Float64Array.from({ length: 20 }, () => random.normal());
    return [x, Float64Array.from({ length: 10 }, (_, k) => Math.sign(x[2 * k] * x[2 * k + 1]))];
  });
  const rows = batches.map(([x, t]) => Array.from(t, (target, k) => [[x[2 * k], x[2 * k + 1]], target]));
  const ours = (recipe) => {
    const network = new Network(recipe, 2, 1, 'mean_squared_error');
    return (k) => network.update(...batches[k % 50]);
  };
  const runs = {};
  for (const [name, hidden_layers] of [['2-4-2-1', [4, 2]], ['six layers of 8', Array(6).fill(8)]]) {
    runs[`${name}, plain`] = ours({ hidden_layers });
    runs[`${name}, batch norm and Adam`] = ours({ hidden_layers, normalization: 'batch', optimizer: 'adam' });
    if (other) {
      const nn = await import(URL.createObjectURL(new Blob([other], { type: 'text/javascript' })));
      const { TANH } = nn.Activations;
      const network = nn.buildNetwork([2, ...hidden_layers, 1], TANH, TANH, null, ['x', 'y'], false);
      runs[`${name}, the other`] = (k) => {
        for (const [x, target] of rows[k % 50]) {
          nn.forwardProp(network, x);
          nn.backProp(network, target, nn.Errors.SQUARE);
        }
        nn.updateWeights(network, 0.03, 0);
      };
    }
  }
  const best = Object.fromEntries(Object.keys(runs).map((name) => [name, 0]));
  for (let round = 0; round <= rounds; round++) {
    for (const [name, step] of Object.entries(runs)) {
      const started = performance.now();
      let steps = 0;
      while (performance.now() - started < milliseconds) for (let k = 0; k < 50; k++, steps++) step(steps);
      const rate = (1000 * steps) / (performance.now() - started);
      if (round > 0) best[name] = Math.max(best[name], rate); // the first round warms up
    }
  }
  return best;
}"""
STATES = {
    "2-4-2-1": {"data": "plane", "hidden_layers": [4, 2], "activations": ["tanh"] * 2},
    "six layers of 8": {"data": "plane", "hidden_layers": [8] * 6, "activations": ["tanh"] * 6},
}


def slider_to_picture(browser, moves):
    """{"explorer": milliseconds of each move, "interact": the same}."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        lab = Lab(folder, browser)
        try:
            lab.wait()
            lab.write("bench.ipynb", EXPLORER, INTERACT)
            page = lab.open("bench.ipynb")
            page.locator("input[type=range]").first.wait_for()
            page.locator(".noUi-handle").first.wait_for()
            times = {"explorer": [], "interact": []}
            for number in range(moves + 2):
                for cell, (way, move) in enumerate((("explorer", MOVE_EXPLORER), ("interact", MOVE_INTERACT))):
                    page.locator(".jp-CodeCell").nth(cell).scroll_into_view_if_needed()
                    page.wait_for_timeout(150)
                    taken = page.evaluate(move, cell)
                    if number >= 2:  # the first moves warm up
                        times[way].append(taken)
            lab.close(page)
        finally:
            lab.stop()
    return times


def training(web, seconds):
    """{network: what TRAIN counted}."""
    found = {}
    for name, state in STATES.items():
        page = web.mount("playground", state | {"learning_rate": 0.003})
        found[name] = page.evaluate(TRAIN, seconds)
        page.context.close()
    return found


# The updates that the playground's page says it has made.
UPDATES = """() => {
  const root = document.getElementById('here').shadowRoot;
  return Number(root.querySelector('.count').textContent.split(', ')[1].replace(/[^0-9]/g, ''));
}"""


def growth(web, minutes):
    """(megabytes by which a page's memory has grown in so many minutes of training, how many updates it made)."""
    page = web.mount("playground", STATES["six layers of 8"] | {"learning_rate": 0.003})
    session = page.context.new_cdp_session(page)
    page.locator(".speed").select_option(label="fast")
    page.locator(".start").click()
    page.wait_for_timeout(15_000)  # arrays of their final size, code compiled
    used, updates = [], []
    for wait in (0, 60_000 * minutes):
        page.wait_for_timeout(wait)
        updates.append(page.evaluate(UPDATES))
        session.send("HeapProfiler.collectGarbage")
        used.append(session.send("Runtime.getHeapUsage")["usedSize"] / 1e6)
    page.context.close()
    return used[1] - used[0], updates[1] - updates[0]


def summarize(times, trained, engines):
    """Everything that is kept of a run, as plain values."""
    marks = {
        way: {f"p{mark}": round(float(np.percentile(ms, mark)), 1) for mark in (50, 95)} for way, ms in times.items()
    }
    faster = round(marks["interact"]["p50"] / marks["explorer"]["p50"], 1)
    alone = {name: round(rate) for name, rate in engines.items()}
    ratios = {
        f"{network}, {way}": round(engines[f"{network}, {way}"] / engines[f"{network}, the other"], 2)
        for network in STATES
        for way in ENGINE_GOAL
        if f"{network}, the other" in engines
    }
    trained = {name: {what: round(value, 1) for what, value in row.items()} for name, row in trained.items()}
    return {
        "slider_to_picture_ms": marks,
        "times_faster_than_interact": faster,
        "training": trained,
        "engine_updates_a_second": alone,
        "engine_ratio_to_the_other": ratios,
    }


def summarize_memory(minutes, grown, updates):
    """What is kept of `growth`."""
    return {"memory": {"minutes": minutes, "growth_mb": round(grown, 1), "updates": updates}}


def goals(found):
    """[(goal in words, whether it is met)]."""
    marks = found["slider_to_picture_ms"]["explorer"]
    rows = [
        (f"slider to picture p50 {marks['p50']} ms, at most {P50_GOAL}", marks["p50"] <= P50_GOAL),
        (f"slider to picture p95 {marks['p95']} ms, at most {P95_GOAL}", marks["p95"] <= P95_GOAL),
        (
            f"{found['times_faster_than_interact']} times faster than interact, at least {TIMES_FASTER}",
            found["times_faster_than_interact"] >= TIMES_FASTER,
        ),
    ]
    for name, row in found["training"].items():
        words = f"{name}: {row['updates']:,.0f} updates a second, at least {UPDATES_GOAL[name]:,}"
        rows.append((words, row["updates"] >= UPDATES_GOAL[name]))
        rows.append((f"{name}: {row['pictures']} pictures a second", row["pictures"] >= FRAMES_GOAL))
        rows.append((f"{name}: paused in {row['pause']} ms", row["pause"] <= PAUSE_GOAL and row["moved_after"] == 0))
    for name, ratio in found["engine_ratio_to_the_other"].items():
        wanted = ENGINE_GOAL[name.partition(", ")[2]]
        rows.append((f"engine alone, {name}: {ratio} times the other, at least {wanted:g}", ratio >= wanted))
    return rows


def memory_goals(memory):
    """The same of the page's memory. A page that stood still shows nothing."""
    words = f"memory has grown by {memory['growth_mb']} MB in {memory['minutes']:g} minutes, at most {GROWTH_GOAL}"
    return [
        (words, memory["growth_mb"] <= GROWTH_GOAL),
        (f"{memory['updates']:,} updates were made meanwhile", memory["updates"] > 0),
    ]


def table(found, machine):
    """README's table."""
    lines = ["| | measured |", "|---|---|", f"| from a slider to the new picture | {slider_words(found)} |"]
    for name, row in found["training"].items():
        words = f"{row['updates']:,.0f} updates and {row['pictures']:.0f} pictures a second"
        lines.append(f"| the playground trains {name} while you watch | {words} |")
    if ratios := found["engine_ratio_to_the_other"]:
        lines.append(f"| the same without pictures, beside a well-known web playground | {ratio_words(ratios)} |")
    memory = found["memory"]
    grown = memory["growth_mb"]
    words = f"grows by {grown} MB" if grown > 0 else "does not grow"  # less after a collection is no growth
    words = f"{words}, over {memory['updates'] / 1e6:.1f} million updates"
    lines.append(f"| the page's memory in {memory['minutes']:g} minutes of training | {words} |")
    return "\n".join([*lines, "", f"Measured on {machine['cores']} cores, Chromium {machine['chromium']}."])


def slider_words(found):
    """How long a hand waits for the picture, and how long with `interact`."""
    marks = found["slider_to_picture_ms"]
    here, there = ((row["p50"], row["p95"]) for row in (marks["explorer"], marks["interact"]))
    waits = "{} ms, and at most {} in 19 of 20 moves"
    return f"{waits.format(*here)}; through a kernel, with ipywidgets' `interact`, {there[0]} and {there[1]}"


def ratio_words(ratios):
    """How many times as fast the engine is: without techniques that the other lacks, and with them."""
    times = {way: [ratio for name, ratio in ratios.items() if name.endswith(f", {way}")] for way in ENGINE_GOAL}
    plain, more = (" and ".join(f"{ratio:g}" for ratio in row) for row in times.values())
    return f"{plain} times as fast; {more} with batch norm and Adam, which the other does without"


def measured(browser, options):
    """(what was found, as plain values, and the rows of `goals`)."""
    web = WebPages(browser)
    found, rows = {}, []
    if not options.memory:
        times = slider_to_picture(browser, 2 if options.quick else 40)
        trained = training(web, 1 if options.quick else 8)
        other = options.other.read_text(encoding="utf-8") if options.other else ""
        engines = web.open().evaluate(ENGINES, [other, 1 if options.quick else 8, 50 if options.quick else 250])
        found = summarize(times, trained, engines)
        rows = goals(found)
    if not options.quick:
        found |= summarize_memory(options.minutes, *growth(web, options.minutes))
        rows += memory_goals(found["memory"])
    web.stop()
    return found, rows


def write(found, machine, whole, results=RESULTS, page=HERE.parents[1] / README):
    """Write the results and README's table. A part of a measurement takes its place among the other figures."""
    if not whole:
        kept = json.loads(results.read_text(encoding="utf-8"))
        if kept["machine"] != machine:
            sys.exit(f"Nothing was written: the other figures are of {kept['machine']}, and this is {machine}.")
        found = {name: value for name, value in kept.items() if name != "machine"} | found
    results.write_text(json.dumps({"machine": machine, **found}, indent=2) + "\n", encoding="utf-8")
    write_block(page, BLOCK, table(found, machine))


def main():
    """Measure, print, and without --quick write the results and README's table."""
    from playwright.sync_api import sync_playwright

    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="a few moves, to see that it works; writes nothing")
    parser.add_argument("--minutes", type=float, default=10, help="of training, for the growth of memory (default: 10)")
    parser.add_argument("--memory", action="store_true", help="the growth of memory alone; the other figures stay")
    parser.add_argument("--other", type=Path, metavar="NN.JS", help="another playground's nn.ts, as an ES module")
    options = parser.parse_args()
    if options.quick and options.memory:
        parser.error("--quick leaves out the memory, which --memory measures alone; for a short look: --minutes 1")
    with sync_playwright() as playwright:
        program = find_chromium(playwright)
        if program is None:
            print(f"The explorers are not measured, for want of a browser. To install one: {INSTALL}")
            return
        browser = playwright.chromium.launch(executable_path=program, headless=True, args=CHROMIUM_FLAGS)
        machine = {"cores": os.cpu_count(), "system": platform.system(), "python": platform.python_version()}
        machine |= {name: version(name) for name in ("jupyterlab", "anywidget")} | {"chromium": browser.version}
        found, rows = measured(browser, options)
        browser.close()
    for words, met in rows:
        print(f"{'goal met   ' if met else 'GOAL MISSED'}  {words}")
    if not options.quick:
        write(found, machine, whole=not options.memory)


if __name__ == "__main__":
    main()
