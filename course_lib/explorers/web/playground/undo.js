/* What undo goes back through: states, each with the network that it had. */

const MOST = 100;
const ONE_MOVE = 800; // milliseconds: what follows sooner on the same control is the same move of the hand

export class Undo {
  constructor() {
    this.past = [];
    this.last = { names: "", at: -Infinity };
  }

  /**
   * @param {object} state what it was
   * @param {Session} session of that time; its network is still there
   * @param {string} names what was changed, to take a slider's moves as one
   * @param {number[]} numbers the weights, where those were changed by hand
   */
  push(state, session, names, numbers = null) {
    const now = performance.now();
    const is_same_move = names === this.last.names && now - this.last.at < ONE_MOVE && this.past.length > 0;
    this.last = { names, at: now };
    if (is_same_move) return;
    this.past.push({ state, session, numbers });
    if (this.past.length > MOST) this.past.shift();
  }

  /** What comes next is a move of its own. */
  end_move() {
    this.last = { names: "", at: -Infinity };
  }

  pop() {
    this.end_move();
    return this.past.pop();
  }

  get is_empty() {
    return this.past.length === 0;
  }
}
