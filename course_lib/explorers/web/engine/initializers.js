/* How weights start: random matrices (fan_in, fan_out), row after row. Twin of scratch/initializers.py. */

/** Normal weights with mean 0 and the given standard deviation. */
export function normal(fan_in, fan_out, random, standard_deviation = 1) {
  const weights = new Float64Array(fan_in * fan_out); // filled in a loop: Float64Array.from takes twice as long
  for (let k = 0; k < weights.length; k++) weights[k] = standard_deviation * random.normal();
  return weights;
}

/** Uniform weights between -limit and limit. */
export function uniform(fan_in, fan_out, random, limit = 1) {
  const weights = new Float64Array(fan_in * fan_out);
  for (let k = 0; k < weights.length; k++) weights[k] = limit * (2 * random.uniform() - 1);
  return weights;
}

/** N(0, 1): "fully random", the choice under which deep networks did not train. */
export const standard_normal = (fan_in, fan_out, random) => normal(fan_in, fan_out, random, 1);

/** Var[w] = 2 / (fan_in + fan_out). Glorot and Bengio 2010, eq. 12. */
export const xavier_normal = (fan_in, fan_out, random) =>
  normal(fan_in, fan_out, random, Math.sqrt(2 / (fan_in + fan_out)));

/** Var[w] = 2 / (fan_in + fan_out). Glorot and Bengio 2010, eq. 16. U(-a, a) has the variance a**2 / 3. */
export const xavier_uniform = (fan_in, fan_out, random) =>
  uniform(fan_in, fan_out, random, Math.sqrt(6 / (fan_in + fan_out)));

/** Var[w] = 2 / fan_in. He et al. 2015, eq. 10. */
export const he_normal = (fan_in, fan_out, random) => normal(fan_in, fan_out, random, Math.sqrt(2 / fan_in));

/** Var[w] = 2 / fan_in. He et al. 2015, eq. 10. */
export const he_uniform = (fan_in, fan_out, random) => uniform(fan_in, fan_out, random, Math.sqrt(6 / fan_in));

/** Var[w] = 1 / fan_in. LeCun et al. 1998, "Efficient BackProp", eq. 16. */
export const lecun_normal = (fan_in, fan_out, random) => normal(fan_in, fan_out, random, Math.sqrt(1 / fan_in));

/** Var[w] = 1 / (3 fan_in): what torch.nn.Linear starts with by itself. */
export const pytorch_uniform = (fan_in, fan_out, random) => uniform(fan_in, fan_out, random, Math.sqrt(1 / fan_in));
