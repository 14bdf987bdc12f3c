/* An explorer's state: plain values with names, declared once in NAME.state.js, checked wherever they come from.
 *
 * A declaration is {explorer, version, title, fields: [...]}; a field has name, label, meaning, start and a kind:
 *   "number": low, high, step, digits, and whole: true where a fraction cannot be; in the place of digits, short: true
 *       writes it as a picture does; in that of both, stops: where its slider stops, any number between can be typed
 *   "choice": options [[text, value], ...], ordered true for a slider over them
 *   "flag": true or false                    "numbers": a list of numbers between low and high, at most `most`
 *   "text": at most `most` letters           "list": a list of values of one of the kinds above: `of`, least, most
 */

/** A state that cannot be taken. The message says what was given and what is expected. */
export class StateError extends Error {}

/** The state that an explorer opens in, with some fields elsewhere. */
export function starting_state(declaration, changes = {}) {
  const starts = Object.fromEntries(declaration.fields.map((field) => [field.name, structuredClone(field.start)]));
  return { ...starts, ...checked(declaration, changes) };
}

/** The changes, each checked: a name that there is not, or a value that the field cannot have, is a StateError. */
export function checked(declaration, changes) {
  if (!is_plain(changes)) throw new StateError(`A state is ${shown(changes)}; expected an object with fields by name.`);
  const known = new Map(declaration.fields.map((field) => [field.name, field]));
  for (const name of Object.keys(changes)) {
    if (!known.has(name)) {
      throw new StateError(`${declaration.title} has no field ${shown(name)}. It has: ${[...known.keys()].join(", ")}.`);
    }
  }
  return Object.fromEntries(Object.entries(changes).map(([name, value]) => [name, checked_value(known.get(name), value)]));
}

/** The fields that are elsewhere than where they start: all that a link has to hold. */
export function changes_of(declaration, state) {
  const moved = declaration.fields.filter(({ name, start }) => JSON.stringify(state[name]) !== JSON.stringify(start));
  return Object.fromEntries(moved.map(({ name }) => [name, state[name]]));
}

/** What a file or a link holds: {explorer, version, state} as JSON text. Nothing in it is ever run. */
export function to_json(declaration, state) {
  return JSON.stringify({ explorer: declaration.explorer, version: declaration.version, state });
}

/**
 * The state of such a text, complete: a field that is left out is where it starts in that version. Text that is cut off,
 * of another explorer or version is a StateError.
 */
export function from_json(declaration, text) {
  let content;
  try {
    content = JSON.parse(text);
  } catch {
    throw new StateError("This is no saved state, or only a part of one: it is not JSON. Copy it whole.");
  }
  if (!is_plain(content) || content.explorer !== declaration.explorer) {
    throw new StateError(`This is a state of ${shown(content?.explorer)}; expected one of ${shown(declaration.explorer)}.`);
  }
  if (content.version !== declaration.version) {
    throw new StateError(
      `This state has version ${shown(content.version)}; this explorer reads ${declaration.version}. Save it again there.`,
    );
  }
  return starting_state(declaration, content.state);
}

function checked_value(field, value) {
  const refuse = (expected) => {
    throw new StateError(`${field.name} is ${shown(value)}; it must be ${expected}.`);
  };
  if (field.kind === "number") {
    const fits = is_number(value) && value >= field.low && value <= field.high && (!field.whole || Number.isInteger(value));
    if (!fits) refuse(`a ${field.whole ? "whole " : ""}number from ${field.low} to ${field.high}`);
    return value;
  }
  if (field.kind === "choice") {
    const found = field.options.find(([, option]) => option === value);
    if (found === undefined) refuse(`one of ${field.options.map(([, option]) => shown(option)).join(", ")}`);
    return value;
  }
  if (field.kind === "flag") {
    if (typeof value !== "boolean") refuse("true or false");
    return value;
  }
  if (field.kind === "text") {
    if (typeof value !== "string" || value.length > field.most) refuse(`a text of at most ${field.most} letters`);
    return value;
  }
  if (field.kind === "numbers") {
    const fits = Array.isArray(value) && value.length <= field.most;
    if (!fits || !value.every((each) => is_number(each) && each >= field.low && each <= field.high)) {
      refuse(`a list of at most ${field.most} numbers from ${field.low} to ${field.high}`);
    }
    return [...value];
  }
  if (!Array.isArray(value) || value.length < field.least || value.length > field.most) {
    refuse(`a list of ${field.least} to ${field.most} values`);
  }
  return value.map((each) => checked_value({ ...field.of, name: `an entry of ${field.name}` }, each));
}

function is_number(value) {
  return typeof value === "number" && Number.isFinite(value);
}

function is_plain(value) {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function shown(value) {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}
