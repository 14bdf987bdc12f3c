"""The card of a saved model as Markdown: what someone who uses it must know, in the order in which they ask."""


def card_text(card):
    """The card, plain values as `save_model` returns them, as Markdown text."""
    test, data = card["test"], card["data"]
    parts = [
        f"# A classifier of {data['name']}",
        f"It tells {len(card['classes'])} classes apart: {', '.join(card['classes'])}.",
        "## How good it is",
        f"- {test['accuracy_percent']}% of the {data['test_examples']:,} test examples right.{_worst(test)}",
        f"- Calibration error {test['calibration_error_percent']}% (15 bins; "
        f"{test['calibration_error_percent_before']}% before its logits were divided by the temperature "
        f"{card['temperature']:.3g}, which was fitted on the {data['validation_examples']:,} validation examples).",
        "## What it is not for",
        card["not_for"],
        "## How it was made",
        f"{data['train_examples']:,} training examples" + _training(card["training"]),
        *([f"    {card['command']}"] if card["command"] else []),
        _recipe_table(card["recipe"]),
        f"{card['parameters']:,} parameters, {card['bytes']:,} bytes. Versions: "
        + ", ".join(f"{name} {version}" for name, version in card["versions"].items())
        + ".",
        "## How to use it",
        '    python -m course_lib predict FOLDER PICTURE.png\n\nor `course_lib.training.load_model("FOLDER")`.',
    ]
    return "\n\n".join(parts) + "\n"


def _worst(test):
    by_class = test["accuracy_percent_by_class"]
    if len(by_class) < 2:
        return ""
    worst, best = min(by_class, key=by_class.get), max(by_class, key=by_class.get)
    return f" Worst at {worst} ({by_class[worst]}%), best at {best} ({by_class[best]}%)."


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
    rows = [f"| {name} | {value} |" for name, value in recipe.items()]
    return "\n".join(["| recipe | |", "|---|---|", *rows])
