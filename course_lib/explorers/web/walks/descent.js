/* Gradient descent on a surface: its path, and what becomes of it, in one word. */

import { GradientDescent } from "../engine/optimizers.js";

/** Words for the reader, by the key that `what_happens` gives. */
export const VERDICTS = {
  start: "At the start point. Press Start or Step.",
  diverging: "Diverging: every step overshoots more than it gains; the loss grows. The learning rate is too large.",
  converged: "Converged: the gradient is nearly 0 at the lowest point, so the steps have become tiny.",
  "higher valley": "Stuck in the higher valley: the gradient is nearly 0 here, though the other valley is lower.",
  saddle: "Stuck on the saddle: the ground is level here, the gradient is 0, but this is no valley floor.",
  bouncing: "Bouncing: each step lands on the opposite wall at about the same height, and the loss does not fall.",
  zigzag: "Zigzag: each step crosses the valley floor and lands on the other wall. The loss still falls.",
  creeping: "Creeping: the loss falls, but slowly; it would take many more steps. The learning rate is small.",
  converging: "Converging: every step lands lower. It has not arrived yet.",
};

/** The path: places [x, y], the start first. It ends early where it has run away beyond all numbers. */
export function descend(surface, { learning_rate, start_x, start_y, steps }) {
  const position = Float64Array.of(start_x, start_y);
  const mover = new GradientDescent(position, { learning_rate });
  const path = [[...position]];
  while (path.length <= steps && path.at(-1).every(Number.isFinite)) {
    mover.step(surface.gradient(position[0], position[1]));
    path.push([...position]);
  }
  return path;
}

/** A key of VERDICTS: what the path does, read from its points and losses. */
export function what_happens(surface, path, losses) {
  const [first, last] = [losses[0], losses.at(-1)];
  const here = path.at(-1);
  if (!Number.isFinite(last) || last > 1.001 * first + 1e-9) return "diverging";
  if (Math.hypot(...surface.gradient(...here)) < 0.02) return level_place(surface, here);
  if (path.length === 1) return "start";
  if (turns_back(path)) return last > 0.99 * losses[Math.max(0, losses.length - 6)] ? "bouncing" : "zigzag";
  return last > 0.6 * first && path.length > 5 ? "creeping" : "converging";
}

function level_place(surface, here) {
  const is_near = (place) => Math.hypot(here[0] - place[0], here[1] - place[1]) < 0.1;
  if (is_near(surface.minima[0])) return "converged";
  return surface.saddle !== null && is_near(surface.saddle) ? "saddle" : "higher valley";
}

/** True when one coordinate goes forth and back in most of the last steps, visibly. */
function turns_back(path) {
  const last = path.slice(-9);
  const steps = last.slice(1).map((place, k) => [place[0] - last[k][0], place[1] - last[k][1]]);
  const pairs = steps.length - 1;
  if (pairs < 2) return false;
  return [0, 1].some((axis) => {
    const turns = steps.slice(1).filter((step, k) => step[axis] * steps[k][axis] < 0 && Math.abs(step[axis]) > 0.02);
    return turns.length / pairs > 0.6;
  });
}
