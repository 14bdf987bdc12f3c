"""The browser's words for sizes and ratios are those of gradient_chart, and say what they should."""

import math

import numpy as np
import pytest

from course_lib.explorers import gradient_chart

ASK = """async ([name, words]) => {
  const decades = await import("/views/decades.js");
  return words.map((each) => decades[name](...each.map((word) => (Array.isArray(word) ? word.map(Number) : word))));
}"""


@pytest.fixture(scope="module")
def page(web):
    """One page for all of this file."""
    return web.open()


def said(page, name, *words):
    """What decades.js's function says of each; numbers that JSON has not are sent as texts."""
    return page.evaluate(ASK, [name, list(words)])


def test_a_ratio_is_said_as_python_says_it(page):
    decades = [*np.random.default_rng(1).uniform(-320, 320, 400), *np.random.default_rng(2).uniform(-12, 12, 400)]
    decades += [float(power) for power in range(-12, 13)]
    there = said(page, "ratio_in_words", *([float(each)] for each in decades))
    assert there == [gradient_chart.ratio_in_words(each) for each in decades]
    there = said(page, "times", *([float(each)] for each in decades))
    assert there == [gradient_chart.times(each) for each in decades]


@pytest.mark.parametrize(
    ("size", "text"),
    [
        (0.0, "0"),
        (1.0, "1"),
        (0.0312, "0.031"),
        (0.00031, "0.00031"),
        (2.34e-7, "2.3·10⁻⁷"),
        (9.96, "10"),
        (99_600.0, "100,000"),
        (996_000.0, "10⁶"),
        (3.2e9, "3.2·10⁹"),
        (1e305, "beyond 10³⁰⁰"),
    ],
)
def test_a_size_is_said_in_two_digits(size, text, page):
    assert said(page, "size_in_words", [size]) == [text]


def test_what_is_no_number_is_beyond(page):
    there = page.evaluate(
        """async () => {
          const { decades_to_last, ratio_in_words, size_in_words } = await import("/views/decades.js");
          const words = [...[Infinity, NaN].map(size_in_words), ...[Infinity, -Infinity].map(ratio_in_words)];
          return [words, decades_to_last([1e-300, 0, 1e300, 1e200]).map(String)];
        }"""
    )
    assert there[0] == ["beyond 10³⁰⁰", "beyond 10³⁰⁰", "more than 10³⁰⁰ times", "0 times"]
    assert there[1][1] == "-Infinity"
    assert [float(there[1][place]) for place in (0, 2, 3)] == pytest.approx([-500, 100, 0])


@pytest.mark.parametrize("first", [-3.5, -2.0, -0.9, 0.0, 0.9, 2.0, 3.5, -math.inf, math.inf, math.nan])
def test_the_verdict_and_the_finding_are_pythons(first, page):
    for decades in ([first, 7.0, 0.0], [0.0]):
        sent = [str(each).replace("inf", "Infinity").replace("nan", "NaN") for each in decades]
        assert said(page, "verdict", [sent]) == [gradient_chart.verdict(np.array(decades))]
        assert said(page, "finding", [sent, "layer"]) == [gradient_chart.finding(np.array(decades), "layer")]


@pytest.mark.parametrize("first", [-250.0, -12.0, -math.inf, 12.0, 250.0, math.inf, math.nan])
def test_a_gradient_beyond_the_chart_is_drawn_at_its_edge_and_said_to_be_beyond(first, page):
    words, d = page.evaluate(
        """async (first) => {
          const { GradientChart } = await import("/views/gradient_chart.js");
          const chart = new GradientChart({ left: 80, top: 30, width: 600, height: 150, name: "layer", x_label: "" });
          chart.draw([Number(first), Number(first) / 2, 0]);
          const texts = [...chart.node.querySelectorAll("text")];
          const seen = texts.filter((each) => each.getAttribute("visibility") !== "hidden");
          if (chart.node.outerHTML.includes("NaN")) throw new Error(chart.node.outerHTML);
          return [seen.map((each) => each.textContent), chart.triangles.getAttribute("d")];
        }""",
        str(first).replace("inf", "Infinity").replace("nan", "NaN"),
    )
    beyond = [word for word in words if word.startswith("beyond")]
    assert beyond == ([] if math.isnan(first) else ["beyond 10¹⁰" if first > 0 else "beyond 10⁻¹⁰"])
    assert (d == "") == math.isnan(first)
    if math.isnan(first):
        assert any("no ratio can be told" in word for word in words)
