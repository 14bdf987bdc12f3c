/* The playground in a narrow window, or in a low one: what one looks at and presses stays on the screen, as a board, and the
 * controls scroll below it or beside it. The nodes are the same as in a wide window, in other places.
 */

import { element } from "../controls.js";

const NARROW = 620; // pixels of width: up to here the controls are below the board
const LOW = { width: 960, height: 480 }; // up to here they are beside it: a telephone that lies on its side
const SHARE = 0.55; // of a window's height, that the board takes at most where controls are below it
const TOP = 22; // of the picture, for the words above the plane
const FOOT = 20; // of the picture, for the numbers below the plane
const LEFT = 26; // of the plane, for the numbers beside it
const [LEAST, LARGEST] = [112, 300]; // the plane's edge
const CHART = 136; // the least width of the losses beside it
const GAP = 10; // between both
const COUNT = 36; // the height of the count of epochs and steps, below the losses
const MOST = 0.75; // of the window's height: a board that's higher would leave too little room, and does not stay
const NETWORK = 290; // height of the network's picture: one for all, or a button below it would move as units come
const EDGES = 14; // the board's own padding, line and gaps, from top to bottom
const LINE = 18; // the height of a line of its words
const RESERVED = { free: 3, mission: 6 }; // lines that are kept free for what will be said: the plane stays in its place

/** The whole pixels across an element: rounded up, a picture would be made smaller to fit, and its type with it. */
export function whole_width(node) {
  return Math.floor(node.getBoundingClientRect().width);
}

export class Telephone {
  constructor(playground) {
    this.playground = playground;
    this.kind = "wide";
    this.words = element("div", { class: "words" });
    this.middle = element("div", { class: "middle" });
    this.board = element("div", { class: "board" }, this.middle, this.words);
    this.assignment = element("div", { class: "assignment" });
    this.more = element("div", { class: "more" }); // the readout's other lines, for which the board has no room
    this.speed = element("div", { class: "control choice" }, element("span", { "aria-hidden": "true" }, "speed"));
    this.below = element("div", { class: "below" });
    this.narrow = this.places();
    this.wide = this.narrow.map(([parent]) => [parent, [...parent.children]]).filter(([, children]) => children.length);
  }

  /** [[parent, its children]] of a narrow window: the order in which one needs them. */
  places() {
    const { frame, trainer, missions, tools, drawing, results, stage } = this.playground;
    const outer = frame.picture.parentElement;
    const folds = [...frame.panel.querySelectorAll("details")];
    const [data, network, training, regularization] = folds;
    const [data_group, , training_group] = folds.map((fold) => fold.querySelector("fieldset"));
    const [choice, ...other_data] = data_group.children;
    const [optimizer, learning_rate] = ["optimizer", "learning_rate"].map((name) => frame.controls.get(name).node);
    const meaning_of_training = trainer.node.querySelector(":scope > .meaning");
    const how_to_read = frame.picture.querySelector(":scope > .meaning");
    return [
      [frame.root, [this.board, this.below]],
      [this.board, [trainer.node, this.middle, this.words]],
      [trainer.node, [trainer.start, trainer.one_step, trainer.one_epoch, trainer.again, tools.undo]],
      [this.middle, [results, trainer.count]],
      [this.words, [tools.complaint, this.assignment, frame.readout]],
      [this.assignment, [missions.task, missions.next]],
      [this.below, [missions.node, outer, frame.panel, tools.node, frame.buttons]],
      [missions.node, [...missions.node.children].filter((node) => ![missions.task, missions.next].includes(node))],
      [outer, [frame.picture]],
      [frame.picture, [stage, tools.weight.node, how_to_read]],
      [stage, [drawing.svg]],
      [frame.panel, [network, this.more, data, training, regularization]],
      [data_group, [choice, tools.points.node, ...other_data]],
      [training_group, [optimizer, learning_rate, this.speed, ...training_group.children, meaning_of_training]],
      [this.speed, [...this.speed.children, trainer.speed]],
      [tools.node, [tools.row, tools.sheet]],
      [tools.row, [tools.redo, tools.link, tools.code]],
    ];
  }

  get is_on() {
    return this.kind !== "wide";
  }

  /** Take the arrangement that this room asks for. */
  follow() {
    const { root } = this.playground.frame;
    const [width, height] = [root.offsetWidth, document.documentElement.clientHeight];
    const is_low = width > NARROW && width <= LOW.width && height <= LOW.height;
    const kind = is_low ? "low" : width > 0 && width <= NARROW ? "narrow" : "wide";
    if (kind === this.kind) return;
    const was_on = this.is_on;
    this.kind = kind;
    for (const name of ["narrow", "low"]) root.classList.toggle(name, name === kind);
    root.classList.toggle("telephone", this.is_on);
    if (this.is_on !== was_on) this.move(this.is_on ? this.narrow : this.wide);
  }

  /** All nodes to their places; the one that had the focus keeps it. */
  move(places) {
    const { root, panel } = this.playground.frame;
    const { activeElement } = root.getRootNode();
    for (const [parent, children] of places) parent.append(...children);
    if (this.is_on) panel.querySelector("details:has(.optimizer)").open = true; // what stands above in a wide window
    else for (const node of [this.board, this.below, this.speed, this.more]) node.remove();
    activeElement?.focus({ preventScroll: true });
  }

  /** A mission's words have their place while one is under way. */
  show({ mission }) {
    if (this.mission === mission) return;
    this.mission = mission;
    this.assignment.hidden = mission === 0;
    this.playground.measured = null;
  }

  /** How large the pictures may be: {width, height, plane} of the board, {network} the other's height. Words that grow take their room from the plane, once. */
  measure() {
    const { root } = this.playground.frame;
    const { clientHeight } = document.documentElement;
    const covered = Number.parseFloat(getComputedStyle(this.board).top) || 0; // by a header of the page
    const width = whole_width(this.middle);
    const whole = this.kind === "low" ? clientHeight - Math.max(covered, this.offset()) : SHARE * (clientHeight - covered);
    const others = this.playground.trainer.node.offsetHeight + this.reserved(`${width} ${clientHeight} ${this.mission}`) + EDGES;
    const room = Math.min(whole - others - TOP - FOOT, width - LEFT - GAP - CHART, LARGEST);
    const plane = Math.floor(Math.max(room, LEAST));
    const height = TOP + plane + FOOT;
    root.style.setProperty("--board", `${others + height + covered}px`);
    root.classList.toggle("loose", this.kind === "narrow" && others + height > MOST * clientHeight);
    return { width, height, plane, network: NETWORK };
  }

  /** What stands above the playground when the page is opened, if that is a line or two: it is seen together with the board. */
  offset() {
    const above = this.playground.frame.root.getBoundingClientRect().top + window.scrollY;
    return above < 60 ? Math.max(above, 0) : 0;
  }

  /** The height of the words: that of the most that was said in this room and this mission. */
  reserved(key) {
    const { words, mission } = this;
    if (key !== this.key) words.style.minHeight = `${LINE * (mission ? RESERVED.mission : RESERVED.free)}px`;
    this.key = key;
    words.style.minHeight = `${words.offsetHeight}px`;
    return words.offsetHeight;
  }

  /** Where the plane and the losses stand in the board's picture. */
  lay_out(surface, chart, { width, height, plane }) {
    surface.lay_out({ left: LEFT, top: TOP, size: plane });
    const left = LEFT + plane + GAP;
    chart.lay_out_beside({ left, top: TOP, width: width - left - 1, height: height - TOP - COUNT });
  }
}
