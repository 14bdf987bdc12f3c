/* How the parts of the picture stand beside one another; colors and type are those of every explorer. */

export const LOOK = `
.weights-as-images { container-type: inline-size; display: grid; gap: 8px; }
.weights-as-images p { margin: 0; }
.weights-as-images .heading { font-weight: 600; }
.weights-as-images canvas { image-rendering: pixelated; outline: 1px solid var(--line); }
.key { color: var(--soft); }
.swatch { display: inline-block; width: 13px; height: 13px; margin-right: 4px; vertical-align: -2px; }
.swatch.zero { outline: 1px solid var(--line); }
.swatch.minus { background: #D55E00; }
.swatch.zero { background: #fafafa; }
.swatch.plus { background: #0072B2; }
.tiles { display: grid; grid-template-columns: repeat(var(--wide), minmax(0, 90px)); gap: 6px; margin-top: 4px; }
.tile { display: grid; grid-template-rows: 1fr auto auto auto; gap: 3px; }
.tile { text-align: center; font-size: 13px; line-height: 1.2; }
.tile .name { align-self: end; overflow-wrap: anywhere; }
.tile canvas { width: 100%; height: auto; }
.tile .sum { font-variant-numeric: tabular-nums; }
.below { display: grid; grid-template-columns: 150px minmax(0, 5fr) minmax(0, 6fr); gap: 20px; align-items: start; }
.chosen canvas { width: 140px; height: 140px; margin: 4px 1px; }
.bars .row { display: grid; grid-template-columns: 92px minmax(0, 1fr) 38px; gap: 6px; align-items: center; }
.bars .row { font-size: 13px; line-height: 18px; }
.bars .name, .bars .share { text-align: right; white-space: nowrap; font-variant-numeric: tabular-nums; }
.bars .track { height: 12px; background: var(--panel); }
.bars .track i { display: block; height: 100%; background: var(--soft); }
.bars .true { font-weight: 600; }
.bars .chosen i { background: var(--negative); }
.bars .chosen.true i { background: var(--good); }
.accuracies { min-width: 0; }
@container (max-width: 760px) {
  .tiles { grid-template-columns: repeat(var(--wide), minmax(0, 76px)); }
  .below { grid-template-columns: 122px minmax(0, 1fr) minmax(0, 1fr); gap: 12px; }
  .chosen canvas { width: 112px; height: 112px; }
}
@container (max-width: 575px) {
  .tiles { grid-template-columns: repeat(var(--narrow), minmax(0, 84px)); }
  .below { grid-template-columns: 122px minmax(0, 1fr); }
  .accuracies { grid-column: 1 / -1; }
}
`;
