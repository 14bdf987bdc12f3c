/* A picture that is laid out for the width that it has, so that its type has one size on every screen. */

import { change, picture } from "./svg.js";

const USUAL = 720; // until the page knows how much room there is
const NARROWEST = 340; // in less room the picture becomes smaller as a whole
const WIDEST = 1100;

export class Fitted {
  /**
   * @param {object} frame of the explorer: the picture goes into frame.picture
   * @param {number} height of the picture, at every width
   * @param {function} lay_out (width) -> {node, draw(...)}: called again when the width has changed
   */
  constructor(frame, height, lay_out) {
    Object.assign(this, { frame, height, lay_out });
    this.svg = picture(USUAL, height);
    this.svg.style.maxWidth = `${WIDEST}px`;
    frame.picture.append(this.svg);
    this.fit(frame.picture.clientWidth || USUAL);
    this.observer = new ResizeObserver(([entry]) => this.fit(entry.contentRect.width));
    this.observer.observe(frame.picture);
  }

  fit(room) {
    if (room === 0) return; // hidden: the width will be known when it is seen
    const width = Math.round(Math.min(Math.max(room, NARROWEST), WIDEST));
    if (width === this.width) return;
    this.width = width;
    this.scene = this.lay_out(width);
    change(this.svg, { viewBox: `0 0 ${width} ${this.height}` });
    this.svg.replaceChildren(this.scene.node);
    this.frame.redraw();
  }

  stop() {
    this.observer.disconnect();
  }
}
