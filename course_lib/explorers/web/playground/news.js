/* What a hand has changed in a network that had learned something: it is said until the training has gone on. */

import declaration from "../explorers/playground.state.js";

const READ = 3000; // milliseconds that a sentence stays while it trains: long enough to be read
const BY_HAND = "You have set a weight by hand: that alone has changed the losses, until the training goes on from there.";

export class News {
  constructor() {
    this.forget();
  }

  forget() {
    this.words = "";
  }

  /** A weight was set by hand. */
  of_weight(session) {
    this.tell(BY_HAND, session);
  }

  /** These fields were changed, and the training goes on with the weights that there are. */
  of_settings(names, session) {
    const labels = names.map((name) => declaration.fields.find((field) => field.name === name).label).join(" and ");
    this.tell(`The new setting (${labels}) counts from here on, and what is learned stays. Restart begins again at the first weights.`, session);
  }

  /** Another network began, in the place of one that had learned something. */
  of_network(session, running) {
    this.tell(`This change makes another network, which begins at its first weights${running ? "" : ": press Start"}. Undo brings the old one back.`, session);
  }

  tell(words, session) {
    Object.assign(this, { words, session, steps: session.steps, until: performance.now() + READ });
  }

  /** What is to be said now, or "". */
  said_of(session, running) {
    const is_over = session.steps !== this.steps && (!running || performance.now() > this.until);
    if (session !== this.session || is_over) this.forget();
    return this.words;
  }
}
