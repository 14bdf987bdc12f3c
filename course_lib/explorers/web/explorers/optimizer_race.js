/* Six optimizers race down a surface that is seen from above: learning rate, momentum, step by step or all at once. */

import { element } from "../controls.js";
import { explorer } from "../explorer.js";
import { figures } from "../views/figures.js";
import { change, svg, text, write } from "../views/svg.js";
import { curve, listed, LOOKS, mark, move_mark } from "../walks/looks.js";
import { LossChart } from "../walks/loss_chart.js";
import { Player } from "../walks/player.js";
import { GOAL, losses_on, RUNNERS, standing, STEPS, tuned_rates, walk, winners } from "../walks/race.js";
import { edged, ON_MAP, SurfaceMap } from "../walks/surface_map.js";
import { RACE_SURFACES } from "../walks/surfaces.js";
import { counted, short_number } from "../walks/words.js";
import declaration from "./optimizer_race.state.js";

const PACE = 60; // milliseconds from step to step
const RATES = declaration.fields.find((field) => field.name === "learning_rate").options.map(([, rate]) => rate);
const tuned = new Map(); // what was found for a surface and a momentum

/** {optimizer: learning rate}: the slider's for all, or each its own best. */
export function rates_of({ surface, rates, learning_rate, momentum }) {
  if (rates === "same") return Object.fromEntries(RUNNERS.map((name) => [name, learning_rate]));
  const key = `${surface}, ${momentum}`;
  if (!tuned.has(key)) tuned.set(key, tuned_rates(RACE_SURFACES[surface], RATES, momentum));
  return tuned.get(key);
}

class Race {
  constructor(frame) {
    this.player = new Player(frame, PACE);
    this.map = new RaceMap();
    this.chart = new RaceLosses();
    this.list = Object.fromEntries(RUNNERS.map((name) => [name, listed(name)]));
    const list = element("div", { class: "runners" }, ...RUNNERS.map((name) => this.list[name].node));
    frame.picture.append(...figures(266, this.map, this.chart), list);
    this.drawn = null;
  }

  /** All six run anew where the state is another one. */
  follow(state) {
    const key = JSON.stringify(state);
    if (key === this.drawn) return;
    this.drawn = key;
    const surface = RACE_SURFACES[state.surface];
    this.rates = rates_of(state);
    this.paths = {};
    this.losses = {};
    for (const name of RUNNERS) {
      this.paths[name] = walk(surface, name, this.rates[name], { momentum: state.momentum });
      this.losses[name] = losses_on(surface, this.paths[name]);
    }
    this.map.draw(surface);
    this.chart.draw_goal(GOAL * surface.loss(...surface.start));
    this.player.follow(STEPS + 1);
  }

  draw(state) {
    this.follow(state);
    const so_far = (runs) => Object.fromEntries(RUNNERS.map((name) => [name, runs[name].slice(0, this.player.shown)]));
    const losses = so_far(this.losses);
    this.standings = Object.fromEntries(RUNNERS.map((name) => [name, standing(losses[name])]));
    this.first = winners(this.standings);
    this.map.show(so_far(this.paths));
    this.chart.show(losses, this.first);
    for (const name of RUNNERS) {
      write(this.list[name].words, `η ${this.rates[name]}: ${short_result(this.standings[name])}`);
    }
  }

  describe() {
    return this.player.words(() => {
      const each = RUNNERS.map((name) => {
        const now = this.standings[name];
        const words = `${LOOKS[name].name} (learning rate ${this.rates[name]}): ${result(now)}`;
        if (now.word !== "running") return words;
        return `${words}, loss ${short_number(this.losses[name][this.player.shown - 1], 4)}`;
      });
      return `${headline(this.player.shown - 1, this.first)}\n${each.join("; ")}.`;
    });
  }

  reset() {
    this.player.stop();
    this.drawn = null;
  }

  destroy() {
    this.player.stop();
  }
}

function headline(taken, first) {
  if (taken === 0) return "At the start. Press Start or Step.";
  if (!first.length) return `After ${counted(taken)} nobody is at the goal, a thousandth of the loss at the start.`;
  const names = first.map((name) => LOOKS[name].name).join(", ");
  return `After ${counted(taken)}, first at the goal, a thousandth of the loss at the start: ${names}.`;
}

const RESULTS = { lost: "has run away", running: "not at the goal", start: "at the start" };

function result({ word, steps }) {
  return word === "there" ? `goal in ${counted(steps)}` : RESULTS[word];
}

function short_result({ word, steps }) {
  if (word === "there") return `goal at ${steps}`;
  return word === "running" ? "not there" : RESULTS[word];
}

/** The surface with the six paths so far. */
class RaceMap extends SurfaceMap {
  constructor() {
    super(4); // the ravine's floor is far below its walls
    const pen = { fill: "none", stroke: ON_MAP.paper, "stroke-width": 4.5, "stroke-linejoin": "round" };
    const halo = () => svg("path", pen);
    this.runners = RUNNERS.map((name) => ({ name, lines: [halo(), curve(name, true)], mark: mark(name, true) }));
    this.square = svg("rect", { width: 12, height: 12, fill: ON_MAP.paper, stroke: ON_MAP.ink, "stroke-width": 2.5 });
    this.start = edged(text(0, 0, "start", { bold: true, color: ON_MAP.ink }));
    const marks = this.runners.map((runner) => runner.mark);
    this.walks.append(...this.runners.flatMap(({ lines }) => lines), this.square, ...marks, this.start);
  }

  show(paths) {
    for (const { name, lines, mark: dot } of this.runners) {
      const d = this.path(paths[name]);
      for (const line of lines) change(line, { d });
      move_mark(dot, this.place(paths[name].at(-1)));
    }
    const [left, top] = this.place(paths[RUNNERS[0]][0]);
    change(this.square, { x: left - 6, y: top - 6 });
    change(this.start, { x: left - 8, y: top - 14 });
  }
}

/** The six losses so far, and the goal. */
class RaceLosses extends LossChart {
  constructor() {
    super(-8, 2);
    this.lay_out(STEPS);
    const { left, width } = this.axes;
    this.goal = svg("line", { x1: left, x2: left + width, stroke: "var(--good)", "stroke-width": 2 });
    this.word = change(edged(text(left + 5, 0, "goal", { bold: true })), { stroke: "var(--paper)" });
    this.runners = RUNNERS.map((name) => ({ name, line: curve(name, false), mark: mark(name, false) }));
    const marks = this.runners.map((runner) => runner.mark);
    this.lines.append(this.goal, ...this.runners.map(({ line }) => line), ...marks, this.word);
  }

  draw_goal(loss) {
    const height = this.axes.y(this.height(loss));
    change(this.goal, { y1: height, y2: height });
    change(this.word, { y: height + 18 });
  }

  show(losses, first) {
    for (const { name, line, mark: dot } of this.runners) {
      change(line, { d: this.path(losses[name]) });
      const last = losses[name].length - 1;
      const place = this.place(last, losses[name][last]);
      move_mark(dot, place.every(Number.isFinite) ? place : null, 0.75);
    }
    if (!first.length) this.caption("Nobody at the goal yet");
    else this.caption(first.length === 1 ? `First: ${LOOKS[first[0]].name}` : `${first.length} are first together`);
  }
}

export default explorer(declaration, (frame) => new Race(frame));
