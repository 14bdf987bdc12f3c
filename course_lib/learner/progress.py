"""`progress()`: what has passed, as a card, and two buttons for where a folder is forgotten, as on Binder."""

import base64
import html
import io
import zipfile

from course_lib.checks.registry import Exercise, chapter_of, exercises
from course_lib.learner import giving, memory, network_file
from course_lib.whole_file import NotWritten, write_file

ARCHIVE = "my_course.zip"
MOST_BYTES = 5_000_000  # of an archive that is taken in, and of what it holds
EVENINGS = {  # the exercises of each evening, by the names of their functions
    "01a": ("neuron", "trouser_detector", "layer"),
    "01b": ("relu", "predicted_outputs", "forward"),
    "01c": ("equal_network",),
    "02a": ("squared_error", "descent_step", "largest_learning_rate"),
    "02b": ("dense_backward", "network_backward"),
    "02c": ("cross_entropy", "random_layers", "train_epoch"),
    "02d": ("numerical_gradient", "choose_learning_rate"),
}


def progress(forget: bool = False) -> "Progress":
    """Your progress so far, as the last line of a cell. With forget=True a button forgets it, after asking.

    What is remembered is in `my_progress.json` and `my_network.py` beside the notebook. Nothing is sent anywhere.
    """
    return Progress(forget)


class Progress:
    """A card with all exercises, and what may be done with the files."""

    def __init__(self, forget: bool):
        import ipywidgets as widgets  # marking, which uses other parts of this package, needs none

        self.widgets = widgets
        self.card, self.message = widgets.HTML(), widgets.HTML()
        self.message.add_class("explorer-readout")
        self.download = widgets.HTML()
        self.upload = widgets.FileUpload(
            accept=".zip,.py,.json", multiple=True, description="Take them in again", layout={"width": "14em"}
        )
        self.upload.observe(lambda change: self._take(change["new"]), names="value")
        children = [self.card, widgets.HBox([self.download, self.upload]), self.message]
        if forget:
            children += self._buttons_to_forget()
        self.widget = widgets.VBox(children)
        self._show()

    def _buttons_to_forget(self):
        widgets = self.widgets
        ask = widgets.HTML(
            "<b>Forget all of it?</b> Predictions, passed exercises and numbers go. my_network.py stays: delete it "
            "yourself if you want to."
        )
        yes = widgets.Button(description="Yes, forget it", button_style="danger")
        no = widgets.Button(description="No, keep it")
        box = widgets.VBox([ask, widgets.HBox([yes, no])])

        def answer(does_forget):
            if does_forget:
                giving.passed_here.clear()
                self._say(memory.forget() or "Forgotten.")
            else:
                self._say("Kept.")
            box.layout.display = "none"
            self._show()

        yes.on_click(lambda _: answer(True))
        no.on_click(lambda _: answer(False))
        self.yes, self.no = yes, no
        return [box]

    def _say(self, text):
        self.message.value = f'<div role="status">{html.escape(text)}</div>'

    def _show(self):
        self.card.value = _card_html()
        data = base64.b64encode(archive()).decode()
        self.download.value = (
            f'<a download="{ARCHIVE}" href="data:application/zip;base64,{data}" class="jupyter-button widget-button" '
            'style="display: inline-block; width: auto; padding: 0 12px; text-decoration: none">Hand my files out</a>'
        )

    def _take(self, files):
        if not files:
            return
        try:
            said = [take_in(file["name"], bytes(file["content"])) for file in files]
            self._say(" ".join(said))
        except (ValueError, NotWritten, FileNotFoundError) as error:
            self._say(f"{error} Nothing was taken in.")
        self._show()

    def __repr__(self):
        return _card_text()

    def _repr_mimebundle_(self, include=None, exclude=None):
        bundle = dict(self.widget._repr_mimebundle_())
        return bundle | {"text/plain": _card_text(), "text/html": _card_html()}


def archive() -> bytes:
    """my_network.py and my_progress.json as a zip file."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr(memory.FILE, memory.file_text())
        if network_file.path().is_file():
            packed.writestr(network_file.FILE, network_file.path().read_bytes())
    return target.getvalue()


def take_in(name: str, data: bytes) -> str:
    """Take in a file that `progress` handed out: the zip, or one of the two. Returns a sentence that says what came.

    A my_network.py that lies here and differs is kept beside it under another name: nothing is lost. What it holds is
    used once its checks pass.

    Raises
    ------
    ValueError : it is none of these; the message says what it is, and nothing was changed
    course_lib.whole_file.NotWritten : it could not be written
    """
    if len(data) > MOST_BYTES:
        raise ValueError(f"{name} has {len(data):,} bytes; what the course hands out has some thousands.")
    files = _unpacked(name, data) if data[:2] == b"PK" else {name: data}
    known = {key: value for key, value in files.items() if key in (memory.FILE, network_file.FILE)}
    if not known:
        raise ValueError(f"{name} holds neither {network_file.FILE} nor {memory.FILE}.")
    texts = {key: _text(key, value) for key, value in known.items()}
    said = []
    if memory.FILE in texts:
        said.append(memory.taken_in(texts[memory.FILE]) or "Your progress is back.")
    if network_file.FILE in texts:
        said.append(_put_network(texts[network_file.FILE]))
    return " ".join(said)


def _put_network(text):
    path = network_file.path()
    with memory.alone():
        there = path.read_bytes() if path.is_file() else b""
        if there and there != text.encode():
            number = next(n for n in range(1, 1000) if not path.with_name(f"my_network-before-{n}.py").exists())
            aside = path.with_name(f"my_network-before-{number}.py")
            write_file(aside, there)
            write_file(path, text)
            return f"{network_file.FILE} is back; the one that was here is now {aside.name}."
        write_file(path, text)
    return f"{network_file.FILE} is back."


def _unpacked(name, data):
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as packed:
            wanted = [each for each in packed.infolist() if each.filename in (memory.FILE, network_file.FILE)]
            if sum(each.file_size for each in wanted) > MOST_BYTES:
                raise ValueError(f"{name} unpacks to more than {MOST_BYTES:,} bytes.")
            return {each.filename: packed.read(each) for each in wanted}
    except (zipfile.BadZipFile, RuntimeError, NotImplementedError, EOFError, OSError) as error:
        raise ValueError(f"{name} is damaged: {error}.") from None


def _text(name, data):
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        raise ValueError(f"{name} is not a text in UTF-8.") from None


def _listed() -> list[tuple[str, list[tuple[Exercise, bool]]]]:
    """[(evening or chapter, [(Exercise, whether it has passed), ...]), ...]."""
    passed = remembered_names()
    known = {each.name: each for each in exercises()}
    rows = [(evening, [(known[name], name in passed) for name in names]) for evening, names in EVENINGS.items()]
    told = {name for names in EVENINGS.values() for name in names}
    for chapter in sorted({chapter_of(each.number) for each in known.values()}):
        rest = [(each, each.name in passed) for each in exercises(chapter) if each.name not in told]
        if rest:
            rows.append((f"chapter {chapter}", rest))
    return rows


def remembered_names() -> set[str]:
    """The names of all exercises that have passed."""
    return set(memory.remembered()["passed"])


def _summary():
    rows = _listed()
    count = sum(passed for _, each in rows for _, passed in each)
    total = sum(len(each) for _, each in rows)
    predictions = len(memory.remembered()["predictions"])
    return f"{count} of {total} exercises passed, {predictions} predictions written down."


def _card_text():
    lines = [_summary(), *filter(None, [memory.problem()])]
    for name, each in _listed():
        lines.append(f"{name}: " + "  ".join(f"{'✓' if passed else '·'} {one.number}" for one, passed in each))
    return "\n".join(lines)


def _card_html():
    rows = "".join(
        f'<tr><td style="padding-right: 14px; text-align: left; white-space: nowrap">{html.escape(name)}</td>'
        f'<td style="text-align: left">{" ".join(_mark(one, passed) for one, passed in each)}</td></tr>'
        for name, each in _listed()
    )
    trouble = f"<p>{html.escape(memory.problem())}</p>" if memory.problem() else ""
    return (
        '<div style="font-size: 15px; line-height: 1.7; border-left: 6px solid #0072B2; padding: 6px 12px">'
        f'<b>{html.escape(_summary())}</b>{trouble}<table style="font-size: 15px">{rows}</table></div>'
    )


def _mark(exercise, passed):
    title = html.escape(exercise.title)
    sign, word = ("✓", "passed") if passed else ("·", "open")
    return f'<span title="{title}: {word}" aria-label="{exercise.number} {word}">{sign}&nbsp;{exercise.number}</span>'
