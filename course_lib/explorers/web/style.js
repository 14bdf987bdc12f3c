/* One look for every explorer: type of 13 px or more, the course's palette, light and dark, wide and narrow. */

import { TELEPHONE } from "./style_telephone.js";

const STYLE = `
:host { display: block; container-type: inline-size; }
.course-explorer {
  --ink: #1a1a1a; --paper: #ffffff; --soft: #6e6e6e; --line: #c9c9c9; --panel: #f5f6f8; --focus: #0072B2;
  --positive: #0072B2; --negative: #D55E00; --highlight: #E69F00; --good: #009E73;
  --alarm: #B04A00; --done: #00755A; /* of words: negative and good are too light to be read on white */
  display: grid; grid-template-columns: 250px minmax(0, 1fr); gap: 12px 20px; align-items: start;
  font: 14px/1.4 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; color: var(--ink); background: var(--paper);
  padding: 8px; box-sizing: border-box;
}
:host([data-theme="dark"]) .course-explorer {
  --ink: #ececec; --paper: #1c1c1e; --soft: #a6a6a6; --line: #4a4a4a; --panel: #2a2a2d; --focus: #56B4E9;
  --positive: #56B4E9; --negative: #F08A4B; --highlight: #F2B632; --good: #2EC4A0;
  --alarm: #F08A4B; --done: #2EC4A0;
}
.panel { display: flex; flex-direction: column; gap: 6px; }
.group { border: 0; margin: 0; padding: 0; display: flex; flex-direction: column; gap: 4px; min-width: 0; }
.group legend { font-weight: 600; padding: 0; margin: 4px 0 2px 0; }
.control { display: grid; grid-template-columns: 84px minmax(0, 1fr) 62px; gap: 6px; align-items: center; min-height: 28px; }
.control label { overflow-wrap: anywhere; }
.control.choice:not(:has(output)) { grid-template-columns: 84px minmax(0, 1fr); }
.control.text { grid-template-columns: 84px minmax(0, 1fr); }
.fold summary { font-weight: 600; cursor: pointer; padding: 2px 0; }
.control.list { grid-template-columns: 84px minmax(0, 1fr); align-items: start; }
.boxes { display: flex; flex-wrap: wrap; gap: 0 10px; }
.boxes label { display: inline-flex; align-items: center; gap: 4px; min-height: 24px; white-space: nowrap; }
.control.flag { grid-template-columns: minmax(0, 1fr) 24px; }
.meaning { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
input, select, button, output { font: inherit; font-size: 14px; color: inherit; }
input[type=range] { width: 100%; margin: 0; accent-color: var(--focus); min-width: 0; height: 24px; }
.box, select, textarea, input[type=text] { background: var(--panel); border: 1px solid var(--line); border-radius: 4px; padding: 2px 4px; box-sizing: border-box; width: 100%; min-width: 0; }
.box { text-align: right; font-variant-numeric: tabular-nums; }
.control, .layer-row, .by-hand, .tools .weight { position: relative; }
.remarks, .remark { position: absolute; top: 100%; left: 0; z-index: 2; pointer-events: none; } /* over what is below, which stays in its place */
.remark { width: max-content; max-width: min(100%, 300px); box-sizing: border-box; padding: 2px 6px; border: 1px solid var(--negative); border-radius: 4px; background: var(--paper); color: var(--alarm); font-size: 13px; line-height: 1.3; }
.remarks { display: flex; flex-direction: column; gap: 2px; width: 100%; }
.remarks .remark { position: static; }
.remark:empty { visibility: hidden; position: absolute; }
output.box { border-color: transparent; background: none; }
.buttons { display: flex; flex-wrap: wrap; gap: 6px; margin-top: 4px; }
button { background: var(--panel); border: 1px solid var(--line); border-radius: 5px; padding: 4px 10px; min-height: 30px; cursor: pointer; }
button:hover { border-color: var(--ink); } /* not the color of the focus: it is no second ring */
button[aria-pressed=true], button.first { background: var(--focus); border-color: var(--focus); color: var(--paper); }
button:disabled { opacity: 0.5; cursor: default; }
:focus-visible { outline: 3px solid var(--focus); outline-offset: 2px; }
.course-explorer:focus { outline: none; } /* of a click into it */
.stage { min-width: 0; }
.layers { display: flex; flex-direction: column; gap: 4px; }
.layers-editor { display: flex; flex-direction: column; gap: 4px; align-items: flex-start; }
.layer-row { display: grid; grid-template-columns: 52px 52px 1fr 30px; gap: 5px; align-items: center; width: 100%; }
.layer-row button { padding: 0; min-height: 26px; }
.buttons select, .missions select, .tools select, .sheet select { width: auto; max-width: 16em; }
.playground-stage { display: flex; flex-wrap: wrap; gap: 4px 10px; align-items: flex-start; }
.picture .playground-stage svg { width: auto; flex: none; }
.is-canvas .surface { cursor: crosshair; display: block; touch-action: none; } /* a block: what is inline has no touch-action */
.trainer { align-items: flex-start; }
.trainer > select { min-height: 30px; }
.trainer .control { grid-template-columns: auto auto auto; min-height: 30px; }
.trainer .control.choice:not(:has(output)) { grid-template-columns: auto auto; }
.trainer .control input[type=range] { width: 76px; } /* the row stays one line while the count grows */
.trainer .box { width: 68px; }
.box.typed { appearance: textfield; }
.box.typed::-webkit-inner-spin-button { appearance: none; margin: 0; }
.missions { display: flex; flex-wrap: wrap; align-items: center; gap: 6px; margin: 4px 0; min-height: 42px; line-height: 1.3; }
.task { flex: 1 1 260px; min-width: 0; }
.explained .meaning { position: static; width: auto; height: auto; clip-path: none; white-space: normal; overflow: visible; grid-column: 1 / -1; color: var(--soft); font-size: 13px; line-height: 1.3; }
.explained .buttons .meaning, .explained .missions .meaning { flex-basis: 100%; }
.by-hand { display: inline-flex; flex-wrap: wrap; gap: 4px; align-items: center; min-height: 30px; }
.by-hand .box { width: 54px; }
[hidden] { display: none !important; }
.task.done { color: var(--done); font-weight: 600; }
.tools > .buttons { align-items: flex-start; }
.tools .weight { display: inline-flex; flex-wrap: wrap; gap: 4px; align-items: center; min-height: 30px; }
.tools .weight-value { width: 68px; }
.sheet { border: 1px solid var(--line); border-radius: 6px; padding: 8px; margin-top: 6px; background: var(--panel); }
.sheet .buttons { align-items: center; margin-bottom: 4px; }
.sheet textarea { width: 100%; box-sizing: border-box; font: 13px monospace; }
.code-text { max-height: 320px; overflow: auto; font: 13px/1.4 monospace; user-select: text; }
.complaint { color: var(--alarm); margin: 2px 0; min-height: 0; }
.complaint:empty { display: none; }
.network .weights path { cursor: pointer; }
.network:focus-visible { outline-offset: -2px; }
.count { line-height: 30px; min-width: 188px; font-size: 13px; color: var(--soft); font-variant-numeric: tabular-nums; }
.trainer .count { width: 130px; min-width: 0; line-height: 15px; flex: none; } /* room for a billion: what stands behind it stays in its place */
.trainer .count span { display: block; white-space: nowrap; }
.picture svg, .picture canvas { display: block; max-width: 100%; height: auto; }
.picture svg { width: 100%; }
.compact .control { min-height: 24px; grid-template-columns: 84px minmax(0, 1fr) 64px; }
.compact .group { gap: 2px; }
.compact .group legend { margin: 0; }
.compact .box { padding: 0 4px; appearance: textfield; }
.compact .box::-webkit-inner-spin-button { appearance: none; margin: 0; }
.bar ~ .stage .picture svg { max-height: max(330px, min(420px, 100vh - 265px)); }
.bar ~ .stage .picture svg.tall { width: min(100%, 440px); max-height: none; margin: 0 auto; }
.formula { min-height: 4.6em; font-size: 16px; line-height: 1.45; }
.in-formula { font-weight: 600; }
.bar { grid-column: 1 / -1; margin: 0; }
.bar .first { width: min(100%, 26em); font-weight: 600; } /* one width for all its words: the next button stays in its place */
.bar .first.is-short { width: min(100%, 23em); }
.bar .count { min-width: 156px; }
.bar ~ .panel { grid-area: 2 / 1; }
.bar ~ .stage { grid-area: 2 / 2; }
button[aria-disabled=true] { opacity: 0.5; cursor: default; }
.pair { display: flex; flex-wrap: wrap; gap: 8px 6px; }
.pair { --high: max(400px, 100vh - 130px); }
.pair.above-words { --high: max(352px, 100vh - 270px); } /* a notebook's bars and the readout's lines fit the window with it */
.pair svg { flex: 1 1 290px; min-width: 0; width: auto; max-width: calc(0.8 * var(--high)); max-height: var(--high); }
.sums { display: flex; flex-wrap: wrap; gap: 0 36px; font-size: 17px; line-height: 1.4; font-variant-numeric: tabular-nums; }
.sums p { margin: 0; }
.sums .sum { flex-basis: 100%; }
.sums .output { font-weight: 600; }
.sums .slope { color: var(--alarm); }
.readout { font-size: 15px; line-height: 1.45; min-height: 3em; margin-top: 6px; max-width: 70em; }
.readout p { margin: 0 0 3px 0; }
@container (max-width: 900px) {
  .course-explorer { grid-template-columns: minmax(0, 1fr); }
  .panel { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(260px, 100%), 1fr)); gap: 6px 28px; align-items: start; }
  .panel > .buttons { grid-column: 1 / -1; }
  .bar ~ .panel, .bar ~ .stage { grid-area: auto; }
  .bar { position: sticky; top: var(--explorer-top, 0px); z-index: 1; background: var(--paper); padding: 4px 0; }
}
${TELEPHONE}
@media (prefers-reduced-motion: reduce) { * { transition: none !important; animation: none !important; } }
`;

/** A <style> element with the look of every explorer. */
export function style_of(page) {
  const style = page.createElement("style");
  style.textContent = STYLE;
  return style;
}
