/* Below the picture: undo and redo, a link that restores everything (in a notebook, lines of Python), the code, a weight set by hand, points drawn by hand. */

import { button, element, Remark, typed_number } from "../controls.js";
import { code_of, KINDS } from "./code.js";
import { steps_in_code } from "./code_shared.js";
import { whose_functions } from "./code_yours.js";
import { address_of, python_lines, state_of_text } from "./link.js";
import { PointsByHand } from "./points.js";

const ON_A_PAGE = {
  button: "Link",
  meaning: "An address that opens all this again",
  sheet: "This address opens all of this again: the data, the network, every setting. Copy it and keep it, or send it to somebody. To open another one here, paste it in its place and take it over.",
  box: "the address",
};
const IN_A_NOTEBOOK = {
  button: "Save",
  meaning: "Two lines of Python that make all this again",
  sheet: "These two lines of Python make this playground again: the data, the network, every setting. Copy them into a cell of a notebook and run it. To open others here, paste them in their place and take them over.",
  box: "the lines of Python",
};
const WEIGHTS = { low: -1e6, high: 1e6 }; // that can be set by hand

/** What stands above the code. */
function words_for_code(kind, session) {
  const [some, all] = [steps_in_code(session), session.steps];
  const shorter = all > some ? `It stops after the first ${some.toLocaleString("en-US")} of ${all.toLocaleString("en-US")} steps: for the screen's network set N_STEPS = ${all}.` : "";
  const whose = kind === "numpy" ? whose_functions(session) : "";
  return ["This network as code: paste it into a cell.", whose, shorter].filter((words) => words !== "").join(" ");
}

export class Tools {
  constructor(playground) {
    this.playground = playground;
    this.undo = button("Undo", "Take the last change back (Ctrl+Z); a network that it cost comes back too", () => this.travel("back"), {
      class: "undo", "aria-keyshortcuts": "Control+Z Meta+Z",
    });
    this.redo = button("Redo", "Make the change again that Undo took back (Ctrl+Shift+Z or Ctrl+Y)", () => this.travel("forward"), {
      class: "redo", "aria-keyshortcuts": "Control+Shift+Z Meta+Shift+Z Control+Y",
    });
    this.typed_in = null; // a box in which somebody is typing: that has an undo of its own, until Enter or another control
    this.words = playground.frame.host.address ? ON_A_PAGE : IN_A_NOTEBOOK;
    this.link = button(this.words.button, this.words.meaning, () => this.open_link(), { class: "link" });
    this.code = button("Show the code", "This network as a Recipe, in NumPy with the functions you wrote, and in PyTorch", () => this.open_code(), { class: "code" });
    this.weight = this.make_weight();
    this.points = new PointsByHand(playground);
    this.sheet = element("div", { class: "sheet", hidden: true });
    this.code_shown = null; // while the code is open: how to write it anew, and what it was written for
    this.complaint = element("p", { class: "complaint", role: "alert" });
    this.row = element("div", { class: "buttons" }, this.undo, this.redo, this.link, this.code, this.weight.node, this.points.node);
    this.node = element("div", { class: "tools" }, this.complaint, this.row, this.sheet);
    this.listen(playground.frame.root);
  }

  // Undo and redo

  listen(root) {
    root.tabIndex = -1; // a click anywhere gives it the focus: keys reach it
    root.addEventListener("input", ({ target }) => (this.typed_in = target));
    for (const end of ["change", "focusout"]) root.addEventListener(end, () => (this.typed_in = null));
    root.addEventListener("keydown", (event) => this.key(event));
  }

  key(event) {
    const key = event.key.toLowerCase();
    if (key === "enter") this.typed_in = null;
    const is_redo = key === "y" || (key === "z" && event.shiftKey);
    if (!(event.ctrlKey || event.metaKey) || event.altKey || !(is_redo || key === "z")) return;
    if (event.target === this.typed_in || event.target.matches("textarea")) return;
    event.preventDefault();
    event.stopPropagation(); // a notebook would take back a change of its cells
    this.travel(is_redo ? "forward" : "back");
  }

  travel(direction) {
    this.typed_in = null;
    Object.assign(this.weight, { is_held: false }).remark.say("");
    this.playground.travel(direction);
  }

  // A weight by hand

  make_weight() {
    const box = element("input", { type: "number", step: 0.1, min: WEIGHTS.low, max: WEIGHTS.high, class: "box weight-value", "aria-label": "value of the chosen weight" });
    const which = element("select", { class: "weight-choice", "aria-label": "which weight" });
    const remark = new Remark(box);
    const hold = (is_held) => {
      this.weight.is_held = is_held;
      this.show_weight();
    };
    box.addEventListener("focus", () => hold(true));
    box.addEventListener("input", () => {
      hold(true);
      const found = this.chosen_weight();
      const { number, words } = typed_number(box, WEIGHTS);
      if (found && number !== null) this.set_weight(found, number);
      remark.say(number === null ? "" : words); // a minus sign alone is the beginning of a number
    });
    for (const end of ["change", "blur"]) box.addEventListener(end, () => hold(false));
    which.addEventListener("change", () => {
      this.playground.drawing.choose(which.value.split(" ").map(Number));
      remark.say("");
      this.show_weight();
    });
    const meaning = element("span", { class: "meaning" }, "A weight or a bias, set by hand: choose it here or click its line, and type a number. It may train on from there.");
    return { node: element("span", { class: "weight", title: "Choose a weight, or click its line, and set it" }, "weight", which, box, remark.node, meaning), box, which, remark, is_held: false };
  }

  set_weight({ array, place }, value) {
    const { playground } = this;
    const { session } = playground;
    playground.undo.push(playground.present(true), `weight ${this.weight.which.value}`);
    array[place] = value;
    session.touch();
    session.look();
    playground.steady.begin_anew();
    playground.news.of_weight(session);
    playground.frame.redraw();
  }

  /** A line of the drawing was clicked, or tapped: there a keyboard would come up and hide half of it, and waits for a tap on the box. */
  choose_weight([layer, from, to], is_tapped) {
    this.weight.which.value = `${layer} ${from} ${to}`;
    this.playground.drawing.choose([layer, from, to]);
    Object.assign(this.weight, { is_held: false }).remark.say("");
    this.show_weight();
    if (is_tapped) return;
    this.weight.box.focus();
    this.weight.box.select();
  }

  /** Of "1 0 2" the weight from unit 1 to unit 3 of the second layer; of "1 bias 2" that unit's bias. */
  chosen_weight() {
    const [layer, from, to] = this.weight.which.value.split(" ");
    const dense = this.playground.drawing.dense[layer];
    if (!dense) return null;
    if (from === "bias") return { array: dense.parameters.bias, place: Number(to) };
    return { array: dense.parameters.weight, place: from * dense.fan_out + Number(to) };
  }

  show_weight() {
    const found = this.chosen_weight();
    const { box, is_held } = this.weight;
    if (!found || is_held) return; // what somebody types, or is about to, is left alone
    const words = `${Number(found.array[found.place].toFixed(3))}`;
    if (box.value !== words) box.value = words;
  }

  list_weights() {
    const { dense } = this.playground.drawing;
    const shape = dense.map((layer) => `${layer.fan_in}-${layer.fan_out}-${"bias" in layer.parameters}`).join(" ");
    if (shape === this.listed) return;
    this.listed = shape;
    const before = this.weight.which.value;
    const options = dense.flatMap((layer, place) => [
      ...Array.from({ length: layer.fan_in * layer.fan_out }, (_, k) => [place, Math.floor(k / layer.fan_out), k % layer.fan_out]),
      ...Array.from({ length: layer.parameters.bias ? layer.fan_out : 0 }, (_, to) => [place, "bias", to]),
    ]);
    const words = ([layer, from, to]) => `layer ${layer + 1}: ${from === "bias" ? "bias of" : `${from + 1} to`} ${to + 1}`;
    this.weight.which.replaceChildren(...options.map((each) => element("option", { value: each.join(" ") }, words(each))));
    if (options.some((each) => each.join(" ") === before)) this.weight.which.value = before;
  }

  // Link and code

  open_link() {
    const { steps, touched } = this.playground.session;
    const with_weights = element("input", { type: "checkbox", class: "with-weights", checked: steps > 0 || touched }); // else it'd open untrained
    const box = element("textarea", { rows: 3, class: "link-text", "aria-label": this.words.box, spellcheck: "false" });
    let turn = 0;
    const write = async () => {
      const { frame, session } = this.playground;
      const numbers = session.numbers().every(Number.isFinite) ? session.numbers() : [];
      const state = { ...frame.get(), weights: with_weights.checked ? numbers : frame.state.weights };
      const mine = (turn += 1);
      const text = frame.host.address ? await address_of(state, frame.host.address) : python_lines(state);
      if (mine !== turn) return; // packing takes a moment: the box may have been ticked since
      box.value = text;
      copy.textContent = "Copy"; // what was copied before is another one
    };
    with_weights.addEventListener("change", write);
    const take = button("Take this over", "Restore what the text above says", () => this.take(box.value), { class: "take" });
    const copy = this.copy_button(() => box.value);
    write();
    const label = element("label", {}, with_weights, "with the weights as they are now; without, it opens untrained");
    this.open_sheet(this.words.sheet, [label, copy, take], box);
  }

  async take(text) {
    try {
      this.playground.begin_anew(await state_of_text(text));
      this.close_sheet();
    } catch (error) {
      this.complain(error.message);
    }
  }

  open_code() {
    const box = element("pre", { class: "code-text", tabindex: 0, "aria-label": "the code" });
    const choice = element("select", { class: "code-kind", "aria-label": "in what" }, ...Object.entries(KINDS).map(([kind, words]) => element("option", { value: kind }, words)));
    const words = element("span");
    const write = () => {
      const { session, built_for } = this.playground;
      Object.assign(this.code_shown, { session, built_for });
      box.textContent = code_of(choice.value, session);
      words.textContent = words_for_code(choice.value, session);
    };
    choice.addEventListener("change", write);
    this.open_sheet(words, [choice, this.copy_button(() => box.textContent)], box);
    this.code_shown = { write };
    write();
  }

  /** Code that stays open follows the settings: what its words say to choose is chosen beside it. */
  follow_settings() {
    const { session, built_for } = this.playground;
    const shown = this.code_shown;
    if (shown && (shown.session !== session || shown.built_for !== built_for)) shown.write();
  }

  copy_button(text) {
    const made = button("Copy", "Into the clipboard", async () => {
      try {
        await navigator.clipboard.writeText(text());
        made.textContent = "Copied";
      } catch {
        made.textContent = "Mark the text and copy it";
      }
      setTimeout(() => (made.textContent = "Copy"), 2000);
    }, { class: "copy" });
    return made;
  }

  open_sheet(words, row, box) {
    const close = button("Close", "Close this", () => this.close_sheet(), { class: "close" });
    this.code_shown = null;
    this.sheet.replaceChildren(element("p", {}, words), element("div", { class: "buttons" }, ...row, close), box);
    this.sheet.hidden = false;
    this.sheet.scrollIntoView({ block: "nearest" });
  }

  close_sheet() {
    this.code_shown = null;
    this.sheet.hidden = true;
    this.sheet.replaceChildren();
    this.complain("");
  }

  /** A sentence about what cannot be, a formula for example; "" takes it away. */
  complain(words) {
    if (this.complaint.textContent !== words) this.complaint.textContent = words;
  }

  show() {
    const { data } = this.playground.frame.state;
    const { past, future } = this.playground.undo;
    // not `disabled`: a button that is would lose the focus, and with it the keys
    for (const [node, steps] of [[this.undo, past], [this.redo, future]]) node.setAttribute("aria-disabled", String(steps.length === 0));
    this.points.node.hidden = data !== "drawn";
    this.list_weights();
    this.show_weight();
    this.follow_settings();
  }
}
