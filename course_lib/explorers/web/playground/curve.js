/* The losses over the epochs: thinned evenly however long the training is, and nothing that was seen is forgotten. */

const MOST = 400; // points that are kept: more than a chart of 250 pixels shows
const PARTS = ["train", "validation"];
const SMOOTHED = 5; // epochs over which the validation loss is averaged before its lowest is looked for

/**
 * A point is {epoch, train, validation, range}: each part's {loss, accuracy} as it was at that epoch, and in range the
 * lowest and the highest loss of each part, [low, high], from there to the next point.
 */
export class Curve {
  constructor() {
    this.begin_anew();
  }

  begin_anew() {
    this.points = [];
    this.width = 1; // epochs of which one point is kept
    this.first = null; // the training loss before the first step: the first epoch's point is replaced by later looks
    this.begin_lowest();
  }

  /** From here on the lowest validation loss is looked for anew: a hand changed something. */
  begin_lowest() {
    this.average = null;
    this.lowest = null; // {epoch, validation, train} of the smoothed curve, kept from when it was
  }

  /** What was measured now. A second look at the same epoch takes the place of the first. */
  add({ epoch, train, validation }) {
    const { points } = this;
    this.first ??= train.loss;
    const range = { train: [train.loss, train.loss], validation: [validation.loss, validation.loss] };
    if (points.at(-1)?.epoch === epoch) points.pop();
    else if (points.length > 2 && this.are_one(points.at(-2), points.at(-1))) join(points);
    points.push({ epoch, train, validation, range });
    if (points.length > MOST) this.thin();
    this.look_for_lowest(this.points.at(-1));
  }

  /** Without the points whose training loss is no number. */
  keep_finite() {
    this.points = this.points.filter((point) => Number.isFinite(point.train.loss));
  }

  are_one(one, other) {
    return Math.floor(one.epoch / this.width) === Math.floor(other.epoch / this.width);
  }

  /** Of twice as many epochs, or as many as it takes, one point is kept; the first and the newest always are. */
  thin() {
    while (this.points.length > MOST) this.thin_by_half();
  }

  thin_by_half() {
    this.width *= 2;
    const [first, ...later] = this.points;
    const newest = later.pop();
    const kept = [];
    for (const point of later) {
      kept.push(point);
      if (kept.length > 1 && this.are_one(kept.at(-2), point)) join(kept);
    }
    this.points = [first, ...kept, newest];
  }

  look_for_lowest({ epoch, train, validation }) {
    if (!Number.isFinite(validation.loss)) return; // there are no points for it
    const before = this.average;
    const share = before ? Math.min(1, (epoch - before.epoch) / SMOOTHED) : 1; // the new one's, in the average
    const mixed = (one, other) => (before ? one + share * (other - one) : other);
    this.average = { epoch, train: mixed(before?.train, train.loss), validation: mixed(before?.validation, validation.loss) };
    if (this.lowest === null || this.average.validation <= this.lowest.validation) this.lowest = this.average;
  }
}

/** The last two points become one: the earlier, with the lowest and the highest of both. */
function join(points) {
  const [one, other] = points.splice(-2);
  const range = Object.fromEntries(PARTS.map((part) => {
    const both = [...one.range[part], ...other.range[part]];
    return [part, [Math.min(...both), Math.max(...both)]];
  }));
  points.push({ ...one, range });
}
