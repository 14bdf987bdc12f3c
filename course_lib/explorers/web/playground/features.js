/* What a network sees of a point: x, y, and functions of both that a person may add. */

/** {name: [how it is written, its function of x and y, the same in NumPy]}. */
export const FEATURES = {
  x: ["x", (x, y) => x, "x"],
  y: ["y", (x, y) => y, "y"],
  x_squared: ["x²", (x, y) => x * x, "x**2"],
  y_squared: ["y²", (x, y) => y * y, "y**2"],
  xy: ["x·y", (x, y) => x * y, "x * y"],
  sin_x: ["sin x", (x, y) => Math.sin(x), "np.sin(x)"],
  sin_y: ["sin y", (x, y) => Math.sin(y), "np.sin(y)"],
};

/** Points (n, 2), row after row -> (n, number of names) as the network sees them. */
export function features_of(points, names) {
  const functions = names.map((name) => FEATURES[name][1]);
  const rows = points.length / 2;
  const seen = new Float64Array(rows * names.length);
  for (let row = 0; row < rows; row++) {
    const [x, y] = [points[2 * row], points[2 * row + 1]];
    functions.forEach((f, column) => {
      seen[row * names.length + column] = f(x, y);
    });
  }
  return seen;
}
