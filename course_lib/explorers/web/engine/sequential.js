/* A network is a list of layers: forward from the first to the last, backward from the last to the first.
 * Twin of scratch/sequential.py. */

/** Layers in a row, each of which gets what the one before it gives. */
export class Sequential {
  constructor(layers) {
    this.layers = layers;
  }

  forward(x, training) {
    for (const layer of this.layers) x = layer.forward(x, training);
    return x;
  }

  backward(output_gradient) {
    for (let place = this.layers.length - 1; place >= 0; place--) {
      output_gradient = this.layers[place].backward(output_gradient);
    }
    return output_gradient;
  }
}
