"""What goes on from picture to picture in the explorers: it rests where nobody looks, and ends when it is stopped."""

RUN = """async () => {
  const { Frames, train_for } = await import("/frames.js");
  const picture = () => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
  const frame = { visible: true };
  let turns = 0;
  const frames = new Frames(frame, () => (turns += 1));
  const seen = {};
  frames.go();
  frames.go(); // goes on already: one turn a picture all the same
  for (let k = 0; k < 4; k++) await picture();
  seen.going = [turns, frames.going];
  frame.visible = false;
  await picture();
  const before = turns;
  for (let k = 0; k < 4; k++) await picture();
  seen.resting = [turns - before, frames.going];
  frame.visible = true;
  for (let k = 0; k < 2; k++) await picture();
  seen.again = turns - before;
  frames.turn = () => frames.stop();
  for (let k = 0; k < 2; k++) await picture();
  seen.stopped = frames.going;
  const session = { diverged: false, steps: 0, step() { this.steps += 1; this.diverged = this.steps === 9; } };
  seen.steps = [2, Infinity, Infinity].map((most) => {
    train_for(session, 1000, most);
    return session.steps;
  });
  const wait = (end) => { while (performance.now() < end); };
  const slow = { step: () => wait(performance.now() + 10) };
  const start = performance.now();
  train_for(slow, 25);
  seen.waited = performance.now() - start;
  return seen;
}"""


def test_keys_stay_with_an_explorer_where_a_notebook_hears_them_first_and_commands_go_through(web):
    """As Notebook 7 does, by way of Lumino: it listens on its way down, and leaves alone what has the attribute."""
    page = web.mount("neuron")
    page.evaluate("""() => { window.taken = [];
      document.addEventListener("keydown", (event) => {
        if (!event.target.closest("[data-lm-suppress-shortcuts]")) window.taken.push(event.key); }, true); }""")
    slider = page.locator("input[type=range]").first
    before = slider.input_value()
    for key in ("ArrowRight", "b", "Control+s", "Shift+Enter"):
        slider.press(key)
    assert page.evaluate("window.taken.filter((key) => key !== 'Control' && key !== 'Shift')") == ["s", "Enter"]
    assert slider.input_value() != before
    page.evaluate("window.explorer.destroy()")
    page.locator("#here").evaluate(
        "(place) => { place.tabIndex = 0; place.removeAttribute('data-lm-suppress-shortcuts'); }"
    )
    page.locator("#here").press("c")
    assert page.evaluate("window.taken.at(-1)") == "c", "an explorer that is gone marks nothing"


def test_turns_come_with_the_pictures_and_rest_while_nobody_looks(web):
    page = web.open()
    seen = page.evaluate(RUN)
    assert 4 <= seen["going"][0] <= 9 and seen["going"][1]
    assert seen["resting"] == [0, True]
    assert seen["again"] > 0
    assert seen["stopped"] is False
    assert seen["steps"] == [2, 9, 9]  # so many at most, and none after the loss is no number
    assert 25 <= seen["waited"] < 200
