/* A state as an address or as lines of Python, and back. What either holds is read, checked, and never run. */

import declaration from "../explorers/playground.state.js";
import { changes_of, from_json, starting_state, StateError, to_json } from "../state.js";
import { Session } from "./session.js";

const LONGEST = 300_000; // letters, packed or not
const FRAGMENT = `#${declaration.explorer}=`;
const CALL = "PlaygroundExplorer(";
const DAMAGED = "This link is cut off or damaged: copy it whole.";

/**
 * The address that opens this state.
 * @param {object} page where it opens, like window.location
 */
export async function address_of(state, page) {
  const packed = await pack(to_json(declaration, changes_of(declaration, state)));
  return `${page.href.split("#")[0]}${FRAGMENT}${packed}`;
}

/** Whether an address has a state in it. Its fragment may be somebody else's. */
export function holds_state(page) {
  return page.hash.startsWith(FRAGMENT);
}

/** The lines of Python that make this playground in a notebook. */
export function python_lines(state) {
  const words = Object.entries(changes_of(declaration, state)).map(([name, value]) => `${name}=${python_value(value)}`);
  return `from course_lib.explorers import PlaygroundExplorer\n${CALL}${words.join(", ")})`;
}

function python_value(value) {
  if (typeof value === "boolean") return value ? "True" : "False";
  return Array.isArray(value) ? `[${value.map(python_value).join(", ")}]` : JSON.stringify(value); // alike in both
}

/** The state of an address, of lines of Python, or of JSON, complete. One that cannot be is an error with a sentence. */
export async function state_of_text(given) {
  const text = given.trim();
  if (text.length > LONGEST) throw new StateError(`This is longer than any link: ${text.length.toLocaleString("en-US")} letters.`);
  const state = await read(text);
  const session = new Session(structuredClone(state)); // a formula that cannot be read is an error too
  if (state.weights.length && session.given_numbers === null) {
    throw new StateError(`This has ${state.weights.length} weights; its network has ${session.network.flat_parameters.length}.`);
  }
  return state;
}

async function read(text) {
  const place = text.indexOf(FRAGMENT);
  if (place >= 0) return from_json(declaration, await unpack(text.slice(place + FRAGMENT.length).match(/^[\w-]*/)[0]));
  if (text.includes(CALL)) return state_of_call(text);
  if (text.startsWith("{")) return from_json(declaration, text);
  throw new StateError("This is no playground, or only a part of one: copy the whole address, or the whole lines.");
}

/** The state of a call with plain values: its words become an object of JSON. */
function state_of_call(text) {
  const words = text.slice(text.indexOf(CALL) + CALL.length, -1).replace(/,\s*$/, "");
  const tokens = /"(?:[^"\\]|\\.)*"|'((?:[^'\\]|\\.)*)'|\b(True|False)\b|\b(\w+)\s*=/g;
  const json = words.replace(tokens, (found, text_in_quotes, flag, name) => {
    if (text_in_quotes !== undefined) return `"${text_in_quotes.replaceAll("\\'", "'").replaceAll('"', '\\"')}"`;
    if (flag) return flag.toLowerCase();
    return name ? `"${name}":` : found;
  });
  let changes;
  try {
    changes = JSON.parse(text.endsWith(")") ? `{${json}}` : "");
  } catch {
    throw new StateError("These lines are cut off, or hold more than plain values: copy them whole.");
  }
  return starting_state(declaration, changes);
}

/** A text, compressed, in letters that an address may have. */
async function pack(text) {
  const bytes = await through(new CompressionStream("deflate"), new TextEncoder().encode(text));
  const letters = Array.from(bytes, (byte) => String.fromCharCode(byte)).join("");
  return btoa(letters).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

async function unpack(packed) {
  try {
    const letters = atob(packed.replaceAll("-", "+").replaceAll("_", "/"));
    const bytes = await through(new DecompressionStream("deflate"), Uint8Array.from(letters, (letter) => letter.charCodeAt(0)));
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw new StateError(DAMAGED); // deflate has a sum that it checks: one letter changed is found
  }
}

/** What comes out of a stream. A few letters can unpack to gigabytes: it ends where no state is that long. */
async function through(stream, bytes) {
  const parts = [];
  let length = 0;
  for await (const part of chunks(new Blob([bytes]).stream().pipeThrough(stream).getReader())) {
    parts.push(part);
    length += part.length;
    if (length > LONGEST) throw new RangeError("too long");
  }
  return new Uint8Array(await new Blob(parts).arrayBuffer());
}

async function* chunks(reader) {
  try {
    for (let next = await reader.read(); !next.done; next = await reader.read()) yield next.value;
  } finally {
    reader.cancel().catch(() => {}); // the rest of it isn't wanted
  }
}
