/* The network on the screen as code: the course's Recipe, NumPy with the learner's own functions or, where these do not
 * reach, the course's, and plain PyTorch.
 *
 * Each program has everything in it: pasted into a cell it runs, draws the same points, starts from the same weights,
 * takes the same batches, and so makes the same curve. */

import { numpy_code } from "./code_numpy.js";
import { pytorch_code } from "./code_pytorch.js";
import { python } from "./code_shared.js";
import { runs_yours, yours_code } from "./code_yours.js";
import { recipe_of } from "./session.js";

export const KINDS = { recipe: "Recipe", numpy: "NumPy", pytorch: "PyTorch" };

/** The Recipe of a state; a layer's own activation has no place in it, so that differing ones are named. */
function recipe_code(state) {
  const { activation, ...fields } = recipe_of(state);
  const alike = new Set(activation).size <= 1;
  const words = { ...fields, activation: activation[0] ?? "elu" };
  const lines = Object.entries(words).map(([name, value]) => `    ${name}=${python(value)},`);
  const note = alike ? "" : `# On the screen the layers have ${activation.join(", ")}; a Recipe has one activation for all.\n`;
  return `from course_lib.recipe import Recipe\n\n${note}recipe = Recipe(\n${lines.join("\n")}\n)\n`;
}

/** The code of one kind for what a session shows. */
export function code_of(kind, session) {
  if (kind === "numpy") return runs_yours(session) ? yours_code(session) : numpy_code(session);
  if (kind === "pytorch") return pytorch_code(session);
  return recipe_code(session.state);
}
