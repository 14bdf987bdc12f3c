/* What undo goes back through, and redo forward again: states, each with the network that it had. */

const MOST = 100;
const ONE_MOVE = 800; // milliseconds: what follows sooner on the same control is the same move of the hand

export class Undo {
  constructor() {
    this.past = [];
    this.future = []; // what was taken back, the last of it at the end
    this.end_move();
  }

  /**
   * A change: what was before it can come back, and what was taken back before can't come again.
   * @param {object} before {state, session, problem}: the session's network is still there; `numbers` are its weights,
   *   where those were changed by hand, else null
   * @param {string} names what was changed, to take a slider's moves as one
   */
  push(before, names) {
    const now = performance.now();
    const is_same_move = names === this.last.names && now - this.last.at < ONE_MOVE && this.past.length > 0;
    this.last = { names, at: now };
    this.future = [];
    if (is_same_move) return;
    this.past.push(before);
    if (this.past.length > MOST) this.past.shift();
  }

  /** What comes next is a move of its own. */
  end_move() {
    this.last = { names: "", at: -Infinity };
  }

  /** What was before the last change. present(has_numbers) gives what is now, for redo to come back to. */
  back(present) {
    return this.exchange(this.past, this.future, present);
  }

  /** What the last undo took away. */
  forward(present) {
    return this.exchange(this.future, this.past, present);
  }

  exchange(from, to, present) {
    this.end_move();
    if (from.length === 0) return null;
    const found = from.pop();
    to.push(present(found.numbers !== null));
    return found;
  }
}
