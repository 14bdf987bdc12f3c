/* Predictions, their answers, and quizzes, as they stand in the notebooks. What a reader writes down stays in the reader's
 * browser, in its local storage; where there is none, it stays until the page is left.
 */

(() => {
  const PREFIX = "course:prediction:";
  const here = new Map();
  const followers = new Map(); // key: functions that are called when the prediction changes
  let questions = 0;

  function remembered(key) {
    try {
      return localStorage.getItem(PREFIX + key) ?? here.get(key) ?? "";
    } catch {
      return here.get(key) ?? "";
    }
  }

  function remember(key, text) {
    here.set(key, text);
    try {
      localStorage.setItem(PREFIX + key, text);
    } catch {
      // A browser that keeps nothing: here it is, until the page is left.
    }
    for (const follow of followers.get(key) ?? []) follow();
  }

  function follow(key, action) {
    followers.set(key, [...(followers.get(key) ?? []), action]);
    action();
  }

  function element(tag, attributes = {}, ...inside) {
    const node = Object.assign(document.createElement(tag), attributes);
    node.append(...inside);
    return node;
  }

  /** Radio buttons, one a choice; chosen(text) is called when one is taken. */
  function choices(texts, chosen, now = "") {
    const name = `course-question-${(questions += 1)}`;
    return texts.map((text) => {
      const input = element("input", { type: "radio", name, value: text, checked: text === now });
      input.addEventListener("change", () => chosen(text));
      return element("label", { className: "choice" }, input, ` ${text}`);
    });
  }

  function prediction({ key, question, choices: texts, slider }) {
    const said = element("p", { className: "said" });
    said.setAttribute("role", "status");
    const inputs = texts ? choices(texts, (text) => remember(key, text), remembered(key)) : [typed(key, slider, question)];
    follow(key, () => {
      const noted = remembered(key);
      said.textContent = noted ? `✓ Written down: ${noted}` : "Nothing written down yet.";
    });
    const legend = element("legend", {}, element("b", {}, "Predict: "), question);
    return element("fieldset", { className: "question" }, legend, ...inputs, said);
  }

  /** A number or words of one's own, with a button that writes them down. */
  function typed(key, slider, question) {
    const input = element("input", slider ? { type: "number" } : { type: "text" });
    if (slider) [input.min, input.max, input.step] = slider;
    input.value = remembered(key);
    input.setAttribute("aria-label", question);
    const button = element("button", { type: "button", textContent: "Write it down" });
    const write = () => input.value.trim() && input.checkValidity() && remember(key, input.value.trim());
    button.addEventListener("click", write);
    input.addEventListener("keydown", (event) => event.key === "Enter" && write());
    const range = slider ? ` from ${slider[0]} to ${slider[1]} ` : " ";
    return element("p", {}, input, range, button);
  }

  function answer({ key, answer: text }) {
    const predicted = element("p");
    follow(key, () => {
      const noted = remembered(key);
      predicted.textContent = noted ? `You predicted: ${noted}` : "You wrote no prediction down for this question.";
    });
    const shown = element("p", {}, element("b", {}, "Answer: "), text);
    return element("details", { className: "answer" }, element("summary", { textContent: "The answer" }), predicted, shown);
  }

  function quiz({ question, choices: explained, correct }) {
    const said = element("p", { className: "said", textContent: "Choose an answer." });
    said.setAttribute("role", "status");
    const chosen = (text) => {
      const right = text === correct;
      said.className = right ? "said right" : "said wrong";
      const verdict = element("b", {}, right ? "✓ Right. " : "✗ Not this one. ");
      said.replaceChildren(verdict, explained[text], right ? "" : " Try again: choose another answer.");
    };
    const legend = element("legend", {}, element("b", {}, question));
    return element("fieldset", { className: "question" }, legend, ...choices(Object.keys(explained), chosen), said);
  }

  const KINDS = { prediction, answer, quiz };

  /** Build into its place what the form says. */
  window.course_questions = (place) => {
    const form = JSON.parse(place.dataset.form);
    place.replaceChildren(KINDS[form.kind](form));
  };
})();
