/* What a network sees in pictures of clothes: its weights as images, while it trains. */

import { button, element } from "../controls.js";
import { explorer } from "../explorer.js";
import { AccuracyCurve } from "../weights_as_images/accuracy_curve.js";
import { LOOK } from "../weights_as_images/look.js";
import { Outputs } from "../weights_as_images/outputs.js";
import { sentence } from "../weights_as_images/sentence.js";
import { Session } from "../weights_as_images/session.js";
import { Tiles } from "../weights_as_images/tiles.js";
import { Trainer } from "../weights_as_images/trainer.js";
import declaration from "./weights_as_images.state.js";

class WeightsAsImages {
  constructor(frame) {
    this.frame = frame;
    this.tiles = new Tiles();
    this.outputs = new Outputs();
    this.curve = new AccuracyCurve(() => frame.redraw());
    const below = element("div", { class: "below" }, this.outputs.image, this.outputs.bars, this.curve.node);
    const picture = element("div", { class: "weights-as-images" }, this.tiles.node, below);
    frame.picture.append(element("style", {}, LOOK), picture);
    this.add_buttons();
    this.followed = null;
  }

  add_buttons() {
    const { frame } = this;
    this.trainer = new Trainer(frame, () => this.session);
    const again = "The same controls, and the first weights again";
    const over = button("Start over", again, () => this.start_over(), { class: "over" });
    frame.buttons.prepend(this.trainer.start, this.trainer.one_step, over);
    const [, training, validation] = frame.panel.querySelectorAll("fieldset");
    const label = element("span", { "aria-hidden": "true" }, "updates");
    training.append(element("div", { class: "control choice" }, label, this.trainer.speed));
    const next = "Look at the next validation image that is not recognized";
    const mistake = button("Next mistake", next, () => this.show_mistake(), { class: "mistake" });
    validation.append(element("div", { class: "buttons" }, mistake));
  }

  /** The session follows the state: what may change while it trains does, else it starts anew. */
  follow(state) {
    const before = this.followed;
    this.followed = { ...state };
    const changed = before === null ? [] : Object.keys(state).filter((name) => state[name] !== before[name]);
    const goes_on = changed.every((name) => name === "image" || this.session.change(name, state[name]));
    if (before === null || !goes_on) this.build(state);
  }

  build(state) {
    this.session = new Session(state);
    this.tiles.lay_out(state.hidden_units);
    this.frame.controls.get("activation").node.querySelector("select").disabled = state.hidden_units === 0;
  }

  draw(state) {
    this.follow(state);
    const { session } = this;
    if (!this.trainer.running) session.look(); // while it trains the curve grows at steps of its own
    this.images = session.weight_images();
    this.seen = session.look_at(state.image);
    this.tiles.draw(this.images, this.seen, state.image);
    this.outputs.draw(this.seen, state.image);
    this.curve.draw(session.history);
    this.trainer.show();
    const live = this.trainer.running ? "off" : "polite"; // what changes 60 times a second is not read out
    this.frame.readout.setAttribute("aria-live", live);
  }

  describe(state) {
    return sentence(this.session, this.images, this.seen, state.image);
  }

  show_mistake() {
    const image = this.session.next_mistake(this.frame.state.image);
    if (image === null) return;
    this.frame.set({ image });
    this.frame.tell();
  }

  start_over() {
    this.trainer.stop();
    this.followed = null;
    this.frame.redraw();
  }

  /** Before all fields go back to where they started. */
  reset() {
    this.start_over();
  }

  destroy() {
    this.trainer.stop();
    this.curve.destroy();
  }
}

export default explorer(declaration, (frame) => new WeightsAsImages(frame));
