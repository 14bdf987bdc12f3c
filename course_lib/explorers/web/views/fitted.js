/* A picture that is laid out for the width that it has, so that its type has one size on every screen. */

import { change, picture } from "./svg.js";

const USUAL = 720; // until the page knows how much room there is
const NARROWEST = 340; // in less room the picture keeps its size, and scrolls sideways in a box of its own
const WIDEST = 1100;

export class Fitted {
  /**
   * @param {object} frame of the explorer: the picture goes into frame.picture
   * @param {number} height of the picture; null where every layout gives its own
   * @param {function} lay_out (width) -> {node, draw(...), height?, width?, least?, look?}: called again when the
   *   width has changed. A layout with a width of its own is scaled to the room, down to `least` pixels; look is a
   *   class for the picture
   */
  constructor(frame, height, lay_out) {
    Object.assign(this, { frame, height, lay_out });
    this.svg = picture(USUAL, USUAL);
    this.svg.style.maxWidth = `${WIDEST}px`;
    frame.picture.append(this.svg);
    this.fit(frame.picture.clientWidth || USUAL);
    this.observer = new ResizeObserver(([entry]) => this.fit(entry.contentRect.width));
    this.observer.observe(frame.picture);
  }

  fit(room) {
    if (room === 0) return; // hidden: the width will be known when it is seen
    this.lay_out_for(room);
    const { least = NARROWEST } = this.scene;
    this.svg.style.minWidth = `${least}px`;
    this.frame.picture.style.overflowX = room < least ? "auto" : "";
  }

  lay_out_for(room) {
    const width = Math.round(Math.min(Math.max(room, NARROWEST), WIDEST));
    if (width === this.width) return;
    this.width = width;
    this.scene = this.lay_out(width);
    const { node, height = this.height, look = "" } = this.scene;
    change(this.svg, { viewBox: `0 0 ${this.scene.width ?? width} ${height}`, class: look });
    if (this.svg.firstChild !== node) this.svg.replaceChildren(node);
    this.frame.redraw();
  }

  stop() {
    this.observer.disconnect();
  }
}
