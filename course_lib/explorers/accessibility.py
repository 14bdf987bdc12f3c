"""What ipywidgets leaves out for keyboard and screen-reader users, added on the page.

A slider's handle has no accessible name of its own (its label is not tied to it), radio buttons of one question are not
a group, and a text that changes is not announced. No trait reaches those elements, so a few lines of JavaScript set the
attributes; they run in the browser as the error handler of an empty image inside a hidden `widgets.HTML`. Without them
the controls still work; they are only not named.
"""

import html

import ipywidgets as widgets

from course_lib.plots.style import BLACK, BLUE, GRAY, GREEN, ORANGE, VERMILION

ROOT = "course-explorer"  # the class of the box that holds one explorer, prediction or quiz

# The colors of the explorers in the browser, web/style.js: name -> (light, dark).
COLORS = {
    "ink": ("#1a1a1a", "#ececec"),
    "paper": ("#ffffff", "#1c1c1e"),
    "soft": ("#6e6e6e", "#a6a6a6"),
    "line": ("#c9c9c9", "#4a4a4a"),
    "panel": ("#f5f6f8", "#2a2a2d"),
    "focus": ("#0072B2", "#56B4E9"),
    "positive": ("#0072B2", "#56B4E9"),
    "negative": ("#D55E00", "#F08A4B"),
    "highlight": ("#E69F00", "#F2B632"),
    "good": ("#009E73", "#2EC4A0"),
    "alarm": ("#B04A00", "#F08A4B"),
    "done": ("#00755A", "#2EC4A0"),
}
# What a picture is drawn in, for pages that know no theme, and what it shows on the page.
DRAWN = {
    BLACK: "ink", "white": "paper", GRAY: "soft", "#DDDDDD": "line", "#EFEFEF": "panel", BLUE: "positive",
    VERMILION: "negative", ORANGE: "highlight", GREEN: "good",
}  # fmt: skip


def _colors(place):
    return "".join(f"--{name}: {pair[place]};" for name, pair in COLORS.items())


_PICTURE = "\n".join(
    f'.{ROOT} .explorer-picture [{part}="{color}"] {{ {part}: var(--{name}); }}'
    for color, name in DRAWN.items()
    for part in ("fill", "stroke")
)
_STYLE = f"""
.{ROOT} {{ {_colors(0)} container-type: inline-size; }}
body[data-jp-theme-light="false"] .{ROOT}, body.vscode-dark .{ROOT} {{ {_colors(1)} }}
{_PICTURE}
.{ROOT} .explorer-beside {{ display: grid; grid-template-columns: 250px minmax(0, 1fr); gap: 8px 20px;
    align-items: start; padding: 4px 8px; box-sizing: border-box; background: var(--paper); color: var(--ink); }}
.{ROOT} .explorer-beside > * {{ margin: 0; min-width: 0; overflow: visible; }}
.{ROOT} .explorer-panel {{ display: grid; gap: 4px 28px; grid-template-columns: minmax(0, 1fr); align-items: start; }}
.{ROOT} .explorer-buttons {{ grid-column: 1 / -1; display: flex; flex-wrap: wrap; gap: 6px; margin: 0; }}
@container (max-width: 900px) {{
  .{ROOT} .explorer-beside {{ grid-template-columns: minmax(0, 1fr); }}
  .{ROOT} .explorer-panel {{ grid-template-columns: repeat(auto-fit, minmax(min(240px, 100%), 1fr)); }}
}}
.{ROOT} .explorer-control {{ margin: 2px 0; height: auto; min-height: 28px; align-items: center; }}
.{ROOT} .explorer-control .widget-label {{ text-align: left; white-space: normal; line-height: 1.2; height: auto;
    margin-right: 2px; color: var(--ink); }}
.{ROOT} .explorer-control select, .{ROOT} .explorer-buttons button {{ background-color: var(--panel); color: var(--ink);
    border: 1px solid var(--line); border-radius: 5px; }}
.{ROOT} .explorer-control select {{ font-size: 13px; padding-left: 3px; }}
.{ROOT} .explorer-picture {{ overflow-x: auto; }} /* in less room letters keep their size, and the picture scrolls */
.{ROOT} .explorer-picture svg {{ min-width: 551px; }}
.{ROOT} .explorer-buttons button {{ margin: 0; padding: 0 8px; box-shadow: none; }}
.{ROOT} .explorer-buttons .explorer-first {{ background-color: var(--focus); color: var(--paper); }}
.{ROOT} {{ font-size: 14px; margin: 6px 0; direction: ltr; }}
.{ROOT} .widget-label, .{ROOT} .widget-readout, .{ROOT} select, .{ROOT} button {{ font-size: 14px; }}
.{ROOT} .explorer-heading {{ font-weight: 600; }}
.{ROOT} .widget-readout {{ min-width: 3.2em; max-width: 4.5em; }}
.{ROOT} .explorer-text {{ font-size: 15px; line-height: 1.5; max-width: 50em; }}
.{ROOT} .explorer-text p {{ margin: 0 0 4px 0; }}
.{ROOT} .explorer-picture + .explorer-readout .explorer-text {{ min-height: 4.8em; line-height: 1.4; }}
.{ROOT} .explorer-picture + .explorer-readout p {{ margin-bottom: 2px; }}
.{ROOT} .noUi-handle:focus-visible {{ outline: 3px solid #0072B2; outline-offset: 2px; }}
.{ROOT} .widget-radio, .{ROOT} .widget-radio-box {{ width: 100%; height: auto; max-width: 50em; }}
.{ROOT} .widget-radio-box label {{ display: flex; flex-direction: row-reverse; justify-content: flex-end;
    align-items: flex-start; white-space: normal; height: auto; width: 100%; padding: 3px 0;
    line-height: 1.5; font-size: 15px; }}
.{ROOT} .widget-radio-box input[type=radio] {{ flex: none; margin: 3px 8px 0 2px; }}
"""

_SCRIPT = """
const aid = this; let round = 0;
const tidy = () => {
  const root = aid.closest('.ROOT');
  if (root) {
    root.querySelectorAll('.widget-slider').forEach((slider) => {
      const label = slider.querySelector('label'), handle = slider.querySelector('.noUi-handle');
      const readout = slider.querySelector('.widget-readout');
      if (!label || !handle) return;
      const name = label.textContent + (label.title ? ': ' + label.title : '');
      handle.setAttribute('aria-label', name);
      if (readout) {
        readout.id = readout.id || 'value-' + Math.random().toString(36).slice(2);
        handle.setAttribute('aria-describedby', readout.id);
        readout.setAttribute('aria-label', 'Type a value: ' + label.textContent);
        if (readout.isContentEditable) readout.setAttribute('role', 'textbox');
      }
    });
    root.querySelectorAll('.widget-radio-box').forEach((box) => {
      const question = root.querySelector('.explorer-question');
      box.setAttribute('role', 'radiogroup');
      if (question) box.setAttribute('aria-label', question.textContent.trim());
    });
    root.querySelectorAll('.explorer-readout').forEach((readout) => readout.setAttribute('role', 'status'));
    root.querySelectorAll('.explorer-group').forEach((group) => {
      const heading = group.querySelector('.explorer-heading');
      if (!heading) return;
      group.setAttribute('role', 'group');
      group.setAttribute('aria-label', heading.textContent.trim());
    });
  }
  if (++round < 25) setTimeout(tidy, 200);
};
tidy();
"""


def accessible_box(children, **layout):
    """A column of widgets whose sliders, radio buttons and readouts carry names and roles on the page."""
    script = html.escape(_SCRIPT.replace("ROOT", ROOT), quote=True)
    names = widgets.HTML(f'<style>{_STYLE}</style><img alt="" hidden src="data:," onerror="{script}">')
    names.layout.display = "none"
    box = widgets.VBox([*children, names], layout=widgets.Layout(width="100%", **layout))
    box.add_class(ROOT)
    return box


def paragraphs(content):
    """Plain text as HTML, one paragraph a line, from left to right on every page."""
    lines = "".join(f"<p>{html.escape(one)}</p>" for one in content.splitlines())
    return f'<div class="explorer-text" dir="ltr">{lines}</div>'
