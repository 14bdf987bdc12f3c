/* The controls that an explorer's fields get: built once, moved from outside without a sound, labeled for everybody. */

import { boxed } from "./views/written.js";

/** An element with attributes and children; a text becomes a text node, never markup. */
export function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value === false || value === null || value === undefined) continue;
    if (key.startsWith("on")) made.addEventListener(key.slice(2), value);
    else made.setAttribute(key, value === true ? "" : value);
  }
  made.append(...children.filter((child) => child !== null && child !== undefined));
  return made;
}

let made_so_far = 0;

/** An id that no other element of the page has. */
export function fresh_id(word) {
  made_so_far += 1;
  return `course-${word}-${made_so_far}`;
}

/**
 * The control of a field: {node, set(value)}. `changed(value)` is called when a hand moves it, at every move.
 * @param {object} field of a declaration, see state.js
 */
export function control(field, value, changed) {
  if (field.kind === "number") return slider(field, value, changed);
  if (field.kind === "choice") return field.ordered ? ordered_slider(field, value, changed) : selection(field, value, changed);
  if (field.kind === "flag") return flag(field, value, changed);
  if (field.kind === "text") return text_field(field, value, changed);
  if (field.kind === "list" && field.of.kind === "choice") return checklist(field, value, changed);
  throw new TypeError(`${field.name} has the kind ${field.kind}, which has no control of its own.`);
}

function labeled(field, input, ...beside) {
  input.id = fresh_id(field.name);
  input.classList.add("field", field.name);
  const meaning = element("span", { id: fresh_id("meaning"), class: "meaning" }, field.meaning);
  input.setAttribute("aria-describedby", meaning.id);
  input.title = field.meaning;
  const label = element("label", { for: input.id, title: field.meaning }, field.label);
  return element("div", { class: `control ${field.kind}` }, label, input, ...beside, meaning);
}

function slider(field, value, changed) {
  const { low, high, step, digits = 1, stops } = field;
  const worded = (number) => `${field.short ? boxed(number) : stops ? number : number.toFixed(digits)}`;
  const range = stops ? { min: 0, max: stops.length - 1, step: 1 } : { min: low, max: high, step };
  const input = element("input", { type: "range", ...range });
  const box = element("input", { type: "number", min: low, max: high, step: stops ? "any" : step, class: `box${stops ? " typed" : ""}`, "aria-label": `Type a value: ${field.label}` });
  const remark = new Remark(box);
  const set = (number) => {
    value = number;
    input.value = stops ? stops.findLastIndex((stop) => stop <= number) : number;
    box.value = worded(number);
    input.setAttribute("aria-valuetext", box.value);
    remark.say("");
  };
  const moved = (number) => {
    set(number);
    changed(number);
  };
  follow_hand(input, () => moved(stops ? stops[input.valueAsNumber] : input.valueAsNumber), () => set(value));
  box.addEventListener("change", () => {
    const typed = typed_number(box, field);
    if (typed.number === null) set(value);
    else moved(typed.number);
    remark.say(typed.words);
  });
  set(value);
  return { node: labeled(field, input, box, remark.node), set };
}

const SIDEWAYS = 6; // pixels: a finger that moved so far means the slider

/** A slider jumps to a finger that only scrolls the page: it counts once the finger has moved sideways or left, and else goes back. */
function follow_hand(input, follow, go_back) {
  let start = null; // where a finger is whose aim isn't known
  let has_jumped = false;
  const decide = (then) => {
    if (start !== null && has_jumped) then();
    start = null;
  };
  input.addEventListener("input", () => {
    if (start === null) follow();
    else has_jumped = true;
  });
  input.addEventListener("pointerdown", ({ pointerType, clientX }) => {
    start = pointerType === "touch" ? clientX : null;
    has_jumped = false;
  });
  input.addEventListener("pointermove", ({ clientX }) => Math.abs(clientX - (start ?? clientX)) > SIDEWAYS && decide(follow));
  input.addEventListener("pointerup", () => decide(follow));
  input.addEventListener("pointercancel", () => decide(go_back));
}

/**
 * What somebody typed into a box for numbers, as it can be taken: {number, words}. The words say what had to be changed,
 * "" where nothing had; the number is null where none was typed.
 * @param {object} range low, high, and whole: true where a fraction can't be
 */
export function typed_number(box, { low, high, whole = false }) {
  const typed = box.valueAsNumber;
  if (!Number.isFinite(typed)) return { number: null, words: `A number from ${in_words(low)} to ${in_words(high)}, please.` };
  const also = `you typed ${in_words(typed)}.`;
  if (typed > high) return { number: high, words: `${in_words(high)} is the largest; ${also}` };
  if (typed < low) return { number: low, words: `${in_words(low)} is the smallest; ${also}` };
  if (whole && !Number.isInteger(typed)) return { number: Math.round(typed), words: `It takes whole numbers; ${also}` };
  return { number: typed, words: "" };
}

function in_words(number) {
  const words = Math.abs(number) < 1e15 ? number.toLocaleString("en-US", { maximumFractionDigits: 10 }) : `${number}`;
  return words.replace("-", "−");
}

/**
 * A comma becomes a point: a browser drops it without a word, and "0,2" would be 2. Letters it drops too: there the box
 * says what it takes.
 */
function take_typing(input, remark) {
  input.addEventListener("beforeinput", (event) => {
    const { data } = event;
    if (/[^-+\d.,eE\s]/.test(data ?? "")) {
      event.preventDefault();
      remark.say("Only a number can stand here.");
    } else if (data?.includes(",")) {
      event.preventDefault();
      document.execCommand("insertText", false, data.replaceAll(",", ".")); // all else loses the caret's place
    }
  });
}

const READ = 6000; // milliseconds that a remark stays, as it lies over the next control

/** A sentence beside a control about what was typed there: read aloud when it comes, and again with the control. */
export class Remark {
  constructor(input) {
    this.node = element("span", { id: fresh_id("remark"), class: "remark", role: "status" });
    this.input = input;
    input.setAttribute("aria-describedby", this.node.id);
    take_typing(input, this);
  }

  /** It goes after some seconds, or when another control is used: it lies over what is below it. */
  say(words) {
    if (this.node.textContent !== words) this.node.textContent = words;
    this.used?.abort();
    clearTimeout(this.over);
    if (words === "") return;
    this.over = setTimeout(() => this.say(""), READ);
    this.used = new AbortController();
    const elsewhere = ({ target }) => target !== this.input && this.say("");
    // not "click": it comes after the change that leaving the box made, and the sentence would never be seen
    for (const name of ["pointerdown", "input"]) {
      this.node.getRootNode().addEventListener(name, elsewhere, { capture: true, signal: this.used.signal });
    }
  }
}

function ordered_slider(field, value, changed) {
  const places = field.options.map(([, option]) => option);
  const input = element("input", { type: "range", min: 0, max: places.length - 1, step: 1 });
  const output = element("output", { class: "box" });
  const set = (option) => {
    value = option;
    const place = places.indexOf(option);
    input.value = place;
    output.textContent = field.options[place][0];
    input.setAttribute("aria-valuetext", output.textContent);
  };
  const follow = () => {
    set(places[input.valueAsNumber]);
    changed(value);
  };
  follow_hand(input, follow, () => set(value));
  set(value);
  return { node: labeled(field, input, output), set };
}

function selection(field, value, changed) {
  const input = element("select", {}, ...field.options.map(([words], place) => element("option", { value: place }, words)));
  const set = (option) => {
    input.selectedIndex = field.options.findIndex(([, each]) => each === option);
  };
  input.addEventListener("change", () => changed(field.options[input.selectedIndex][1]));
  set(value);
  return { node: labeled(field, input), set };
}

function flag(field, value, changed) {
  const input = element("input", { type: "checkbox" });
  const set = (on) => {
    input.checked = on;
  };
  input.addEventListener("change", () => changed(input.checked));
  set(value);
  return { node: labeled(field, input), set };
}

function text_field(field, value, changed) {
  const input = element("input", { type: "text", maxlength: field.most, spellcheck: "false", autocomplete: "off" });
  const set = (text) => {
    if (input.value !== text) input.value = text;
  };
  input.addEventListener("input", () => changed(input.value));
  set(value);
  return { node: labeled(field, input), set };
}

/** Boxes to check, of which at least `least` stay checked. */
function checklist(field, value, changed) {
  let chosen = [...value];
  const boxes = field.of.options.map(([words, option]) => {
    const input = element("input", { type: "checkbox", class: `field ${field.name}-${option}` });
    input.addEventListener("change", () => {
      const wanted = field.of.options.map(([, each]) => each).filter((each) => (each === option ? input.checked : chosen.includes(each)));
      if (wanted.length < field.least) {
        input.checked = true;
        return;
      }
      chosen = wanted;
      changed([...chosen]);
    });
    return { option, input, node: element("label", {}, input, words) };
  });
  const set = (now) => {
    chosen = [...now];
    for (const { option, input } of boxes) input.checked = chosen.includes(option);
  };
  set(value);
  const legend = element("span", { class: "legend", id: fresh_id(field.name) }, field.label);
  const list = element("div", { class: "boxes", role: "group", "aria-labelledby": legend.id, title: field.meaning }, ...boxes.map(({ node }) => node));
  return { node: element("div", { class: "control list" }, legend, list, element("span", { class: "meaning" }, field.meaning)), set };
}

/** Lines of text, each in a paragraph of its own, which stays; only what differs is written. */
export function write_lines(node, lines) {
  while (node.childElementCount > lines.length) node.lastChild.remove();
  lines.forEach((line, place) => {
    const paragraph = node.children[place] ?? node.appendChild(element("p"));
    if (paragraph.textContent !== line) paragraph.textContent = line;
  });
}

/** A button with words, and a title that says more. */
export function button(words, meaning, pressed, attributes = {}) {
  return element("button", { type: "button", title: meaning, onclick: pressed, ...attributes }, words);
}
