/* The missions above the picture: which one is under way, what it asks, whether it is done. */

import { button, element } from "../controls.js";
import declaration from "../explorers/playground.state.js";
import { MISSIONS, verdict } from "./missions.js";

const STARTS_OVER = [
  "n_points", "noise", "share", "initialization", "normalization", "residual", "optimizer", "learning_rate", "batch_size", "seed",
  "drop_rate", "l1", "l2", "max_norm", "clip_norm",
];

function declared_start(name) {
  return structuredClone(declaration.fields.find((field) => field.name === name).start);
}

export class Missions {
  constructor(playground) {
    this.playground = playground;
    this.done = new Set(); // numbers of missions
    this.said = null; // {number, session, words} of how a mission was done: it stays done until it begins again
    this.memory = {};
    this.choice = element("select", { class: "mission", "aria-label": "mission", title: "Ten things to do" }, element("option", { value: 0 }, "free play"), ...MISSIONS.map(({ name }, place) => element("option", { value: place + 1 }, `${place + 1}. ${name}`)));
    this.choice.addEventListener("change", () => this.begin(this.choice.selectedIndex));
    this.task = element("span", { class: "task", role: "status" });
    this.again = button("Begin it again", "The mission's own start", () => this.begin(this.choice.selectedIndex), { class: "again" });
    this.next = button("Next mission", "The mission after this one", () => this.go_on(), { class: "next-mission" });
    this.node = element("div", { class: "missions" }, element("label", {}, "Mission ", this.choice), this.again, this.task, this.next, element("span", { class: "meaning" }, "ten things to do here; what each asks stands beside it, and it says when it is done"));
  }

  begin(number) {
    this.memory = {};
    this.said = null;
    const { frame } = this.playground;
    if (number === 0) return frame.moved({ mission: 0 });
    const starts = Object.fromEntries(STARTS_OVER.map((name) => [name, declared_start(name)]));
    return this.playground.begin_anew({ ...starts, ...structuredClone(MISSIONS[number - 1].state), weights: [], mission: number });
  }

  /** The button that was pressed is gone then: what comes next is Start. */
  go_on() {
    this.begin(this.choice.selectedIndex + 1);
    this.playground.trainer.start.focus();
  }

  /** The task and what is missing; once it is done, when that was, what is to be learned from it, and how it stands now. */
  words_on(number, session) {
    const { task, why, now } = MISSIONS[number - 1];
    if (this.said?.number !== number) this.said = null;
    const found = verdict(number, session, this.memory);
    if (found === true && this.said === null) {
      this.done.add(number);
      this.said = { number, session, words: `✔ Done at epoch ${session.epochs.toLocaleString("en-US")}: ${why(session)}${this.farewell(number)}` };
    }
    if (this.said === null) return `${task} ${found}`;
    const is_no_more = found !== true && session === this.said.session && !found.startsWith("Reached");
    return `${this.said.words}${is_no_more ? ` But: ${now(session)}` : ""}`;
  }

  /** A last word behind the last mission. */
  farewell(number) {
    if (number < MISSIONS.length) return "";
    const n = this.done.size;
    if (n < MISSIONS.length) return ` That was the last one; ${n} of ${MISSIONS.length} are done.`;
    return " You have done all ten. In free play the playground is yours: draw your own points.";
  }

  show() {
    const { session, frame } = this.playground;
    const number = frame.state.mission;
    if (this.choice.selectedIndex !== number) this.choice.selectedIndex = number;
    this.again.hidden = number === 0;
    const words = number > 0 ? this.words_on(number, session) : `${this.done.size} of ${MISSIONS.length} missions done.`;
    if (this.task.textContent !== words) this.task.textContent = words;
    this.task.classList.toggle("done", this.said?.number === number);
    this.next.hidden = !this.done.has(number) || number === MISSIONS.length;
    for (const [place, option] of [...this.choice.options].entries()) {
      const name = place === 0 ? "free play" : `${this.done.has(place) ? "✔ " : ""}${place}. ${MISSIONS[place - 1].name}`;
      if (option.textContent !== name) option.textContent = name;
    }
  }
}
