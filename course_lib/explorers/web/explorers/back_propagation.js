/* Back-propagation on the article's network, one link a click: forward to the loss, then backward to every weight. */

import { both_passes, PARAMETERS, PLACES, stepped } from "../article_network/numbers.js";
import { Graph } from "../back_propagation/graph.js";
import { FORWARD, LINKS } from "../back_propagation/links.js";
import { places_for } from "../back_propagation/places.js";
import { button, element } from "../controls.js";
import { explorer } from "../explorer.js";
import { Fitted } from "../views/fitted.js";
import { change, write } from "../views/svg.js";
import { lowered, short } from "../views/written.js";
import declaration from "./back_propagation.state.js";

const FIELDS = new Map(declaration.fields.map((field) => [field.name, field]));
const MOST_LOSSES = FIELDS.get("losses").most;
const WORDS_FOR_STEP = "Make the step";
const WORDS_FOR_RESET = "First weights";
const [DIGITS, NOTHING] = [4, 1e-6]; // a fall that so many digits do not show is none; a loss that is less is all but 0

/** How many links are lit: a whole number, whatever a program has set. */
const lit_links = (state) => Math.round(state.position);

/** The losses before and after each step, where the last of them is still that of the network; else none. */
function losses_so_far({ losses }, { values }) {
  return losses.length > 1 && losses.at(-1) === values.L ? losses : [];
}

/** Why the step can't be made, or "". */
function obstacle(state) {
  const { slopes } = both_passes(state);
  if (PARAMETERS.every((name) => slopes[name] === 0)) {
    return (
      "All slopes are 0, so that a step moves nothing: the outputs are right, or every path that matters is cut by a " +
      `ReLU on its dead side.${what_is_off(state)}`
    );
  }
  const end = what_ends_it(state);
  if (end !== "") return end;
  const outside = Object.entries(stepped(state)).find(([name, value]) => !(Math.abs(value) <= FIELDS.get(name).high));
  if (outside === undefined) return "";
  const [name, value] = outside;
  return (
    `The step would move ${lowered(name)} to ${short(value)}, farther than its slider goes: lower the learning rate.`
  );
}

/** Why another step would bring nothing, though some slopes are not 0; or "". */
function what_ends_it(state) {
  const now = both_passes(state).values.L;
  const after = both_passes({ ...state, ...stepped(state) }).values.L;
  if (now < NOTHING) return `The loss is all but 0, so that nothing is left to learn. Change a target, or press "${WORDS_FOR_RESET}".`;
  if (now.toPrecision(DIGITS) !== after.toPrecision(DIGITS)) return "";
  const off = outputs_off(state);
  if (off.length === 0) return `The step is so short that the loss stays at ${short(now)}: set a larger learning rate.`;
  const biases = off.map((k) => lowered(`c${k}`)).join(" and ");
  return `Nothing can fall further. Raise ${biases}, or press "${WORDS_FOR_RESET}".${what_is_off(state)}`;
}

/** The outputs, 1 or 2, that are 0 because their ReLU is off, and should not be. */
function outputs_off(state) {
  const { values } = both_passes(state);
  return PLACES.map((place) => place + 1).filter((k) => values[`s${k}`] <= 0 && values[`t${k}`] !== 0);
}

/** " ReLU is off ..." of each output that is 0 and should not be: no slope passes, and its part of the loss stays. */
function what_is_off(state) {
  const { values } = both_passes(state);
  return outputs_off(state)
    .map((k) => {
      const [s, y, t] = [`s${k}`, `y${k}`, `t${k}`].map(lowered);
      const part = `${t}²/2 = ${short(values[`t${k}`] ** 2 / 2)}`;
      return ` The ReLU of ${y} is off (${s} ≤ 0): no slope passes it, and its part of the loss stays, ${part}.`;
    })
    .join("");
}

function describe(state) {
  const passes = both_passes(state);
  const position = lit_links(state);
  const losses = losses_so_far(state, passes);
  if (position === 0) return opening(state, losses);
  const link = LINKS[position - 1];
  const said = [link.sentence(passes.values, passes.slopes)];
  if (position === FORWARD) said.push(comparison(losses, state));
  if (position === LINKS.length) {
    const offer =
      `"${WORDS_FOR_STEP}" takes learning rate · slope = ${state.learning_rate} · slope off ` +
      `all 12 weights and biases at once.${what_is_off(state)}`;
    said.push(`\n${obstacle(state) || offer}`);
  }
  return said.filter((each) => each !== "").join(" ");
}

function opening(state, losses) {
  const next = `"Next: ${LINKS[0].next}"`;
  if (losses.length === 0) {
    return (
      `Only inputs, weights, biases and targets (t₁ and t₂, what y₁ and y₂ should be) are known. Press ${next}: first the numbers ` +
      "go forward to the loss, then slopes, how fast it changes with each number, go back from it. Each click is one link of the chain: one sum, one ReLU, or one slope."
    );
  }
  const [before, now] = losses.slice(-2);
  if (now >= before) {
    return (
      `The step is too large: it moved the weights so far that the loss is no lower than ${short(before)}, where it was. ` +
      `Set a smaller learning rate before the next step; ${next} shows the new loss.`
    );
  }
  return (
    `The step has taken ${state.learning_rate} · slope off all 12 weights and biases. The forward pass begins anew: ` +
    `is the loss below ${short(before)} now? Press ${next}.`
  );
}

function comparison(losses, state) {
  if (losses.length === 0) return "";
  const [before, now] = losses.slice(-2);
  const was = `Before the step it was ${short(before)}`;
  if (now < before) return `${was}: the step took ${short(before - now)} off the loss.${what_is_off(state)}`;
  return `${was}: the step was too long, and the loss is no lower. Try a smaller learning rate.`;
}

/** "Loss, step by step: 2.5 → 0.652 → ?": the last five; the newest once the forward pass has found it. */
function written_trail(losses, position) {
  if (losses.length === 0) return "";
  const shown = losses.map((loss, place) => (place === losses.length - 1 && position < FORWARD ? "?" : short(loss)));
  return `Loss, step by step: ${shown.length > 6 ? "… → " : ""}${shown.slice(-6).join(" → ")}`;
}

class Explorer {
  constructor(frame) {
    this.frame = frame;
    this.graphs = new Map(); // one for each shape
    this.fitted = new Fitted(frame, null, (width) => this.graph_for(places_for(width)));
    this.formula = [0, 1, 2].map((line) => element("div", { class: line < 2 ? "in-formula" : "trail" }));
    frame.picture.append(element("div", { class: "formula" }, ...this.formula));
    frame.picture.tabIndex = -1; // so that the arrow keys work after a click on the picture
    this.build_bar();
    frame.root.addEventListener("keydown", (event) => this.key(event));
  }

  graph_for(places) {
    if (!this.graphs.has(places)) this.graphs.set(places, new Graph(places));
    return this.graphs.get(places);
  }

  /** The bar stands first, so that its first button is what is found first, by eye and by Tab. */
  build_bar() {
    const { frame } = this;
    const look = { class: "first is-short" };
    this.first = button("", "One link farther: Enter, or the right arrow key", () => this.forward(), look);
    this.back = button("Back", "One link back: the left arrow key", () => this.go(lit_links(frame.state) - 1));
    this.end = button("To the end", "All links at once: the End key", () => this.go(LINKS.length));
    this.over = button("Forward again", "Back to the first link; the weights stay: the Home key", () => this.go(0));
    const reset = frame.buttons.querySelector(".reset");
    reset.textContent = WORDS_FOR_RESET;
    reset.title = "All numbers back to where they were at first";
    this.count = element("span", { class: "count" });
    frame.buttons.prepend(this.first, this.back, this.end, this.over);
    frame.buttons.append(this.count);
    frame.buttons.classList.add("bar");
    frame.root.classList.add("compact");
    frame.root.prepend(frame.buttons);
    frame.root.append(frame.panel); // behind the picture: on a narrow page the buttons and the picture are together
  }

  forward() {
    const position = lit_links(this.frame.state);
    if (position < LINKS.length) this.go(position + 1);
    else if (!obstacle(this.frame.state)) this.make_step();
  }

  /** Light so many links. */
  go(position) {
    this.change({ position: Math.min(Math.max(position, 0), LINKS.length) });
  }

  change(changes) {
    this.frame.set(changes);
    this.frame.tell();
  }

  make_step() {
    const { state } = this.frame;
    const passes = both_passes(state);
    const before = losses_so_far(state, passes);
    const parameters = stepped(state);
    const after = both_passes({ ...state, ...parameters }).values.L;
    const losses = [...(before.length > 0 ? before : [passes.values.L]), after].slice(-MOST_LOSSES);
    this.change({ ...parameters, position: 0, losses });
  }

  /** Arrow keys, Home, End and Enter, where no control has the focus that uses them itself. */
  key(event) {
    const { target } = event;
    if (target.closest("input, select") || event.ctrlKey || event.metaKey || event.altKey || event.shiftKey) return;
    const position = lit_links(this.frame.state);
    const moves = {
      ArrowRight: () => this.go(position + 1),
      ArrowLeft: () => this.go(position - 1),
      Home: () => this.go(0),
      End: () => this.go(LINKS.length),
    };
    if (!target.closest("button")) moves.Enter = () => this.forward();
    if (!(event.key in moves)) return;
    event.preventDefault();
    moves[event.key]();
  }

  draw(state) {
    const passes = both_passes(state);
    const position = lit_links(state);
    const link = LINKS[position - 1];
    this.fitted.scene.draw(passes, position, link);
    const lines = link ? link.formula(passes.values, passes.slopes) : ["", ""];
    const trail = written_trail(losses_so_far(state, passes), position);
    [...lines, trail].forEach((words, place) => write(this.formula[place], words));
    this.draw_bar(state, position);
  }

  draw_bar(state, position) {
    const at_end = position === LINKS.length;
    write(this.first, at_end ? WORDS_FOR_STEP : `Next: ${LINKS[position].next}`);
    change(this.first, { "aria-disabled": at_end && obstacle(state) !== "" });
    this.disable(this.back, position === 0);
    this.disable(this.over, position === 0);
    this.disable(this.end, at_end);
    const back = position - FORWARD;
    const [pass, place, of] = back > 0 ? ["Backward", back, LINKS.length - FORWARD] : ["Forward", position, FORWARD];
    write(this.count, `${pass}: ${place} of ${of} links`);
  }

  /** A button that cannot be pressed hands the focus on, or the next key would go nowhere. */
  disable(each, off) {
    if (off && this.frame.shadow.activeElement === each) this.first.focus();
    each.disabled = off;
  }

  destroy() {
    this.fitted.stop();
  }
}

Explorer.prototype.describe = describe;

export default explorer(declaration, (frame) => new Explorer(frame));
