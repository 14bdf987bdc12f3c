"""The plots of chapter 3 draw the numbers they are given, in the right place, and refuse what does not fit."""

import re
from types import SimpleNamespace
from xml.etree import ElementTree

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.colors import to_hex

from color_vision import contrast
from course_lib.plots import style
from course_lib.plots.gradient_norms import plot_gradient_norms
from course_lib.plots.layers import plot_layer_violins
from course_lib.plots.measurements import effect_text, effects_table, measurement_rows, plot_effects
from course_lib.plots.training_map import plot_training_map, readable_on


@pytest.fixture
def axes():
    figure, axes = plt.subplots()
    yield axes
    plt.close(figure)


def marked(axes, gid):
    return [line for line in axes.lines if line.get_gid() == gid]


def written(axes):
    return [text.get_text() for text in axes.texts]


# ---- violins, layer by layer ----------------------------------------------------------------------------------------


def test_each_violin_is_widest_where_most_of_its_values_lie(axes):
    rng = np.random.default_rng(0)
    layers = [rng.normal(center, 0.1, (50, 8)) for center in (-1.0, 0.0, 2.0)]
    assert plot_layer_violins(axes, layers, limits=(-3, 3)) is axes
    assert len(axes.collections) == 3
    for place, (violin, center) in enumerate(zip(axes.collections, (-1.0, 0.0, 2.0), strict=True), start=1):
        vertices = violin.get_paths()[0].vertices
        assert vertices[:, 0].mean() == pytest.approx(place, abs=0.02)
        assert vertices[vertices[:, 0].argmax(), 1] == pytest.approx(center, abs=0.15)
        assert vertices[:, 0].max() - place == pytest.approx(0.42)
        assert place - vertices[:, 0].min() == pytest.approx(0.42)
    assert axes.get_ylim() == (-3, 3)


def test_the_dot_and_the_line_are_mean_and_standard_deviation(axes):
    plot_layer_violins(axes, [[1.0, 3.0], [0.0, 0.0, 6.0]])
    dots = [tuple(line.get_xydata()[0]) for line in marked(axes, "mean")]
    assert dots == [(1, 2.0), (2, 2.0)]
    lines = [line.get_ydata() for line in marked(axes, "spread")]
    np.testing.assert_allclose(lines, [[1, 3], [2 - 8**0.5, 2 + 8**0.5]])


def test_on_a_log_axis_sizes_are_drawn_and_their_root_mean_square(axes):
    plot_layer_violins(axes, [[-0.01, 0.01, 0.01], [3e-5, -4e-5]], log=True)
    assert axes.get_yscale() == "log"
    dots = [tuple(line.get_xydata()[0]) for line in marked(axes, "root mean square")]
    assert dots == [(1, pytest.approx(0.01)), (2, pytest.approx(5e-5 / 2**0.5))]
    assert axes.get_ylim() == (pytest.approx(1e-5), pytest.approx(1e-2))


def test_on_a_log_axis_a_violin_is_widest_at_the_middle_of_the_decades(axes):
    sizes = 10 ** np.random.default_rng(1).normal(-4, 0.5, 4000)
    plot_layer_violins(axes, [sizes], log=True, limits=(1e-7, 1e-1))
    vertices = axes.collections[0].get_paths()[0].vertices
    assert np.log10(vertices[vertices[:, 0].argmax(), 1]) == pytest.approx(-4, abs=0.3)


def test_zeros_are_counted_at_the_foot_and_left_out_of_the_violin(axes):
    plot_layer_violins(axes, [[0.0, 0.0, 0.0, 2.0], [1.0, 2.0]], limits=(-1, 3))
    assert written(axes) == ["75%\nzeros"]
    vertices = axes.collections[0].get_paths()[0].vertices
    heights = vertices[np.abs(vertices[:, 0] - 1) > 1e-9][:, 1]
    assert heights.min() > 1.9
    assert heights.max() < 2.1


def test_a_layer_of_zeros_alone_is_drawn_as_such_on_both_axes(axes):
    plot_layer_violins(axes, [np.zeros((3, 4)), np.ones((3, 4))], log=True)
    assert written(axes) == ["100%\nzeros"]
    plot_layer_violins(axes, [np.zeros(5)], log=True)
    assert written(axes)[-1] == "100%\nzeros"


def test_what_lies_beyond_the_limits_is_marked_at_the_edge(axes):
    plot_layer_violins(axes, [[1.0, 2.0, 9.0], [-9.0, 1.0], [1.0, 2.0]], limits=(-3, 3))
    marks = [(line.get_marker(), *line.get_xydata()[0]) for line in marked(axes, "beyond")]
    assert marks == [("^", 1, 1), ("v", 2, 0)]


def test_a_layer_that_is_not_finite_says_so(axes):
    plot_layer_violins(axes, [[1.0, 2.0], [np.nan, 1.0], [np.inf, 2.0]])
    assert written(axes) == ["not finite", "not finite"]
    assert len(axes.collections) == 1
    assert np.isfinite(axes.get_ylim()).all()


def test_layers_are_numbered_or_named(axes):
    plot_layer_violins(axes, [[1.0, 2.0]] * 2)
    assert [label.get_text() for label in axes.get_xticklabels()] == ["1", "2"]
    plot_layer_violins(axes, [[1.0, 2.0]] * 2, names=["first", "last"])
    assert [label.get_text() for label in axes.get_xticklabels()] == ["first", "last"]


def test_gradients_of_thirty_decades_do_not_crush_the_axis(axes):
    plot_layer_violins(axes, [[1e-40, 1.0]], log=True)
    assert axes.get_ylim()[0] >= 1e-13


@pytest.mark.parametrize(
    ("arrays", "changes", "words"),
    [
        ([], {}, "arrays is empty"),
        ([[1.0], []], {}, "Layer 2 has no values"),
        ([[1.0]], {"names": ["a", "b"]}, "2 names and 1 layers"),
        ([[1.0]], {"limits": (0, 1), "log": True}, "above 0 on a log axis"),
        ([[1.0]], {"limits": (2, 1)}, "the lower one first"),
    ],
)
def test_layers_that_cannot_be_drawn_are_refused(axes, arrays, changes, words):
    with pytest.raises(ValueError, match=words):
        plot_layer_violins(axes, arrays, **changes)


# ---- the heat map ---------------------------------------------------------------------------------------------------

VALUES = np.array([[84.4, 10.0, 50.0], [np.nan, 70.6, 31.0]])


def draw_map(axes, **changes):
    return plot_training_map(axes, VALUES, [2, 20], ["N(0, 1)", "Xavier", "He"], **{"limits": (0, 100), **changes})


def test_every_field_carries_its_number_in_its_place(axes):
    assert draw_map(axes) is axes
    fields = {text.get_position(): text.get_text() for text in axes.texts}
    assert fields == {(0, 0): "84", (1, 0): "10", (2, 0): "50", (0, 1): "diverged", (1, 1): "71", (2, 1): "31"}
    assert [label.get_text() for label in axes.get_yticklabels()] == ["2", "20"]
    assert [label.get_text() for label in axes.get_xticklabels()] == ["N(0, 1)", "Xavier", "He"]


def test_what_diverged_is_hatched_and_has_no_shade(axes):
    draw_map(axes)
    (field,) = axes.patches
    assert (field.get_x(), field.get_y(), field.get_hatch()) == (-0.5, 0.5, "///")
    assert np.ma.getmaskarray(axes.images[0].get_array()).tolist() == [[False] * 3, [True, False, False]]


def test_equal_limits_give_equal_shades_and_higher_is_darker(axes):
    draw_map(axes)
    image = axes.images[0]
    assert image.get_clim() == (0, 100)
    brightness = [sum(image.cmap(image.norm(value))[:3]) for value in (0, 20, 50, 80, 100)]
    assert brightness == sorted(brightness, reverse=True)


@pytest.mark.parametrize("colormap", ["Blues", "cividis"])
def test_numbers_can_be_read_on_every_shade(axes, colormap):
    values = np.linspace(0, 100, 40).reshape(4, 10)
    plot_training_map(axes, values, range(4), range(10), colormap=colormap)
    image = axes.images[0]
    for text, value in zip(axes.texts, values.flat, strict=True):
        ink = {"black": (0, 0, 0), "white": (1, 1, 1)}[text.get_color()]
        assert contrast(ink, image.cmap(image.norm(value))[:3]) > 4.5


def test_the_ink_is_the_one_with_more_contrast():
    assert [readable_on((level,) * 3) for level in (0.0, 0.4, 0.5, 1.0)] == ["white", "white", "black", "black"]


def test_a_map_of_equal_or_of_no_values_is_drawn(axes):
    plot_training_map(axes, [[10.0, 10.0]], ["a"], ["b", "c"], number="{:.1f}")
    assert written(axes) == ["10.0", "10.0"]
    plot_training_map(axes, [[np.nan]], ["a"], ["b"])


def test_a_map_that_does_not_fit_its_names_is_refused(axes):
    with pytest.raises(ValueError, match=r"shape \(2, 3\); expected \(3, 2\)"):
        plot_training_map(axes, VALUES, ["a", "b", "c"], ["d", "e"])
    with pytest.raises(ValueError, match="the lower one first"):
        draw_map(axes, limits=(5, 5))


# ---- gradient norms -------------------------------------------------------------------------------------------------


def test_norms_are_drawn_step_by_step_from_1_on_a_log_axis(axes):
    assert plot_gradient_norms(axes, [1.0, 10.0, 0.1]) is axes
    (line,) = marked(axes, "norms")
    np.testing.assert_array_equal(line.get_xydata(), [[1, 1.0], [2, 10.0], [3, 0.1]])
    assert axes.get_yscale() == "log"
    assert "log axis" in axes.get_ylabel()
    assert not marked(axes, "limit")


def test_steps_above_the_limit_are_marked_and_counted(axes):
    plot_gradient_norms(axes, [1.0, 5.0, 2.0, 7.0, 5.1], limit=5.0)
    (clipped,), (line,) = marked(axes, "clipped"), marked(axes, "limit")
    np.testing.assert_array_equal(clipped.get_xydata(), [[4, 7.0], [5, 5.1]])
    assert set(line.get_ydata()) == {5.0}
    assert "2 of 5 steps clipped" in written(axes)
    assert any("limit 5" in text for text in written(axes))


@pytest.mark.parametrize("bad", [np.inf, np.nan])
def test_the_line_ends_where_a_norm_is_not_finite(axes, bad):
    plot_gradient_norms(axes, [1.0, 2.0, bad, 3.0], limit=1.5)
    (line,) = marked(axes, "norms")
    assert line.get_xdata().tolist() == [1, 2]
    assert set(marked(axes, "not finite")[0].get_xdata()) == {3}
    assert any("step 3: not finite" in text for text in written(axes))
    assert "1 of 2 steps clipped" in written(axes)


def test_a_norm_of_zero_is_marked_at_the_foot(axes):
    plot_gradient_norms(axes, [1.0, 0.0, 2.0], limits=(0.1, 10))
    (mark,) = marked(axes, "zero")
    assert mark.get_xydata().tolist() == [[2, 0]]
    assert "norm 0" in written(axes)
    assert axes.get_ylim() == (0.1, 10)


@pytest.mark.parametrize("norms", [[], [[1.0]], [-1.0]])
def test_norms_that_are_no_lengths_are_refused(axes, norms):
    with pytest.raises(ValueError, match="each 0 or more"):
        plot_gradient_norms(axes, norms)


@pytest.mark.parametrize("limit", [0, -1.0, float("nan")])
def test_a_limit_that_is_not_above_0_is_refused(axes, limit):
    with pytest.raises(ValueError, match="a number above 0"):
        plot_gradient_norms(axes, [1.0], limit=limit)


# ---- effects: the picture -------------------------------------------------------------------------------------------

ROWS = [("small", 0.5, -0.5, 1.5), ("large", 4.0, 3.0, 5.0), ("against", -4.0, -5.0, -3.0)]


def drawn_effects(axes):
    """{height: (marker, color, mean, low, high)} as drawn."""
    found = {}
    for container in axes.containers:
        dot, _, (bar,) = container.lines
        (mean, height), ((low, _), (high, _)) = dot.get_xydata()[0], bar.get_segments()[0]
        found[height] = dot.get_marker(), to_hex(dot.get_color()), mean, low, high
    return found


def test_each_effect_is_drawn_with_its_interval_first_row_at_the_top(axes):
    assert plot_effects(axes, ROWS, unit="decades") is axes
    blue, red, gray = (color.lower() for color in (style.BLUE, style.VERMILION, style.GRAY))
    assert drawn_effects(axes) == {2: ("D", gray, 0.5, -0.5, 1.5), 1: ("o", blue, 4, 3, 5), 0: ("s", red, -4, -5, -3)}
    labels = {label.get_text(): label.get_position()[1] for label in axes.get_yticklabels()}
    assert {name: int(height) for name, height in labels.items()} == {"small": 2, "large": 1, "against": 0}
    assert all(height % 1 > 0.3 for height in labels.values()), "above its interval"
    assert set(marked(axes, "zero")[0].get_xdata()) == {0}
    assert axes.get_xlabel() == "decades"


def test_sorted_the_largest_effect_stands_at_the_top(axes):
    plot_effects(axes, ROWS, sort=True)
    assert {height: drawn[2] for height, drawn in drawn_effects(axes).items()} == {2: 4.0, 1: 0.5, 0: -4.0}
    assert [label.get_text() for label in axes.get_yticklabels()] == ["large", "small", "against"]


def test_an_effect_within_what_does_not_matter_is_undecided(axes):
    plot_effects(axes, [("a", 4.0, 3.0, 5.0), ("b", -4.0, -5.0, -3.0)], smallest_effect=3.5, limits=(-6, 6))
    assert {drawn[0] for drawn in drawn_effects(axes).values()} == {"D"}
    (band,) = [patch for patch in axes.patches if patch.get_gid() == "no matter"]
    assert (band.get_extents().x0 < band.get_extents().x1, axes.get_xlim()) == (True, (-6, 6))


def test_rows_may_be_mappings_or_objects_with_a_dot_for_each_seed(axes):
    row = {"label": "he", "mean": 2.0, "low": 1.0, "high": 3.0, "by_seed": (1.5, 2.0, 2.5)}
    plot_effects(axes, [row, SimpleNamespace(**row)])
    assert [tuple(line.get_xdata()) for line in marked(axes, "seeds")] == [(1.5, 2.0, 2.5)] * 2
    assert written(axes) == ["+2.0 [1.0, 3.0]"] * 2


def test_effects_that_cannot_be_are_refused(axes):
    with pytest.raises(ValueError, match="rows is empty"):
        plot_effects(axes, [])
    with pytest.raises(ValueError, match=r"'a' has mean 3 .*low <= mean <= high"):
        plot_effects(axes, [("a", 3, 1, 2)])


# ---- effects: numbers and the table ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("effect", "text"),
    [
        ((7.3456, 6.9, 7.7912), "+7.3 [6.9, 7.8]"),  # half width 0.4: one decimal
        ((7.3456, 7.2, 7.4912), "+7.35 [7.20, 7.49]"),  # half width 0.15 starts with 1: two digits of it
        ((-0.412, -0.9, 0.076), "−0.4 [−0.9, 0.1]"),
        ((25.34, 15.1, 35.6), "+25 [15, 36]"),
        ((44.66, 9.83, 79.49), "+45 [10, 79]"),  # no ends in whole tens
        ((1234.0, 934.0, 1534.0), "+1,200 [900, 1,500]"),
        ((0.31, 0.004, 0.616), "+0.310 [0.004, 0.616]"),  # an end above 0 does not read as 0
        ((0.0, 0.0, 0.0), "0 [0, 0]"),
        ((-0.02, -0.4, 0.36), "0.0 [−0.4, 0.4]"),  # and no minus before a 0
        ((2.5, 2.5, 2.5), "+2.50 [2.50, 2.50]"),
        ((17.760769744174894, 17.760769744174887, 17.760769744174901), "+17.8 [17.8, 17.8]"),  # narrower than rounding
        ((3e-7, 2e-7, 4e-7), "+3.0e−7 [2.0e−7, 4.0e−7]"),
    ],
)
def test_an_effect_is_written_with_the_digits_its_interval_supports(effect, text):
    assert effect_text(*effect) == text
    assert effect_text(*effect, "decades") == f"{text} decades"


ROW = {
    "claim": "He < Xavier | for ReLU",
    "measured": "He & Xavier",
    "setting": "10 layers\n<b>wide</b>",
    "mean": 7.3456,
    "low": 6.9,
    "high": 7.7912,
    "unit": "percentage points",
    "verdict": "holds",
    "seeds": list(range(10)),
}


def html_cells(text):
    return [[cell.text or "" for cell in row] for row in ElementTree.fromstring(text).iter("tr")]


def test_the_html_table_holds_every_cell_escaped_under_its_heading():
    head, cells = html_cells(effects_table([ROW]))
    effect = "+7.3 [6.9, 7.8] percentage points"
    assert dict(zip(head, cells, strict=True)) == {
        "The claim": ROW["claim"],
        "We measured": ROW["measured"],
        "Setting": ROW["setting"],
        "Effect and 95% interval": effect,
        "Verdict": "holds",
        "Seeds": "10",
    }


def test_the_markdown_table_has_the_same_cells_and_no_stray_bars_or_tags():
    head, rule, line = effects_table([ROW], form="markdown").splitlines()
    cells = re.split(r"(?<!\\)\|", line)[1:-1]
    assert len(cells) == len(re.split(r"\|", head)) - 2 == rule.count("---") == 6
    assert cells[0].strip() == r"He &lt; Xavier \| for ReLU"
    assert "<b>" not in line
    assert "+7.3 [6.9, 7.8] percentage points" in cells[3]


def test_a_claim_with_several_comparisons_is_written_once():
    rows = [ROW, {**ROW, "measured": "second", "seeds": 5}, {**ROW, "claim": "another"}]
    claims = [cells[0] for cells in html_cells(effects_table(rows))[1:]]
    assert claims == [ROW["claim"], "", "another"]
    assert html_cells(effects_table(rows))[2][-1] == "5"


def test_a_row_that_lacks_something_and_another_form_are_refused():
    with pytest.raises(ValueError, match="lacks verdict"):
        effects_table([{name: value for name, value in ROW.items() if name != "verdict"}])
    with pytest.raises(ValueError, match="expected one of html, markdown"):
        effects_table([ROW], form="latex")


def measurement():
    def effect(label, mean):
        bounds = {"low": mean - 0.4, "high": mean + 0.4}
        return SimpleNamespace(label=label, better="He", worse="N(0, 1)", quantity="accuracy", mean=mean, **bounds)

    return SimpleNamespace(
        claim="He helps",
        setting="one",
        unit="points",
        seeds=(0, 1, 2),
        words=lambda effect: f"{effect.label} helps",
        effects=(effect("10 layers", 1.0), effect("20 layers", 2.0)),
    )


def test_a_measurement_gives_a_row_for_each_comparison_or_for_those_wanted():
    rows = measurement_rows(measurement())
    assert [row["measured"] for row in rows] == [f"{n} layers: He against N(0, 1), accuracy" for n in (10, 20)]
    cells = html_cells(effects_table(rows))[1]
    assert cells[3:] == ["+1.0 [0.6, 1.4] points", "10 layers helps", "3"]
    (row,) = measurement_rows(measurement(), labels=["20 layers"])
    assert row["mean"] == 2.0
    with pytest.raises(ValueError, match="no comparison '5 layers'"):
        measurement_rows(measurement(), labels=["5 layers"])
