/* A formula in x that somebody types, read and computed without ever being run as a program. */

/** A formula that cannot be read. The message says where and what was expected. */
class FormulaError extends Error {}

const FUNCTIONS = {
  sin: Math.sin, cos: Math.cos, tan: Math.tan, exp: Math.exp, log: Math.log, sqrt: Math.sqrt, abs: Math.abs,
  tanh: Math.tanh, sign: Math.sign, max: Math.max, min: Math.min,
};
const CONSTANTS = { pi: Math.PI, e: Math.E };
const TOKEN = /\s*(?:(\d+\.?\d*(?:[eE][+-]?\d+)?|\.\d+)|([a-zA-Z]+)|(\*\*|[-+*/^(),]))/y;
const DEEPEST = 60; // brackets in brackets

/** The function x -> number of a text such as "sin(2 x) + x^2 / 4". A bad text is a FormulaError. */
export function parse_formula(text) {
  const reader = new Reader(text);
  const compute = reader.sum(0);
  if (reader.token !== null) reader.refuse("an operator or the end");
  return compute;
}

/* sum = product (("+" | "-") product)*; product = power (("*" | "/" | nothing) power)*; power = sign atom ("^" power)? */
class Reader {
  constructor(text) {
    this.text = text;
    this.place = 0;
    this.next();
  }

  next() {
    this.start = this.place;
    TOKEN.lastIndex = this.place;
    const found = TOKEN.exec(this.text);
    if (found === null) {
      if (this.text.slice(this.place).trim() !== "") {
        throw new FormulaError(`At letter ${this.place + 1} stands "${this.text.slice(this.place).trim()[0]}", which no formula has.`);
      }
      this.token = null;
      return;
    }
    this.place = TOKEN.lastIndex;
    this.token = found[1] ? { number: Number(found[1]) } : found[2] ? { name: found[2] } : { sign: found[3] };
  }

  refuse(expected) {
    const found = this.token === null ? "the end" : `"${this.token.sign ?? this.token.name ?? this.token.number}"`;
    throw new FormulaError(`At letter ${this.start + 1} stands ${found}; expected ${expected}.`);
  }

  takes(...signs) {
    const sign = this.token?.sign;
    if (sign === undefined || !signs.includes(sign)) return null;
    this.next();
    return sign;
  }

  sum(depth) {
    if (depth > DEEPEST) throw new FormulaError(`More than ${DEEPEST} brackets stand in each other.`);
    let left = this.product(depth);
    for (let sign = this.takes("+", "-"); sign !== null; sign = this.takes("+", "-")) {
      const [first, second] = [left, this.product(depth)];
      left = sign === "+" ? (x) => first(x) + second(x) : (x) => first(x) - second(x);
    }
    return left;
  }

  product(depth) {
    let left = this.power(depth);
    for (;;) {
      const sign = this.takes("*", "/");
      const goes_on = sign !== null || this.token?.number !== undefined || this.token?.name !== undefined || this.token?.sign === "(";
      if (!goes_on) return left; // two factors side by side are a product: 2 x
      const [first, second] = [left, this.power(depth)];
      left = sign === "/" ? (x) => first(x) / second(x) : (x) => first(x) * second(x);
    }
  }

  power(depth) {
    const sign = this.takes("-", "+");
    if (sign !== null) {
      if (depth > DEEPEST) throw new FormulaError("There are too many signs in a row.");
      const inner = this.power(depth + 1);
      return sign === "-" ? (x) => -inner(x) : inner;
    }
    const base = this.atom(depth);
    if (this.takes("^", "**") === null) return base;
    const exponent = this.power(depth + 1);
    return (x) => base(x) ** exponent(x);
  }

  atom(depth) {
    const { token } = this;
    if (token?.number !== undefined) {
      this.next();
      return () => token.number;
    }
    if (token?.sign === "(") return this.bracket(depth);
    if (token?.name === undefined) this.refuse("a number, x, or a function");
    const name = token.name.toLowerCase();
    this.next();
    if (name === "x") return (x) => x;
    if (Object.hasOwn(CONSTANTS, name)) return () => CONSTANTS[name];
    if (!Object.hasOwn(FUNCTIONS, name)) {
      throw new FormulaError(`"${token.name}" is neither x nor one of: ${[...Object.keys(FUNCTIONS), ...Object.keys(CONSTANTS)].join(", ")}.`);
    }
    if (this.token?.sign !== "(") this.refuse(`a bracket after ${name}`);
    return this.call(FUNCTIONS[name], depth);
  }

  bracket(depth) {
    this.next();
    const inside = this.sum(depth + 1);
    if (this.takes(")") === null) this.refuse('")"');
    return inside;
  }

  call(f, depth) {
    this.next();
    const given = [this.sum(depth + 1)];
    while (this.takes(",") !== null) given.push(this.sum(depth + 1));
    if (this.takes(")") === null) this.refuse('")" or ","');
    return (x) => f(...given.map((each) => each(x)));
  }
}
