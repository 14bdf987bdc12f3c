"""The card of a saved model as Markdown: what someone who uses it must know, in the order in which they ask.

Names and sentences that were given stand there as they are, whatever they hold: they make no heading, table or HTML.
"""

import html
import re

MARKDOWN = re.compile(r"[\\`*\[\]|~]|(?<!\w)_|_(?!\w)")  # means something wherever it stands
AT_THE_START = re.compile(r"^(\d+(?=[.)](?:\s|$)))?([#+=.)-])")  # of a paragraph: a heading, a line, a list


def card_text(card):
    """The card, plain values as `save_model` returns them, as Markdown text."""
    test, data = card["test"], card["data"]
    parts = [
        f"# A classifier of {as_written(data['name'])}",
        f"It tells {len(card['classes'])} classes apart: {', '.join(map(as_written, card['classes']))}.",
        "## How good it is",
        f"- {test['accuracy_percent']}% of the {data['test_examples']:,} test examples right.{_worst(test)}",
        f"- Calibration error {test['calibration_error_percent']}% (15 bins; "
        f"{test['calibration_error_percent_before']}% before its logits were divided by the temperature "
        f"{card['temperature']:.3g}, which was fitted on the {data['validation_examples']:,} validation examples).",
        "## What it is not for",
        *(as_written(paragraph) for paragraph in re.split(r"\n\s*\n", card["not_for"])),
        "## How it was made",
        f"{data['train_examples']:,} training examples" + _training(card["training"]),
        *([_code(card["command"])] if card["command"] else []),
        _recipe_table(card["recipe"]),
        f"{card['parameters']:,} parameters, {card['bytes']:,} bytes. Versions: "
        + ", ".join(f"{name} {version}" for name, version in card["versions"].items())
        + ".",
        "## How to use it",
        '    python -m course_lib predict FOLDER PICTURE.png\n\nor `course_lib.training.load_model("FOLDER")`.',
    ]
    return "\n\n".join(parts) + "\n"


def as_written(text):
    """The text in one line of Markdown that shows it as it is, without characters that cannot be seen."""
    line = html.escape(printable(" ".join(str(text).split())), quote=False)
    line = MARKDOWN.sub(lambda found: f"\\{found[0]}", line)
    return AT_THE_START.sub(r"\1\\\2", line)


def printable(text):
    """The text without characters that would move the cursor, clear the screen, or turn the direction of writing."""
    return "".join(character if character.isprintable() else "\ufffd" for character in text)


def _code(text):
    """A block of code: nothing in it means anything."""
    return "\n".join(f"    {printable(line)}" for line in str(text).splitlines())


def _worst(test):
    by_class = test["accuracy_percent_by_class"]
    if len(by_class) < 2:
        return ""
    worst, best = min(by_class, key=by_class.get), max(by_class, key=by_class.get)
    named = f"{as_written(worst)} ({by_class[worst]}%), best at {as_written(best)} ({by_class[best]}%)"
    return f" Worst at {named}."


def _training(went):
    if went is None:
        return "."
    text = f", {went['epochs']} epochs"
    if went["interrupted"]:
        return f"{text}; it was interrupted."
    if went["stopped_early"] or went["best_epoch"]:
        return f"{text}; the parameters are those of epoch {went['best_epoch']}, which had the lowest validation loss."
    return f"{text}."


def _recipe_table(recipe):
    rows = [f"| {name} | {as_written(value)} |" for name, value in recipe.items()]
    return "\n".join(["| recipe | |", "|---|---|", *rows])
