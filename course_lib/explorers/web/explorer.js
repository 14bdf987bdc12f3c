/* The frame that every explorer stands in: controls beside the picture, a readout that follows, one picture a frame.
 *
 * An explorer is a module with `mount(element, state, host)`, made by `explorer(declaration, make)`. It knows no host: a
 * notebook, a page of the book and a single file all mount the same module.
 */

import { button, control, element, write_lines } from "./controls.js";
import { checked, starting_state } from "./state.js";
import { style_of } from "./style.js";
import { follow_theme } from "./theme.js";

/**
 * The function mount(element, state = {}, host = {}) -> {get, set, reset, destroy} of an explorer.
 *
 * @param {object} declaration of its state, see state.js; fields without a control have hidden: true
 * @param {function} make (frame) -> {draw(state), describe(state), step?(milliseconds), destroy?()}: builds the picture
 *   into frame.picture. `frame` has picture, buttons (a row to add to), get(), set(changes), redraw()
 *
 * host.changed(state) is called after a hand has moved something, at most once a frame. host.address, like window.location,
 * is there on a page that is one explorer's own: an explorer that makes links makes them of it, and opens what it holds.
 */
export function explorer(declaration, make) {
  return (place, state = {}, host = {}) => new Frame(declaration, make, place, state, host).handle();
}

const is_command = (event) => event.ctrlKey || event.metaKey || event.altKey || (event.shiftKey && event.key === "Enter");

/** Arrows, digits, letters are for the control that has the focus: a notebook would take them for its commands. */
function keep_to_itself(event) {
  if (!is_command(event)) event.stopPropagation();
}

/** The same in a notebook that hears a key before its cells do, as Notebook 7: it leaves alone what has this attribute. */
function keep_keys_from_notebook(place) {
  const mark = (event) => place.toggleAttribute("data-lm-suppress-shortcuts", !is_command(event));
  addEventListener("keydown", mark, true);
  return () => removeEventListener("keydown", mark, true);
}

/** A number box that has the focus would count as the wheel turns, while somebody only scrolls: it lets go first. */
function leave_on_wheel({ target }) {
  if (target.matches("input[type=number]")) target.blur();
}

class Frame {
  constructor(declaration, make, place, changes, host) {
    Object.assign(this, { declaration, host });
    this.starts = starting_state(declaration, changes);
    this.state = structuredClone(this.starts);
    this.controls = new Map();
    this.asked = this.told = null;
    this.build(place);
    this.view = make(this);
    this.watch_visibility();
    this.paint();
  }

  build(place) {
    this.picture = element("div", { class: "picture", role: "img" });
    this.readout = element("div", { class: "readout", role: "status" });
    this.buttons = element("div", { class: "buttons" });
    this.buttons.append(button("Reset", "Back to the start", () => this.reset(), { class: "reset" }));
    this.panel = element("div", { class: "panel" }, ...this.groups(), this.buttons);
    const stage = element("div", { class: "stage" }, this.picture, this.readout);
    this.root = element("section", { class: "course-explorer", dir: "ltr", "aria-label": this.declaration.title }, this.panel, stage);
    this.shadow = place.shadowRoot ?? place.attachShadow({ mode: "open" });
    this.shadow.replaceChildren(style_of(document), this.root);
    this.stop_following = follow_theme(place);
    this.give_keys_back = keep_keys_from_notebook(place);
    this.root.addEventListener("keydown", keep_to_itself);
    this.root.addEventListener("wheel", leave_on_wheel, { passive: true });
  }

  groups() {
    const groups = new Map();
    for (const field of this.declaration.fields.filter((each) => !each.hidden)) {
      const made = control(field, this.state[field.name], (value) => this.moved({ [field.name]: value }));
      this.controls.set(field.name, made);
      const heading = field.group ?? "";
      if (!groups.has(heading)) groups.set(heading, []);
      groups.get(heading).push(made.node);
    }
    const { open } = this.declaration; // groups that are open where the others are folded; left out, none is
    return [...groups].map(([heading, nodes]) => {
      const group = element("fieldset", { class: "group" }, heading && !open ? element("legend", {}, heading) : null, ...nodes);
      if (!open) return group;
      group.setAttribute("aria-label", heading);
      return element("details", { open: open.includes(heading), class: "fold" }, element("summary", {}, heading), group);
    });
  }

  /** What a hand has moved: the state follows, the picture is painted in the next frame, the host is told. */
  moved(changes) {
    Object.assign(this.state, changes);
    this.tell();
    this.redraw();
  }

  get() {
    return structuredClone(this.state);
  }

  /** Move fields from outside. A name or value that cannot be is a StateError, and nothing is changed. */
  set(changes) {
    const fitting = checked(this.declaration, changes);
    Object.assign(this.state, fitting);
    for (const [name, value] of Object.entries(fitting)) this.controls.get(name)?.set(value);
    this.redraw();
  }

  /** All fields back to where they started, as a hand would do it. */
  reset() {
    this.view.reset?.();
    this.set(structuredClone(this.starts));
    this.tell();
  }

  redraw() {
    this.asked ??= requestAnimationFrame(() => {
      this.asked = null;
      this.paint();
    });
  }

  /** The picture of now. One that was asked for is this one: a frame is painted once. */
  paint() {
    cancelAnimationFrame(this.asked);
    this.asked = null;
    this.view.draw(this.state);
    const words = this.view.describe(this.state);
    if (this.words !== words) this.write(words.split("\n"));
    this.words = words;
    this.hush(this.view.runs ?? false);
  }

  write(lines) {
    this.picture.setAttribute("aria-label", lines.join("\n"));
    write_lines(this.readout, lines);
  }

  /** While numbers run (view.runs) another first line is read aloud, with all of them, and the numbers alone are not. */
  hush(runs) {
    if (runs === this.hushed) return;
    this.hushed = runs;
    for (const node of [...this.readout.children].slice(1)) {
      if (runs) node.setAttribute("aria-live", "off");
      else node.removeAttribute("aria-live");
    }
  }

  tell() {
    this.told ??= requestAnimationFrame(() => {
      this.told = null;
      this.host.changed?.(this.get());
    });
  }

  /** frame.visible is whether the picture is on the screen and the tab in front: work that nobody sees rests. */
  watch_visibility() {
    this.on_screen = true;
    this.observer = new IntersectionObserver((entries) => {
      this.on_screen = entries.at(-1).isIntersecting; // a busy page is told of several changes at once
    });
    this.observer.observe(this.root);
  }

  get visible() {
    return this.on_screen && !document.hidden && this.root.isConnected;
  }

  handle() {
    return {
      get: () => this.get(),
      set: (changes) => this.set(changes),
      reset: () => this.reset(),
      destroy: () => {
        cancelAnimationFrame(this.asked);
        cancelAnimationFrame(this.told);
        this.observer.disconnect();
        this.stop_following();
        this.give_keys_back();
        this.view.destroy?.();
        this.shadow.replaceChildren();
      },
    };
  }
}
