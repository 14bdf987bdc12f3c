/* The playground: points, a network, and everything that one may turn, live. */

import { explorer } from "../explorer.js";
import { Drawing } from "../playground/drawing.js";
import { LayersEditor } from "../playground/layers_editor.js";
import { LossChart } from "../playground/loss_chart.js";
import { Missions } from "../playground/missions_panel.js";
import { dead_shares, gradient_sizes, sentence } from "../playground/readings.js";
import { Session } from "../playground/session.js";
import { grid_of, Surface } from "../playground/surface.js";
import { Tools } from "../playground/tools.js";
import { Trainer } from "../playground/trainer.js";
import { picture } from "../views/svg.js";
import declaration from "./playground.state.js";

function make(frame) {
  return new Playground(frame);
}

class Playground {
  constructor(frame) {
    this.frame = frame;
    this.surface = new Surface({ left: 530, top: 10, size: 262 });
    this.chart = new LossChart({ left: 530, top: 316, width: 262, height: 104 });
    this.drawing = new Drawing({ left: 40, top: 10, width: 440, height: 430 }, {
      on_unit: (layer, unit) => this.point_at(unit === null ? null : { layer, unit }),
      on_weight: (...which) => this.tools.choose_weight(...which),
    });
    this.svg = picture(820, 446, this.drawing.node, this.surface.node, this.chart.node);
    this.svg.classList.add("playground-picture");
    this.trainer = new Trainer(this);
    this.tools = new Tools(this);
    this.missions = new Missions(this);
    this.layers = new LayersEditor(frame.state, (changes) => frame.moved(changes));
    frame.panel.querySelectorAll("details")[1].querySelector("fieldset").prepend(this.layers.node);
    frame.picture.append(this.trainer.node, this.missions.node, this.svg, this.tools.node);
    this.svg.addEventListener("click", (event) => this.tools.draw_point(event));
    this.built_for = null;
    this.pointed = null;
  }

  /** The session follows the state: what may change while it trains does, else it starts anew. */
  follow(state) {
    const key = JSON.stringify(state);
    if (key === this.built_for) return;
    const before = this.built_for === null ? null : JSON.parse(this.built_for);
    this.built_for = key;
    const changed = before === null ? null : Object.keys(state).filter((name) => JSON.stringify(state[name]) !== JSON.stringify(before[name]));
    this.tools.remember(before, changed);
    const goes_on = changed !== null && changed.every((name) => name === "mission" || this.session.change(name, state[name]));
    if (goes_on) {
      Object.assign(this.session.state, structuredClone(state));
      return;
    }
    this.build(structuredClone(state));
  }

  build(state) {
    this.session = new Session(state);
    if (state.weights.length === this.session.network.flat_parameters.length) {
      this.session.network.flat_parameters.set(state.weights);
      this.session.restart_history();
    }
    this.grid = grid_of(state.features);
    this.drawing.lay_out(this.session);
    this.layers.set(state);
    this.surface.draw_points(this.session.data, this.session.parts.train);
    this.trainer.stop_if(this.session.diverged);
  }

  draw(state) {
    try {
      this.follow(state);
      this.tools.complain("");
    } catch (error) {
      this.tools.complain(error.message);
      return;
    }
    const { session } = this;
    if (this.trainer.running) session.look();
    const outputs = session.viewers.picture.outputs(this.grid);
    const activations = session.viewers.picture.activations();
    this.drawing.draw_maps(this.grid, activations);
    this.drawing.draw_weights();
    this.drawing.draw_readings(gradient_sizes(session.network), dead_shares(session.viewers.train, session.train_part.x));
    if (this.pointed) this.surface.draw_unit(this.drawing.tiles[this.pointed.layer][this.pointed.unit].values);
    else this.surface.draw(outputs, session.data.n_classes);
    this.chart.draw(session.history);
    this.trainer.show();
    this.missions.show();
    this.tools.show();
  }

  describe() {
    return sentence(this.session);
  }

  point_at(unit) {
    this.pointed = unit;
    this.frame.redraw();
  }

  /** The same network from its first weights. */
  reset() {
    this.trainer.stop();
    this.built_for = null;
  }

  destroy() {
    this.trainer.stop();
  }
}

export default explorer(declaration, make);
