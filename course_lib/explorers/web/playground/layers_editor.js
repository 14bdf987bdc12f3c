/* The hidden layers: how many, how wide, and which activation each has. */

import { button, element, Remark, typed_number } from "../controls.js";
import declaration from "../explorers/playground.state.js";

const field = (name) => declaration.fields.find((each) => each.name === name);
const MOST_LAYERS = field("hidden_layers").most;
const WIDTHS = field("hidden_layers").of;
const ACTIVATIONS = field("activations").of.options;

const LEAST = 4; // units of a layer that is added: behind two, two more would only be a second narrow place
const STEPS = [["−", -1, "fewer", "One unit less"], ["+", 1, "wider", "One unit more"]];
const MEANING = "each hidden layer: how many units it has, and the activation that bends their sums; × takes it away";

export class LayersEditor {
  constructor(state, changed) {
    this.changed = changed;
    this.rows = element("div", { class: "layers" });
    this.more = button("Add a layer", "One more hidden layer in front of the outputs, as wide as the one before it and at least 4 units", () => this.add(), { class: "add-layer" });
    this.node = element("div", { class: "layers-editor", role: "group", "aria-label": "hidden layers" }, this.rows, this.more, element("span", { class: "meaning" }, MEANING));
    this.set(state);
  }

  /** Show what the state has; rows are built anew only where their number changes. */
  set({ hidden_layers, activations }) {
    this.widths = [...hidden_layers];
    this.activations = this.widths.map((_, place) => activations[place] ?? activations.at(-1) ?? "tanh");
    if (this.rows.childElementCount !== this.widths.length) {
      this.remarks = [];
      this.rows.replaceChildren(...this.widths.map((_, place) => this.make_row(place)));
    }
    [...this.rows.children].forEach((row, place) => {
      const [width, activation] = [row.querySelector("input"), row.querySelector("select")];
      if (this.shown?.[place] !== this.widths[place]) this.remarks[place].say("");
      const is_typed_in = width.getRootNode().activeElement === width && width.value !== `${this.shown?.[place]}`;
      if (!is_typed_in && width.value !== `${this.widths[place]}`) width.value = this.widths[place];
      const chosen = ACTIVATIONS.findIndex(([, name]) => name === this.activations[place]);
      if (activation.selectedIndex !== chosen) activation.selectedIndex = chosen;
    });
    this.shown = [...this.widths]; // a number that somebody is typing while the network trains is left alone
    this.more.disabled = this.widths.length >= MOST_LAYERS;
  }

  make_row(place) {
    const words = `layer ${place + 1}`;
    const width = element("input", { type: "number", min: WIDTHS.low, max: WIDTHS.high, step: 1, class: `box width-${place + 1}`, "aria-label": `units of ${words}` });
    const remark = (this.remarks[place] = new Remark(width));
    width.addEventListener("change", () => {
      const { number, words: said } = typed_number(width, WIDTHS);
      if (number !== null) this.widths[place] = number;
      width.value = this.widths[place];
      this.tell();
      remark.say(said);
    });
    const activation = element("select", { class: `activation-${place + 1}`, "aria-label": `activation of ${words}` }, ...ACTIVATIONS.map(([name], k) => element("option", { value: k }, name)));
    activation.addEventListener("change", () => {
      this.activations[place] = ACTIVATIONS[activation.selectedIndex][1];
      this.tell();
    });
    const less = button("×", `Take ${words} away`, () => {
      this.widths.splice(place, 1);
      this.activations.splice(place, 1);
      this.tell();
    }, { class: `remove-${place + 1}`, "aria-label": `Take ${words} away` });
    const [fewer, wider] = STEPS.map(([sign, step, name, meaning]) => {
      const said = `${meaning} in ${words}`;
      return button(sign, said, () => this.resize(place, step), { class: `${name} ${name}-${place + 1}`, "aria-label": said });
    });
    return element("div", { class: "layer-row" }, element("span", {}, words), fewer, width, wider, activation, less, remark.node);
  }

  /** A telephone's box has no arrows, and its keyboard would hide the picture: buttons beside it. */
  resize(place, step) {
    this.widths[place] = Math.min(Math.max(this.widths[place] + step, WIDTHS.low), WIDTHS.high);
    this.tell();
  }

  add() {
    this.widths.push(Math.max(this.widths.at(-1) ?? LEAST, LEAST));
    this.activations.push(this.activations.at(-1) ?? "tanh");
    this.tell();
  }

  tell() {
    this.set({ hidden_layers: this.widths, activations: this.activations });
    this.changed({ hidden_layers: [...this.widths], activations: [...this.activations] });
  }
}
