/* Figures side by side where there is room, one under the other where there is not; words stay readable in both. */

import { element } from "../controls.js";
import { picture, write } from "./svg.js";

export const WIDTH = 284; // of a figure, in its own units: on screen it is never narrower, so type is as large as it says
export const HEIGHT = 278;

// --under is what stands above and below the figures on a page, in pixels: figures and words then fit one window.
const STYLE = `
.figures { display: flex; flex-wrap: wrap; gap: 4px 14px; }
.figures figure { margin: 0; flex: 1 1 ${WIDTH}px; min-width: 0; }
.figures figure { max-width: max(${WIDTH}px, calc((100vh - var(--under)) * ${WIDTH / HEIGHT})); }
.figures figcaption { font-size: 15px; font-weight: 600; line-height: 1.25; }
.beside { font-size: 15px; margin-top: 4px; }
.beside p { margin: 0; display: flex; align-items: center; gap: 8px; font-variant-numeric: tabular-nums; }
.runners { display: grid; grid-template-columns: repeat(3, minmax(0, 210px)); gap: 2px 10px; }
.runners { font-size: 13px; line-height: 1.2; }
.readout { margin-top: 2px; }
.runner { display: grid; grid-template-columns: 40px minmax(0, 1fr); gap: 0 6px; align-items: center; }
.runner svg { width: 40px; }
.runner b { font-weight: 600; }
.start { min-width: 66px; }
@container (max-width: 500px) { .runners { grid-template-columns: repeat(2, minmax(0, 1fr)); } }
`;

/** A drawing with a caption, which `caption(words)` changes. */
export class Figure {
  constructor(...nodes) {
    this.words = element("figcaption");
    this.svg = picture(WIDTH, HEIGHT, ...nodes);
    this.node = element("figure", {}, this.words, this.svg);
  }

  caption(words) {
    write(this.words, words);
  }
}

/** Figures side by side, with their style. under: pixels for everything but the figures, in a window of a laptop. */
export function figures(under, ...shown) {
  const row = element("div", { class: "figures", style: `--under: ${under}px` }, ...shown.map(({ node }) => node));
  return [element("style", {}, STYLE), row];
}
