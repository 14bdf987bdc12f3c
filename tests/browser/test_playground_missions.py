"""The playground's missions, each solved and seen as done; and a newcomer's way to the spiral."""

import pytest

TRY = """async ([number, changes, most]) => {
  const { Session } = await import("/playground/session.js");
  const { MISSIONS, verdict } = await import("/playground/missions.js");
  const start = MISSIONS[number - 1].state;
  const memory = {};
  const first = verdict(number, new Session(start), memory);
  let found;
  for (const change of changes) {
    const session = new Session({ ...start, ...change });
    for (found = false; session.epochs < most && !session.diverged && found !== true;) {
      session.epoch();
      session.look();
      found = verdict(number, session, memory);
    }
  }
  const elsewhere = new Session({ ...start, data: "several_gaussians" });
  return { first, found, elsewhere: verdict(number, elsewhere, memory), n_missions: MISSIONS.length };
}"""
SOLUTIONS = {
    1: [{"hidden_layers": [], "activations": []}],
    2: [{"hidden_layers": [4], "optimizer": "adam"}],
    3: [{"features": ["x", "y", "xy"]}],
    4: [{"hidden_layers": [8] * 3, "activations": ["tanh"] * 3, "optimizer": "adam", "learning_rate": 0.003}],
    5: [{"learning_rate": 100}, {"learning_rate": 0.03}],
    6: [{"hidden_layers": [16, 16], "optimizer": "adam"}],
    7: [{"l2": 0.03}],
    8: [{"hidden_layers": [8] * 6}],
    9: [{"normalization": "batch"}],
    10: [{"l2": 0.01}],
}
NOT_YET = {5: [{"learning_rate": 0.03}], 7: [{}], 9: [{}], 10: [{}]}  # what the start alone does not do


@pytest.fixture(scope="module")
def page(web):
    """One page for all of this file."""
    page = web.open()
    yield page
    assert page.said == []


@pytest.mark.parametrize("number", SOLUTIONS)
def test_a_mission_is_not_done_at_its_start_and_done_by_a_solution(number, page):
    seen = page.evaluate(TRY, [number, SOLUTIONS[number], 600])
    assert seen["found"] is True
    assert isinstance(seen["first"], str) and seen["first"].endswith((".", "?"))
    assert "data are others" in seen["elsewhere"]
    assert seen["n_missions"] == len(SOLUTIONS)


@pytest.mark.parametrize("number", NOT_YET)
def test_training_alone_does_not_do_a_mission(number, page):
    assert page.evaluate(TRY, [number, NOT_YET[number], 400])["found"] is not True


def test_a_newcomer_solves_the_spiral_with_what_the_screen_says(web):
    page = web.mount("playground")
    page.locator("select.mission").select_option(label="4. The spiral")
    assert "95%" in page.locator(".task").inner_text()
    page.locator(".start").click()
    for place in (1, 2):  # "More units in each layer"
        page.locator(f".width-{place}").fill("16")
        page.locator(f".width-{place}").press("Enter")
    page.locator("select.optimizer").select_option(label="Adam")
    assert "Adam at a learning rate of 0.003" in page.locator(".task").inner_text()
    for _ in range(2):
        page.locator("input.learning_rate").press("ArrowLeft")
    assert page.evaluate("window.explorer.get().learning_rate") == 0.003
    page.locator(".restart").click()
    page.locator(".start").click()
    page.wait_for_function(
        "document.getElementById('here').shadowRoot.querySelector('.task').textContent.startsWith('✔ Done at epoch ')",
        timeout=60_000,
    )
    page.locator(".start").click()
    assert "✔ 4. The spiral" in page.locator("select.mission").inner_text()
    page.locator(".again").click()
    page.wait_for_function("document.getElementById('here').shadowRoot.querySelector('.width-1').value === '4'")
    page.locator("select.mission").select_option(index=0)
    page.wait_for_function(
        "document.getElementById('here').shadowRoot.querySelector('.task').textContent.includes('1 of 10')"
    )
    assert page.said == []
