/* Matrix products in blocks: a number that was read is used for several sums at once, which is five times as fast.
 * Every sum still adds its terms in their order, so that the blocks change no digit. Without destructuring, which costs
 * more here than the products. */

/** z = x W + b of x (rows, fan_in), weight (fan_in, fan_out) and bias (fan_out,) or undefined, into z (rows, fan_out). */
export function times_weights(x, weight, bias, fan_in, fan_out, z) {
  const rows = x.length / fan_in;
  const rows_in_blocks = rows - (rows % 2);
  const units_in_blocks = fan_out - (fan_out % 4);
  for (let unit = 0; unit < units_in_blocks; unit += 4) {
    for (let row = 0; row < rows_in_blocks; row += 2) {
      two_rows_four_units(x, weight, bias, fan_in, fan_out, z, row, unit);
    }
  }
  for (let row = 0; row < rows; row++) {
    for (let unit = row < rows_in_blocks ? units_in_blocks : 0; unit < fan_out; unit++) {
      let sum = bias === undefined ? 0 : bias[unit];
      for (let input = 0; input < fan_in; input++) sum += x[row * fan_in + input] * weight[input * fan_out + unit];
      z[row * fan_out + unit] = sum;
    }
  }
}

function two_rows_four_units(x, weight, bias, fan_in, fan_out, z, row, unit) {
  const first = row * fan_in;
  let a0 = bias === undefined ? 0 : bias[unit];
  let a1 = bias === undefined ? 0 : bias[unit + 1];
  let a2 = bias === undefined ? 0 : bias[unit + 2];
  let a3 = bias === undefined ? 0 : bias[unit + 3];
  let b0 = a0;
  let b1 = a1;
  let b2 = a2;
  let b3 = a3;
  for (let input = 0, k = unit; input < fan_in; input++, k += fan_out) {
    const a = x[first + input];
    const b = x[first + fan_in + input];
    a0 += a * weight[k];
    a1 += a * weight[k + 1];
    a2 += a * weight[k + 2];
    a3 += a * weight[k + 3];
    b0 += b * weight[k];
    b1 += b * weight[k + 1];
    b2 += b * weight[k + 2];
    b3 += b * weight[k + 3];
  }
  const k = row * fan_out + unit;
  z[k] = a0;
  z[k + 1] = a1;
  z[k + 2] = a2;
  z[k + 3] = a3;
  z[k + fan_out] = b0;
  z[k + fan_out + 1] = b1;
  z[k + fan_out + 2] = b2;
  z[k + fan_out + 3] = b3;
}

/** g W^T of gradient (rows, fan_out) and weight (fan_in, fan_out), into `into` (rows, fan_in). */
export function times_weights_transposed(gradient, weight, fan_in, fan_out, into) {
  const rows = gradient.length / fan_out;
  const rows_in_blocks = rows - (rows % 4);
  const inputs_in_blocks = fan_in - (fan_in % 2);
  for (let input = 0; input < inputs_in_blocks; input += 2) {
    for (let row = 0; row < rows_in_blocks; row += 4) {
      four_rows_two_inputs(gradient, weight, fan_in, fan_out, into, row, input);
    }
  }
  for (let row = 0; row < rows; row++) {
    for (let input = row < rows_in_blocks ? inputs_in_blocks : 0; input < fan_in; input++) {
      let sum = 0;
      for (let unit = 0; unit < fan_out; unit++) sum += gradient[row * fan_out + unit] * weight[input * fan_out + unit];
      into[row * fan_in + input] = sum;
    }
  }
}

function four_rows_two_inputs(gradient, weight, fan_in, fan_out, into, row, input) {
  const first = row * fan_out;
  const of_input = input * fan_out;
  let a0 = 0, a1 = 0, b0 = 0, b1 = 0, c0 = 0, c1 = 0, d0 = 0, d1 = 0;
  for (let unit = 0; unit < fan_out; unit++) {
    const w0 = weight[of_input + unit];
    const w1 = weight[of_input + fan_out + unit];
    const a = gradient[first + unit];
    const b = gradient[first + fan_out + unit];
    const c = gradient[first + 2 * fan_out + unit];
    const d = gradient[first + 3 * fan_out + unit];
    a0 += a * w0;
    a1 += a * w1;
    b0 += b * w0;
    b1 += b * w1;
    c0 += c * w0;
    c1 += c * w1;
    d0 += d * w0;
    d1 += d * w1;
  }
  const k = row * fan_in + input;
  into[k] = a0;
  into[k + 1] = a1;
  into[k + fan_in] = b0;
  into[k + fan_in + 1] = b1;
  into[k + 2 * fan_in] = c0;
  into[k + 2 * fan_in + 1] = c1;
  into[k + 3 * fan_in] = d0;
  into[k + 3 * fan_in + 1] = d1;
}
