/* Below the picture: undo, a link that restores everything, the code, a weight set by hand, points drawn by hand. */

import { button, element } from "../controls.js";
import declaration from "../explorers/playground.state.js";
import { from_json, to_json } from "../state.js";
import { code_of, KINDS } from "./code.js";

const REMEMBERED = 100; // states that undo goes back through

export class Tools {
  constructor(playground) {
    this.playground = playground;
    this.past = [];
    this.undoing = false;
    this.undo = button("Undo", "Take the last change back", () => this.go_back(), { class: "undo" });
    this.link = button("Link", "A text that restores all this, here or elsewhere", () => this.open_link(), { class: "link" });
    this.code = button("Show the code", "This network as a Recipe, in NumPy and in PyTorch", () => this.open_code(), { class: "code" });
    this.clear = button("Clear points", "Take all drawn points away", () => playground.frame.moved({ drawn: [] }), { class: "clear" });
    this.brush = element("select", { class: "brush", "aria-label": "class of the points you draw" }, element("option", {}, "draw circles"), element("option", {}, "draw squares"));
    this.brush.selectedIndex = 1;
    this.weight = this.make_weight();
    this.sheet = element("div", { class: "sheet", hidden: true });
    this.complaint = element("p", { class: "complaint", role: "alert" });
    this.node = element("div", { class: "tools" }, element("div", { class: "buttons" }, this.undo, this.link, this.code, this.weight.node, this.brush, this.clear), this.complaint, this.sheet);
  }

  // Undo

  /** Called when the state has changed: `before` is what it was. */
  remember(before, changed) {
    if (before === null || this.undoing || changed.every((name) => name === "mission")) {
      this.undoing = false;
      return;
    }
    this.past.push(before);
    if (this.past.length > REMEMBERED) this.past.shift();
  }

  go_back() {
    const before = this.past.pop();
    if (before === undefined) return;
    this.undoing = true;
    this.playground.frame.set(before);
    this.playground.frame.tell();
  }

  // A weight by hand

  make_weight() {
    const box = element("input", { type: "number", step: 0.1, class: "box weight-value", "aria-label": "value of the chosen weight" });
    const which = element("select", { class: "weight-choice", "aria-label": "which weight" });
    const set = () => {
      const found = this.chosen_weight();
      if (!found || !Number.isFinite(box.valueAsNumber)) return;
      found.array[found.place] = box.valueAsNumber;
      this.playground.session.look();
      this.playground.frame.redraw();
    };
    box.addEventListener("input", set);
    which.addEventListener("change", () => this.show_weight());
    return { node: element("span", { class: "weight", title: "Choose a weight, or click its line, and set it" }, "weight", which, box), box, which };
  }

  /** A line of the drawing was clicked. */
  choose_weight(layer, from, to) {
    this.weight.which.value = `${layer} ${from} ${to}`;
    this.show_weight();
    this.weight.box.focus();
  }

  chosen_weight() {
    const [layer, from, to] = this.weight.which.value.split(" ").map(Number);
    const dense = this.playground.drawing.dense[layer];
    return dense && { array: dense.parameters.weight, place: from * dense.fan_out + to };
  }

  show_weight() {
    const found = this.chosen_weight();
    const root = this.weight.box.getRootNode();
    if (found && root.activeElement !== this.weight.box) this.weight.box.value = found.array[found.place].toFixed(3);
  }

  list_weights() {
    const { dense } = this.playground.drawing;
    const shape = dense.map((layer) => `${layer.fan_in}-${layer.fan_out}`).join(" ");
    if (shape === this.listed) return;
    this.listed = shape;
    const names = dense.flatMap((layer, place) =>
      Array.from({ length: layer.fan_in * layer.fan_out }, (_, k) => [place, Math.floor(k / layer.fan_out), k % layer.fan_out]),
    );
    this.weight.which.replaceChildren(...names.map(([layer, from, to]) => element("option", { value: `${layer} ${from} ${to}` }, `layer ${layer + 1}: ${from + 1} to ${to + 1}`)));
  }

  // Points by hand

  draw_point(event) {
    const { playground } = this;
    if (playground.frame.state.data !== "drawn") return;
    const at = new DOMPoint(event.clientX, event.clientY).matrixTransform(playground.svg.getScreenCTM().inverse());
    const point = playground.surface.point_at(at.x, at.y);
    if (point === null) return;
    const rounded = point.map((value) => Math.round(value * 100) / 100);
    playground.frame.moved({ drawn: [...playground.frame.state.drawn, ...rounded, this.brush.selectedIndex] });
  }

  // Link and code

  open_link() {
    const with_weights = element("input", { type: "checkbox", class: "with-weights" });
    const box = element("textarea", { rows: 4, class: "link-text", "aria-label": "the link", spellcheck: "false" });
    const write = () => {
      const state = this.playground.frame.get();
      state.weights = with_weights.checked ? Array.from(this.playground.session.network.flat_parameters) : [];
      box.value = this.address_of(to_json(declaration, state));
    };
    with_weights.addEventListener("change", write);
    write();
    const take = button("Take this over", "Restore what the text above says", () => this.take(box.value), { class: "take" });
    this.open_sheet("A link to all this. Copy it, or put another one here.", element("label", {}, with_weights, "with the weights as they are now"), box, take);
  }

  /** An address that opens this state where the page is one of its own; else the text alone. */
  address_of(text) {
    const { base } = this.playground.frame.host;
    return base ? `${base}#${encodeURIComponent(text)}` : text;
  }

  take(text) {
    try {
      const hash = text.indexOf("#");
      const state = from_json(declaration, hash >= 0 ? decodeURIComponent(text.slice(hash + 1)) : text);
      this.playground.frame.set(state);
      this.playground.frame.tell();
      this.close_sheet();
    } catch (error) {
      this.complain(error.message);
    }
  }

  open_code() {
    const box = element("pre", { class: "code-text", tabindex: 0 });
    const choice = element("select", { class: "code-kind", "aria-label": "in what" }, ...Object.entries(KINDS).map(([kind, words]) => element("option", { value: kind }, words)));
    const write = () => {
      box.textContent = code_of(choice.value, this.playground.session);
    };
    choice.addEventListener("change", write);
    write();
    const copy = button("Copy", "Into the clipboard", () => navigator.clipboard?.writeText(box.textContent), { class: "copy" });
    this.open_sheet("The same network as code: paste it into a cell.", choice, copy, box);
  }

  open_sheet(words, ...nodes) {
    const close = button("Close", "", () => this.close_sheet(), { class: "close" });
    this.sheet.replaceChildren(element("p", {}, words), ...nodes, close);
    this.sheet.hidden = false;
  }

  close_sheet() {
    this.sheet.hidden = true;
    this.sheet.replaceChildren();
  }

  /** A sentence about what cannot be, a formula for example; "" takes it away. */
  complain(words) {
    if (this.complaint.textContent !== words) this.complaint.textContent = words;
  }

  show() {
    const { data } = this.playground.frame.state;
    this.undo.disabled = this.past.length === 0;
    for (const node of [this.brush, this.clear]) node.hidden = data !== "drawn";
    this.list_weights();
    this.show_weight();
  }
}
