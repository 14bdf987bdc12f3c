"""The pages of feedback: what they say, and that nothing that a student wrote runs or leaves the page."""

import base64
from html.parser import HTMLParser

import pytest

from course_lib.grading.assignment import Assignment, Task
from course_lib.grading.class_run import StudentRecord
from course_lib.grading.collect import NotUnderstood, safe_name
from course_lib.grading.pages import write_pages
from course_lib.grading.totals import Override, marks_of

EVIL = "<script>alert(1)</script><img src=x onerror=alert(1)>\"'&`<b>x</b>`</pre></style>{{ 7*7 }}\0\x1b[31m"
PICTURE = base64.b64encode(b"\x89PNG\r\n\x1a\n" + b"0" * 20).decode()


def task(number="2.4", kind="function", points=2.0):
    return Task(number, f"Title of {number}", kind, "f", "02a_downhill", (), {}, "def f(x): ...", points=points)


def found(status="failed", points=0.0, **words):
    usual = {
        "of": 2.0,
        "message": "",
        "hint": "",
        "place": "",
        "source": "",
        "hidden": False,
        "stopped": "",
        "printed": "",
    }
    return {"status": status, "points": points, "notes": [], "pictures": [], **usual, **words}


ASSIGNMENT = Assignment("Week <2>", {"2.1": task("2.1"), "2.4": task(), "text-1": task("text-1", "text", 4.0)})


def record(student, first, second, text="", code=None, notes=()):
    code = {"text-1": text, **(code or {})}
    return StudentRecord(
        student, ["a.ipynb"], None, {"2.1": first, "2.4": second, "text-1": found("by_hand")}, list(notes), code=code
    )


RECORDS = [
    record("ada", found("passed", 2.0, message="All right."), found("passed", 2.0), "Because of `the chain rule`."),
    record(
        EVIL,
        found(
            message=EVIL,
            hint=EVIL,
            place="line 3 of your cell",
            source=EVIL,
            printed=EVIL,
            notes=[EVIL],
            pictures=[PICTURE],
        ),
        found(message="expected [16, 0]", hint="Secret numbers", hidden=True),
        EVIL,
        {"2.1": EVIL},
        [EVIL],
    ),
    record(
        "bob", found("broken", message="KeyError"), found(message="wrong", hint="It is transposed.", stopped="time")
    ),
    record("eve", found("missing"), found(message="wrong", hint="It is transposed.")),
]


@pytest.fixture
def written(tmp_path):
    overrides = [Override("ada", "text-1", 3.5, "clear & <short>")]
    problems = [NotUnderstood("x/<i>.pdf", "a PDF: expected a notebook")]
    write_pages(marks_of(RECORDS, ASSIGNMENT, overrides), ASSIGNMENT, tmp_path, problems)
    return tmp_path


class Elements(HTMLParser):
    """Every element and attribute of a page."""

    def __init__(self, text):
        super().__init__()
        self.found = []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.found.append((tag, dict(attributes)))


def pages(folder):
    return {path.name: path.read_text("utf-8") for path in [*folder.glob("*.html"), *folder.glob("students/*.html")]}


def test_each_student_has_a_page_and_the_instructor_one(written):
    assert set(pages(written)) == {"class.html", *(f"{safe_name(each.student)}.html" for each in RECORDS)}


def test_what_a_student_wrote_is_text(written):
    for name, text in pages(written).items():
        elements = Elements(text).found
        tags = {tag for tag, _ in elements}
        assert not any(key.startswith("on") for _, attributes in elements for key in attributes), name
        assert "b" not in tags and "i" not in tags and "\0" not in text
        assert ("7*7" in text) == (name == f"{safe_name(EVIL)}.html" or name == "class.html")
        assert sum(tag == "script" for tag, _ in elements) == (name == "class.html")
        images = [attributes for tag, attributes in elements if tag == "img"]
        assert all(each["src"].startswith("data:image/png;base64,") for each in images)


def test_nothing_is_asked_from_outside(written):
    for name, text in pages(written).items():
        elements = Elements(text).found
        assert not {"link", "iframe", "object", "embed", "base", "form"} & {tag for tag, _ in elements}, name
        targets = [attributes[key] for _, attributes in elements for key in ("src", "href") if key in attributes]
        assert all(target.startswith(("data:", "students/")) for target in targets), targets
        policy = next(attributes["content"] for tag, attributes in elements if attributes.get("http-equiv"))
        assert policy.startswith("default-src 'none'") and "unsafe-eval" not in policy
        assert "://" not in text


def test_a_students_page_has_points_diagnosis_and_what_was_set_by_hand(written):
    ada = pages(written)["ada.html"]
    assert "7.5 of 8 points" in ada and "All right." in ada
    assert "clear &amp; &lt;short&gt;" in ada and "3.5 of 4" in ada


def test_fresh_inputs_are_shown_only_where_the_instructor_says_so(written, tmp_path):
    name = f"{safe_name(EVIL)}.html"
    assert "Secret numbers" not in pages(written)[name] and "expected [16, 0]" not in pages(written)[name]
    write_pages(marks_of(RECORDS, ASSIGNMENT), ASSIGNMENT, tmp_path, show_hidden=True)
    assert "Secret numbers" in pages(tmp_path)[name]


def test_the_instructors_page_says_what_failed_most_who_needs_a_look_and_what_was_not_understood(written):
    text = pages(written)["class.html"]
    assert "2 × wrong" in text and "1 × Secret numbers" in text  # a message with numbers is one student's alone
    assert "The check itself failed: KeyError" in text and "and not for fresh ones" in text
    assert "It was stopped: too much processor time." in text
    assert "x/&lt;i&gt;.pdf" in text and "Because of <code>" not in text and "Because of `the chain rule`." in text
    assert text.index("2.4 · Title") < text.index("2.1 · Title")  # 3 wrong against 2


def test_an_empty_class_has_a_page_too(tmp_path):
    write_pages([], ASSIGNMENT, tmp_path)
    assert "0 students" in pages(tmp_path)["class.html"]
