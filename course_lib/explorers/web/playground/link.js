/* A state as a link, and a link as a state. What a link holds is read, checked, and never run. */

import declaration from "../explorers/playground.state.js";
import { from_json, StateError, to_json } from "../state.js";
import { Session } from "./session.js";

const LONGEST = 300_000; // letters

/** An address that opens this state where the page is one of its own; else the text alone. */
export function link_of(state, base) {
  const text = to_json(declaration, state);
  return base ? `${base}#${encodeURIComponent(text)}` : text;
}

/** The state of a link or a text, complete. One that cannot be is an error with a sentence. */
export function state_of_link(link) {
  const text = link.trim();
  if (text.length > LONGEST) throw new StateError(`This is longer than any link: ${text.length.toLocaleString("en-US")} letters.`);
  const state = from_json(declaration, text.startsWith("{") ? text : decoded(text.slice(text.indexOf("#") + 1)));
  const session = new Session(structuredClone(state)); // a formula that cannot be read is an error too
  if (state.weights.length && session.given_numbers === null) {
    throw new StateError(`The link has ${state.weights.length} weights; its network has ${session.network.flat_parameters.length}.`);
  }
  return state;
}

function decoded(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new StateError("This link is cut off or damaged: copy it whole.");
  }
}
