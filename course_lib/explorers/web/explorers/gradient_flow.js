/* What flows through a deep network before its first step: activations forward, gradients backward, layer by layer. */

import { explorer } from "../explorer.js";
import { BINS, FLAT, flow_key, flow_of, keep, shown_range } from "../flow/gradient_flow.js";
import { Slices } from "../slices.js";
import { decades_to_last, finding, size_in_words } from "../views/decades.js";
import { Fitted } from "../views/fitted.js";
import { GradientChart, NARROW } from "../views/gradient_chart.js";
import { Axes, change, format_number, svg, text, write } from "../views/svg.js";
import { percent } from "../views/written.js";
import declaration from "./gradient_flow.state.js";

const HEIGHT = 440;
const AT_ONCE = 6; // milliseconds of work before a picture: a usual network is done by then
const LEFT = 74; // of the three charts, which share their layers
const RIGHT = 20;
const SHORT = 620; // below this width of the charts the words over them are shorter
const DEEPEST = declaration.fields.find((field) => field.name === "depth").high;
const OUTPUTS = { top: 26, height: 120 };
const BAND = { height: 16, gap: 4 }; // of outputs beyond the range
const ACTIVATIONS = Object.fromEntries(
  declaration.fields.find((field) => field.name === "activation").options.map(([words, name]) => [name, words]),
);

/** The ratio of the first layer's gradient to the last's, the spread of the outputs, the share that is flat. */
function describe(state, now) {
  const { depth } = now;
  if (!now.finished) return `Layer by layer: ${depth} layers of ${state.width} units take a moment.`;
  const ends = depth === 1 ? [1] : [1, depth];
  const at_ends = (words) => ends.map((layer) => words(layer - 1, `layer ${layer}`)).join(" and ");
  const in_layers = (sizes) => at_ends((place, layer) => `${size_in_words(sizes[place])} in ${layer}`);
  const flat = at_ends((place, layer) => `${percent(now.flat_outputs[place])} of the outputs of ${layer}`);
  const of_all = now.flat_units.reduce((sum, share) => sum + share, 0) / depth;
  return (
    `${finding(decades_to_last(now.gradient_size), "layer")}.\n` +
    `Standard deviation of the outputs: ${in_layers(now.spread)}. ` +
    `From image to image a unit's output varies by ${in_layers(now.signal_spread)}.${around(state, now, depth)}\n` +
    `${ACTIVATIONS[state.activation]} is flat (slope under 1/${Math.round(1 / FLAT)} of its steepest) for ${flat}; ` +
    `${percent(of_all)} of all units are flat for every image.`
  );
}

/** What residual connections make of the outputs. */
function around(state, now, depth) {
  if (!state.residual) return "";
  if (depth === 1) return ` Residual connections begin with layer 2: layer 1 makes ${state.width} units of 784 pixels.`;
  return ` Added up by the residual connections, ${size_in_words(now.handed_on)} goes on from layer ${depth}.`;
}

/** A flow that takes long is drawn as far as it has come, and goes on between two pictures. */
class Explorer {
  constructor(frame) {
    Object.assign(this, { frame, key: null, flow: null });
    this.slices = new Slices(frame, {
      step: () => this.flow.step(),
      finished: () => this.flow.finished,
      shown: () => frame.redraw(),
    });
    this.fitted = new Fitted(frame, HEIGHT, (width) => new Picture(width));
  }

  draw(state) {
    if (this.key !== flow_key(state)) this.begin(state);
    const { finished } = this.flow;
    if (finished) keep(state, this.flow);
    this.fitted.scene.draw(state, this.flow);
    change(this.frame.root, { "aria-busy": !finished });
    // The words of a flow are longer than those that stand for it till then: what is below stays in its place.
    const { readout } = this.frame;
    readout.style.minHeight = finished ? "" : readout.style.minHeight || `${readout.offsetHeight}px`;
  }

  begin(state) {
    this.key = flow_key(state);
    this.flow = flow_of(state);
    const started = performance.now();
    while (!this.flow.finished && performance.now() - started < AT_ONCE) this.flow.step();
    if (this.flow.finished) this.slices.stop();
    else this.slices.go();
  }

  describe(state) {
    return describe(state, this.flow);
  }

  destroy() {
    this.slices.stop();
    this.fitted.stop();
  }
}

/** Three charts over the same layers: the outputs, the share of them where nothing passes back, the gradients. */
class Picture {
  constructor(width) {
    const across = { left: LEFT, width: width - LEFT - RIGHT };
    const narrow = across.width < SHORT;
    this.outputs = new Outputs(across, narrow);
    this.flat = new FlatShares({ ...across, top: 178, height: 34 }, narrow);
    const x_label = across.width < NARROW ? "hidden layer" : "hidden layer (outputs go →, gradients come back ←)";
    this.gradients = new GradientChart({ ...across, top: 252, height: 148, name: "layer", x_label });
    this.node = svg("g", {}, this.outputs.node, this.flat.node, this.gradients.node);
  }

  draw(state, now) {
    this.outputs.draw(state, now);
    this.flat.draw(state, now);
    const coming = now.finished ? "" : "The gradient is on its way";
    this.gradients.draw(decades_to_last(now.gradient_size), null, coming);
  }
}

/** A histogram of each layer's outputs as a column of color; a band above and one below for what is beyond. */
class Outputs {
  constructor({ left, width }, narrow) {
    Object.assign(this, { left, width, narrow });
    this.heading = text(4, 16, "", { bold: true });
    const cell = () => svg("rect", { x: 0, width: 1, fill: "var(--positive)" });
    this.columns = Array.from({ length: DEEPEST }, () => svg("g", {}, ...Array.from({ length: BINS + 2 }, cell)));
    this.frames = svg("g");
    const look = { class: "outputs", "shape-rendering": "crispEdges" };
    this.node = svg("g", look, this.heading, ...this.columns, this.frames);
    this.drawn = null;
  }

  /** Where the rows lie: with bands for what is beyond the range, or without. */
  lay({ range, open }) {
    const { left, width } = this;
    const { top, height } = OUTPUTS;
    const room = open ? BAND.height + BAND.gap : 0;
    const axes = new Axes({ left, top: top + room, width, height: height - 2 * room, x: [0, 1], y: range });
    const bin = axes.height / BINS;
    const bins = Array.from({ length: BINS }, (_, k) => [axes.top + k * bin, bin]);
    const rows = [[top, BAND.height], ...bins, [top + height - BAND.height, BAND.height]];
    for (const column of this.columns) {
      rows.forEach(([y, tall], row) => {
        const seen = open || (row > 0 && row <= BINS);
        change(column.children[row], { y, height: tall, visibility: seen ? "visible" : "hidden" });
      });
    }
    const [low, high] = range;
    const y_ticks = open ? [0, 2] : [low, (low + high) / 2, high];
    const format = (tick) => format_number(tick, Number.isInteger(tick) ? 0 : 1);
    const band = (y, words) => [
      svg("rect", { x: left, y, width, height: BAND.height, fill: "none", stroke: "var(--line)", "stroke-width": 1.5 }),
      text(left - 6, y + 13, words, { size: 13, anchor: "end", color: "var(--soft)" }),
    ];
    const bands = open ? [...band(top, `> ${high}`), ...band(top + height - BAND.height, `< ${format(low)}`)] : [];
    this.frames.replaceChildren(axes.frame({ y_label: "output", y_ticks, format }), ...bands);
  }

  draw({ activation }, { counts, depth }) {
    if (this.drawn !== activation) this.lay(shown_range((this.drawn = activation)));
    const more = this.narrow ? "" : ": stronger color where more of them lie";
    write(this.heading, `Outputs of ${ACTIVATIONS[activation]} in each layer${more}`);
    const wide = this.width / depth;
    this.columns.forEach((column, layer) => {
      const seen = layer < counts.length;
      change(column, { display: seen ? "inline" : "none" });
      if (!seen) return;
      const x = this.left + layer * wide;
      change(column, { transform: `translate(${x.toFixed(2)} 0) scale(${wide.toFixed(3)} 1)` });
      const most = Math.max(...counts[layer]);
      counts[layer].forEach((count, row) => {
        change(column.children[row], { "fill-opacity": Math.sqrt(count / most) }); // the root: few are seen beside many
      });
    });
  }
}

/** Bars: the share of outputs where the activation is flat, and in it the share of units that are so for all images. */
class FlatShares {
  constructor({ left, top, width, height }, narrow) {
    Object.assign(this, { left, top, width, height, narrow });
    this.heading = text(4, top - 11, "", { bold: true });
    const bars = (words) => Array.from({ length: DEEPEST }, () => svg("rect", words));
    this.outputs = bars({ fill: "var(--soft)", "fill-opacity": 0.5 });
    this.units = bars({ fill: "var(--ink)" });
    const axes = new Axes({ left, top, width, height, x: [0, 1], y: [0, 1] });
    const frame = axes.frame({ y_ticks: [0, 1], format: percent });
    this.node = svg("g", { class: "flat" }, this.heading, ...this.outputs, ...this.units, frame);
  }

  draw({ activation }, { flat_outputs, flat_units, depth }) {
    const name = ACTIVATIONS[activation];
    const all = `Wide bars: share where ${name} is flat. Narrow bars: units flat for every image`;
    write(this.heading, this.narrow ? `Flat ${name}; narrow bar: for all images` : all);
    const axes = new Axes({ ...this, x: [0.5, depth + 0.5], y: [0, 1] });
    const wide = Math.min((0.7 * this.width) / depth, 40);
    for (const [bars, shares, part] of [[this.outputs, flat_outputs, wide], [this.units, flat_units, 0.5 * wide]]) {
      bars.forEach((bar, layer) => {
        const share = shares[layer] ?? 0; // 0 where there is no layer, or not yet
        change(bar, { x: axes.x(layer + 1) - part / 2, width: part, y: axes.y(share), height: this.height * share });
      });
    }
  }
}

export default explorer(declaration, (frame) => new Explorer(frame));
