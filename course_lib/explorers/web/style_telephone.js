/* The look for fingers, and of the playground where it's narrow or low: see playground/telephone.js. */

export const TELEPHONE = `
.reach { display: none; } /* around a small mark, where a finger meets it */
@media (pointer: coarse) {
  .reach { display: inline; }
  input, select, textarea, .box { font-size: 16px; } /* a smaller box is enlarged by a telephone's browser, with all of the page */
  button, select, .box, input[type=text], .layer-row button { min-height: 40px; }
  output.box { min-height: 0; }
  input[type=range] { height: 40px; touch-action: pan-y pinch-zoom; }
  input[type=checkbox] { width: 22px; height: 22px; margin: 9px; }
  .control { min-height: 44px; }
  .control.flag { grid-template-columns: minmax(0, 1fr) 40px; }
  .control.flag input { width: 32px; height: 32px; margin: 4px; }
  .control.flag label { min-height: 40px; display: flex; align-items: center; }
  .control.list .legend { align-self: start; line-height: 40px; }
  .boxes label { min-height: 40px; min-width: 40px; gap: 0; }
  .fold summary { min-height: 40px; line-height: 40px; padding: 0; }
}
.telephone { padding: 0 8px 8px; }
.telephone .board { position: sticky; top: var(--explorer-top, 0px); z-index: 3; background: var(--paper); border-bottom: 1px solid var(--line); padding: 4px 0; box-sizing: border-box; }
.low.telephone { grid-template-columns: minmax(0, 1fr) minmax(0, 1fr); }
.narrow.telephone .board { margin: 0 -8px; padding: 4px 8px; } /* over the rings of what goes below it, too */
.telephone.loose .board { position: static; }
.low.telephone .board { border-bottom: 0; }
.telephone .below { display: flex; flex-direction: column; gap: 6px; min-width: 0; }
.telephone .trainer { flex-wrap: nowrap; gap: 4px; margin: 0; }
.telephone .trainer button { flex: 1 1 auto; padding: 0 5px; white-space: nowrap; }
.telephone .trainer .first { min-width: 62px; } /* "Start" and "Pause" alike */
.telephone .middle { position: relative; }
.telephone .middle svg { display: block; }
.telephone .middle .count { position: absolute; right: 0; bottom: 0; text-align: right; line-height: 16px; min-width: 0; }
.telephone .middle .count span { display: block; white-space: nowrap; }
.telephone .words { font-size: 14px; line-height: 18px; }
.telephone .assignment { display: flex; gap: 6px; align-items: center; }
.telephone .assignment button { flex: 0 0 72px; padding: 2px 4px; line-height: 18px; }
.telephone .task { flex: 1 1 0; }
.telephone .readout { font: inherit; min-height: 0; margin: 0; }
.telephone .readout p { margin: 0; }
.telephone .readout p:nth-child(n+2) { display: none; }
.telephone .more { font-size: 14px; color: var(--soft); }
.telephone .more p { margin: 0 0 4px; }
.telephone .missions { min-height: 0; }
.telephone .missions label { flex: 1 1 0; display: flex; align-items: center; gap: 6px; min-width: 0; }
.telephone .missions select { flex: 1 1 0; min-width: 0; max-width: none; }
.telephone .missions .again { padding: 4px 6px; }
.telephone .by-hand { display: flex; }
.telephone .by-hand .brush { flex: 1 1 calc(100% - 44px); width: auto; } /* x and y in a line below it */
/* no ring for a finger: svg has one from the browser */
.telephone .network:focus:not(:focus-visible) { outline: none; }
.telephone .weight { display: flex; flex-wrap: wrap; gap: 6px; align-items: center; position: relative; }
.telephone .weight select { flex: 1 1 0; }
.telephone .weight .box { width: 84px; }
.telephone.explained :is(.weight, .by-hand) .meaning { flex-basis: 100%; }
.telephone .layers { width: 100%; }
.telephone .panel { grid-template-columns: minmax(0, 1fr); gap: 4px; }
.telephone .layer-row { grid-template-columns: 50px 40px 44px 40px minmax(0, 1fr) 40px; }
.layer-row .fewer, .layer-row .wider { display: none; } /* a telephone's box has no arrows */
.telephone .layer-row .fewer, .telephone .layer-row .wider { display: block; }
.telephone .group { gap: 2px; }
.telephone .layer-row .box { text-align: center; appearance: textfield; }
.telephone .below :is(input, select, button, summary, textarea, .control, .sheet) { scroll-margin: calc(var(--board) + 8px) 0 8px; }
.low.telephone .below * { scroll-margin: 8px 0; }
`;
