/* The playground: points, a network, and everything that one may turn, live. */

import { button, element, write_lines } from "../controls.js";
import { explorer } from "../explorer.js";
import { Drawing, width_for } from "../playground/drawing.js";
import { LayersEditor } from "../playground/layers_editor.js";
import { LossChart } from "../playground/loss_chart.js";
import { Missions } from "../playground/missions_panel.js";
import { holds_state, state_of_text } from "../playground/link.js";
import { News } from "../playground/news.js";
import { numbers_on, readings_of } from "../playground/readings.js";
import { Session, WHILE_TRAINING } from "../playground/session.js";
import { Steady } from "../playground/steady.js";
import { grid_of, Surface } from "../playground/surface.js";
import { Telephone, whole_width } from "../playground/telephone.js";
import { Tools } from "../playground/tools.js";
import { Trainer } from "../playground/trainer.js";
import { Undo } from "../playground/undo.js";
import { verdict_on } from "../playground/verdicts.js";
import { change, picture } from "../views/svg.js";
import declaration from "./playground.state.js";

const RESULTS = 290; // width of the surface and the curves
const [LOWEST, HIGHEST] = [350, 430]; // height of the picture
const AROUND = 114; // height of the readout and of what is between the rows
const ONLY_FOR = { formula: ["curve"], n_points: null, noise: null }; // data that a control is for; null: all but drawn
const DEAR = 8; // milliseconds for all maps
const OUTRANK_NEWS = ["few", "diverged"]; // verdicts that whatever was changed has not mended
const HOW_TO_READ =
  "Each small square shows what one unit gives for every place of the plane: blue above 0, orange below; point at one, or tap it, to " +
  "see it large. A line is a weight: the thicker the larger, dashed below 0. Under each layer: the size of the gradient of its weights in " +
  "the last step, the mean size of its weights, and the share of its units that are dead, through which no gradient passes.";

function make(frame) {
  return new Playground(frame);
}

class Playground {
  constructor(frame) {
    this.frame = frame;
    Object.assign(this, { built_for: null, anew: false, problem: "", room: null });
    this.undo = new Undo();
    this.steady = new Steady();
    this.news = new News();
    this.surface = new Surface();
    this.chart = new LossChart();
    this.results = picture(RESULTS, HIGHEST, this.surface.node, this.chart.node);
    this.drawing = new Drawing({ on_unit: () => frame.redraw(), on_weight: (...which) => this.tools.choose_weight(...which) });
    this.trainer = new Trainer(this);
    this.tools = new Tools(this);
    this.missions = new Missions(this);
    this.layers = new LayersEditor(frame.state, (changes) => frame.moved(changes));
    this.tools.points.listen(this.results, this.surface);
    this.place_controls();
    this.telephone = new Telephone(this);
    this.watch_room();
    this.watch_address();
  }

  place_controls() {
    const { frame, trainer } = this;
    frame.panel.querySelectorAll("details")[1].querySelector("fieldset").prepend(this.layers.node);
    for (const name of ["optimizer", "learning_rate"]) trainer.node.append(frame.controls.get(name).node);
    const explain = button("Explain the controls", "Show what every control means", () => {
      const on = frame.root.classList.toggle("explained");
      explain.setAttribute("aria-pressed", String(on));
    }, { class: "explain", "aria-pressed": "false" });
    const reset = frame.buttons.querySelector(".reset");
    reset.textContent = "Reset all";
    reset.title = "All settings back to where they were at first";
    frame.buttons.append(explain);
    this.stage = element("div", { class: "playground-stage" }, this.drawing.svg, this.results);
    frame.picture.setAttribute("role", "group");
    frame.picture.append(trainer.node, this.missions.node, this.stage, element("p", { class: "meaning" }, HOW_TO_READ), this.tools.node);
  }

  /** The pictures are as large as there is room: type keeps its size, whatever the width. */
  watch_room() {
    const look = () => {
      this.measured = null;
      this.frame.redraw();
    };
    this.observer = new ResizeObserver(look);
    for (const node of [this.frame.root, this.frame.picture, this.telephone.words]) this.observer.observe(node);
    this.stop_watching = () => {
      this.observer.disconnect();
      window.removeEventListener("resize", look);
    };
    window.addEventListener("resize", look);
  }

  /** On a page of its own the playground opens what the address holds: at first, and when another comes into the window. */
  watch_address() {
    const { address } = this.frame.host;
    if (!address) return;
    const open = async (take) => {
      const { href } = address;
      if (!holds_state(address)) return;
      try {
        const state = await state_of_text(href);
        if (href === address.href) take(state);
      } catch (error) {
        this.tools.complain(error.message);
      }
    };
    const listen = () => open((state) => this.begin_anew(state));
    window.addEventListener("hashchange", listen);
    this.stop_listening = () => window.removeEventListener("hashchange", listen);
    open((state) => this.start_from(state));
  }

  /** This is where the playground starts, for Reset too. */
  start_from(state) {
    this.frame.starts = structuredClone(state);
    this.built_for = null; // nothing was before: there's nothing to undo
    this.frame.set(state);
    this.frame.tell();
  }

  /** How wide the picture may be, and how high if all is to be seen at once. Asked for only where something moved. */
  measure() {
    this.telephone.follow();
    if (this.telephone.is_on) return { width: whole_width(this.stage), board: this.telephone.measure() };
    const rows = [this.trainer.node, this.missions.node, this.tools.row];
    const height = window.innerHeight - AROUND - rows.reduce((sum, node) => sum + node.offsetHeight, 0);
    return { width: this.stage.clientWidth || 1000, high: Math.min(Math.max(height, LOWEST), HIGHEST) };
  }

  arrange() {
    const { width, high, board } = (this.measured ??= this.measure());
    const most = Math.max(this.session.network.n_outputs, this.session.state.features.length, ...this.session.state.hidden_layers);
    const below = { width, height: board ? board.network : Math.min(HIGHEST, 80 + 46 * Math.max(most, 3)) };
    const beside = { width: Math.min(width - RESULTS - 10, 800), height: high };
    const is_beside = !board && width - RESULTS - 10 >= width_for(this.session.state.hidden_layers.length + 2);
    const network = is_beside ? beside : below;
    const results = board ?? { width: RESULTS, height: is_beside ? high : HIGHEST };
    const room = JSON.stringify([network, results, this.drawn_session_id()]);
    if (room === this.room) return;
    this.room = room;
    this.drawing.lay_out(this.session, network);
    const { width: wide, height } = results;
    change(this.results, { viewBox: `0 0 ${wide} ${height}`, width: wide, height });
    if (board) this.telephone.lay_out(this.surface, this.chart, board);
    else this.lay_out_results(height);
    this.surface.draw_points(this.session.data, this.session.parts.train);
  }

  lay_out_results(height) {
    const size = Math.min(RESULTS - 40, height - 178);
    this.surface.lay_out({ left: 30, top: 22, size });
    this.chart.lay_out({ left: 30, top: size + 86, width: RESULTS - 40, height: height - size - 106 });
  }

  /** What the layout depends on: another network or other points are laid out anew. */
  drawn_session_id() {
    const { session } = this;
    const named = (thing) => {
      this.numbers ??= new WeakMap();
      if (!this.numbers.has(thing)) this.numbers.set(thing, (this.next_number = (this.next_number ?? 0) + 1));
      return this.numbers.get(thing);
    };
    return [named(session.network), named(session.data)];
  }

  /** The session follows the state: what may change while it trains does, else a new one begins. */
  follow(state) {
    const key = JSON.stringify(state);
    if (key === this.built_for && !this.anew) return;
    const before = this.built_for === null ? null : JSON.parse(this.built_for);
    const changed = before && Object.keys(state).filter((name) => JSON.stringify(state[name]) !== JSON.stringify(before[name]));
    this.built_for = key;
    const wanted_anew = this.anew;
    const { problem } = this;
    this.had_problem = true; // what was said is said no more, if it isn't true of this state too
    this.anew = false;
    this.problem = "";
    const goes_on = changed !== null && !wanted_anew && changed.every((name) => name === "mission" || this.session.change(name, state[name]));
    const counts = changed !== null && (wanted_anew || changed.some((name) => name !== "mission"));
    if (counts) this.undo.push({ state: before, session: this.session, problem, numbers: null }, goes_on ? changed.join() : `anew ${changed.join()}`);
    const { session } = this;
    if (goes_on) {
      const settings = changed.filter((name) => WHILE_TRAINING.includes(name));
      if (settings.length && session.steps > 0) this.news.of_settings(settings, session);
      Object.assign(session.state, structuredClone(state));
      if (counts) this.steady.begin_anew(); // what was said was of other settings
      return;
    }
    if (!wanted_anew && changed !== null && !changed.includes("weights") && state.weights.length) this.forget_weights(state);
    this.build(state);
    if (changed !== null && !wanted_anew && session.steps > 0) this.news.of_network(this.session, this.trainer.running);
  }

  /** Weights that a link gave are those of one network: another one starts from its seed. */
  forget_weights(state) {
    state.weights = [];
    this.built_for = JSON.stringify(state);
    this.frame.tell();
  }

  build(state) {
    const session = new Session(structuredClone(state));
    if (state.weights.length && session.given_numbers === null) {
      this.problem = `There are ${state.weights.length} weights, and this network has ${session.network.flat_parameters.length}: it starts from its seed.`;
    }
    this.session?.rest();
    this.take(session);
  }

  take(session) {
    session.wake();
    this.session = session;
    this.steady.begin_anew();
    this.news.forget();
    this.grid = grid_of(session.state.features);
  }

  /** What undo and redo come back to: the state, its session, and the weights where a hand changes those. */
  present(has_numbers) {
    const { session, problem } = this;
    return { state: this.frame.get(), session, problem, numbers: has_numbers ? session.numbers() : null };
  }

  /** Take the last change "back", or "forward" the last one that was taken back. */
  travel(direction) {
    this.frame.paint(); // what a hand has moved since the last picture is a change too
    const found = this.undo[direction]((has_numbers) => this.present(has_numbers));
    if (!found) return;
    const { state, session, numbers } = found;
    const { drawn } = session.state;
    if (session !== this.session) this.session?.rest();
    this.take(session);
    this.frame.set(state);
    for (const [name, value] of Object.entries(state)) {
      const differs = name === "drawn" ? JSON.stringify(drawn) !== JSON.stringify(value) : session.state[name] !== value;
      if (differs) session.change(name, value);
    }
    Object.assign(session.state, structuredClone(state));
    if (numbers) session.load_numbers(numbers);
    session.look();
    this.built_for = JSON.stringify(this.frame.state);
    this.problem = found.problem;
    this.had_problem = true; // whatever is said now is said anew
    this.frame.tell();
  }

  /** The same settings, and the first weights again; what trains goes on training. */
  restart() {
    this.anew = true;
    this.frame.redraw();
  }

  /** Other settings, and a network that starts from them. */
  begin_anew(changes) {
    this.trainer.stop();
    this.restart();
    this.frame.set(changes);
    this.frame.tell();
  }

  draw(state) {
    try {
      this.follow(state);
    } catch (error) {
      this.problem = error.message; // a formula that cannot be read: what was there stays
      if (!this.session) this.build({ ...state, formula: declaration.fields.find(({ name }) => name === "formula").start });
    }
    this.telephone.show(state);
    this.arrange();
    this.layers.set(state);
    this.show_controls(state);
    this.draw_network();
    this.trainer.show();
    this.missions.show();
    this.tools.show();
    if (this.problem || this.had_problem) this.tools.complain(this.problem);
    this.had_problem = this.problem !== "";
  }

  draw_network() {
    const { session, drawing } = this;
    this.turn = (this.turn ?? 0) + 1;
    const rests = this.trainer.running && this.map_cost > DEAR && this.turn % 3 !== 0;
    if (!rests) this.draw_maps();
    drawing.draw_weights();
    this.readings = readings_of(session);
    drawing.draw_readings(this.readings);
    this.chart.draw(session.curve);
  }

  /** The maps and the surface. Of a large network they take long, and are drawn in every third picture while it trains. */
  draw_maps() {
    const { session, drawing } = this;
    const before = performance.now();
    const outputs = session.viewers.picture.outputs(this.grid);
    drawing.draw_maps(this.grid, session.viewers.picture.activations(), outputs);
    const { pointed } = drawing;
    this.surface.say(pointed ? `shown large: ${drawing.names[pointed.layer][pointed.unit]}` : "filled: training, hollow: validation");
    if (pointed) this.surface.draw_unit(drawing.tiles[pointed.layer][pointed.unit].values);
    else this.surface.draw(outputs, session.data.n_classes);
    this.map_cost = performance.now() - before;
  }

  /** Controls that have no meaning for these data are not there. */
  show_controls({ data }) {
    for (const [name, only] of Object.entries(ONLY_FOR)) {
      this.frame.controls.get(name).node.hidden = only ? !only.includes(data) : data === "drawn";
    }
    this.results.classList.toggle("is-canvas", data === "drawn");
  }

  describe() {
    const { session, readings, steady, trainer } = this;
    const verdict = steady.of(verdict_on(session, readings, trainer.running), session.epochs, performance.now());
    const news = OUTRANK_NEWS.includes(verdict?.key) ? "" : this.news.said_of(session, trainer.running);
    const words = `${news || verdict?.words || "The training goes on from the change."}\n${numbers_on(session, readings, trainer.running)}`;
    write_lines(this.telephone.more, words.split("\n").slice(1));
    return words;
  }

  /** While it trains the numbers run, and are not read aloud; the sentence is, whenever it is another one. */
  get runs() {
    return this.trainer.running;
  }

  /** All settings back: what the frame's reset asks of the picture. */
  reset() {
    this.trainer.stop();
    this.anew = true;
  }

  destroy() {
    this.trainer.stop();
    this.stop_watching();
    this.stop_listening?.();
  }
}

export default explorer(declaration, make);
