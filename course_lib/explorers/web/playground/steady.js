/* The sentence that is said of the training: it stays until another one has held, and advice stays until it has helped. */

const HOLDS = { time: 3000, epochs: 20 }; // what another verdict needs before it is said
const READ = 10_000; // milliseconds that a verdict stays, unless what comes is its opposite
const BETTER = 0.8; // of the training loss at which advice was given: what is above it is not clearly better

/**
 * The verdict that is said: the first one, until another was mostly true for some time and epochs. As long as it's the same
 * one, its words are those that were said first.
 */
export class Steady {
  constructor() {
    this.begin_anew();
  }

  begin_anew() {
    this.said = null;
    this.since = 0; // milliseconds, when it was said first
    this.given = null; // {advice, level} of the last verdict that had any
    this.recent = []; // [{key, epoch, now}] of the time in which another verdict has to hold
  }

  /** Whether this was found of late more often than what is said, and than anything else. */
  is_mostly(key) {
    const times = (wanted) => this.recent.filter((each) => each.key === wanted).length;
    const others = new Set([this.said.key, ...this.recent.map((each) => each.key)]);
    return [...others].every((other) => other === key || times(other) < times(key));
  }

  /** The verdict to be said; now: milliseconds; epoch: of the session. */
  of(found, epoch, now) {
    if (found === null) return this.said;
    this.recent.push({ key: found.key, epoch, now });
    const is_past = (each) => now - each.now >= HOLDS.time && epoch - each.epoch >= HOLDS.epochs;
    while (this.recent.length > 1 && is_past(this.recent[1])) this.recent.shift();
    if (found.key === this.said?.key) return this.without_old_advice(found);
    const waits = this.said !== null && !found.at_once && !this.said.at_once && !this.said.for_now;
    const has_held = () => is_past(this.recent[0]) && this.is_mostly(found.key);
    const was_read = () => now - this.since >= READ || are_opposite(this.said, found);
    if (waits && !(has_held() && was_read())) return this.said;
    this.recent = [{ key: found.key, epoch, now }]; // the next one has to hold as long again
    this.since = now;
    this.said = this.with_advice(found);
    return this.said;
  }

  /** Advice that was given is said further, behind what says no more than that it goes on. */
  with_advice(found) {
    if (found.advice) this.given = found;
    else if (!found.is_open || this.has_helped(found)) this.given = null;
    return this.given && this.given !== found ? { ...found, words: `${found.words} ${this.given.advice}` } : found;
  }

  without_old_advice(found) {
    if (this.given && !found.advice && this.has_helped(found)) this.said = this.with_advice(found);
    return this.said;
  }

  has_helped({ level }) {
    return this.given === null || level < BETTER * this.given.level;
  }
}

/** What is solved is so at once, and so is what's no longer. */
function are_opposite(one, other) {
  return [one, other].some(({ key }) => key === "solved") || one.tone * other.tone < 0;
}
