/* What keeps weights small: penalties added to the loss (L1, L2) and max-norm. Twin of scratch/regularizers.py. */

/** strength * sum |w|: pushes small weights to exactly 0. */
export function l1_penalty(weights, strength) {
  let sum = 0;
  for (let k = 0; k < weights.length; k++) sum += Math.abs(weights[k]);
  return strength * sum;
}

/** Adds strength * sign(w), 0 where w is 0, to the gradients in place. */
export function add_l1_gradient(weights, strength, gradients) {
  for (let k = 0; k < weights.length; k++) gradients[k] += strength * Math.sign(weights[k]);
}

/** strength / 2 * sum w**2. */
export function l2_penalty(weights, strength) {
  let sum = 0;
  for (let k = 0; k < weights.length; k++) sum += weights[k] * weights[k];
  return (strength / 2) * sum;
}

/** Adds strength * w to the gradients in place. */
export function add_l2_gradient(weights, strength, gradients) {
  for (let k = 0; k < weights.length; k++) gradients[k] += strength * weights[k];
}

/** Shorten, in place, each unit's incoming weights, a column, to length `limit` where they are longer. */
export function apply_max_norm(weight, fan_out, limit) {
  for (let unit = 0; unit < fan_out; unit++) {
    let sum = 0;
    for (let k = unit; k < weight.length; k += fan_out) sum += weight[k] * weight[k];
    const factor = limit / Math.max(Math.sqrt(sum), limit); // 1 where the length is within the limit
    for (let k = unit; k < weight.length; k += fan_out) weight[k] *= factor;
  }
}
