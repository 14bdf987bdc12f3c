/* The border on which numbers of a grid pass 0, as the path of an SVG: marching squares. Lorensen and Cline 1987. */

/**
 * The d of a path along which values change their sign, straight within each square of four neighbors.
 * @param {Float64Array} values (side * side), row after row
 * @param {number} side of the grid
 * @param {function} place (column, row) -> [x, y] in the picture; both may have decimals
 */
export function border(values, side, place) {
  let d = "";
  const at = (column, row) => values[row * side + column];
  for (let row = 0; row + 1 < side; row++) {
    for (let column = 0; column + 1 < side; column++) {
      const corners = [at(column, row), at(column + 1, row), at(column + 1, row + 1), at(column, row + 1)];
      const signs = corners.map((value) => value > 0);
      if (signs[0] === signs[1] && signs[1] === signs[2] && signs[2] === signs[3]) continue;
      const points = crossings(corners, signs).map(([x, y]) => place(column + x, row + y));
      for (let k = 0; k + 1 < points.length; k += 2) d += `M${written(points[k])}L${written(points[k + 1])}`;
    }
  }
  return d;
}

const AROUND = [[0, 0], [1, 0], [1, 1], [0, 1]]; // the corners of a square, in the order of its sides

/** Where the border enters and leaves the square; with four crossings, in the pairs that the middle decides. */
function crossings(corners, signs) {
  const found = [];
  for (let side = 0; side < 4; side++) {
    const next = (side + 1) % 4;
    if (signs[side] === signs[next]) continue;
    const share = corners[side] / (corners[side] - corners[next]);
    const safe = Number.isFinite(share) ? share : 0.5;
    found.push([0, 1].map((axis) => AROUND[side][axis] + safe * (AROUND[next][axis] - AROUND[side][axis])));
  }
  const middle = corners[0] + corners[1] + corners[2] + corners[3] > 0;
  return found.length === 4 && middle === signs[0] ? [found[0], found[1], found[2], found[3]] : turned(found);
}

function turned(found) {
  return found.length === 4 ? [found[3], found[0], found[1], found[2]] : found;
}

function written([x, y]) {
  return `${x.toFixed(1)} ${y.toFixed(1)}`;
}
