"""What a page without a kernel needs of an output: the explorer to mount, the question to ask.

An explorer, a prediction and a quiz are widgets, which stand still where no kernel answers. Beside the widget each
gives a few plain values under a MIME type of its own. A notebook's front end ignores them; `course_lib.book` builds the
same thing from them in the reader's browser.
"""

PAGE_FORM = "application/vnd.course-lib.page+json"


def explorer(name: str, title: str, state: dict) -> dict:
    """An explorer in the browser: the module that is mounted, and the state in which it opens."""
    return {"kind": "explorer", "name": name, "title": title, "state": state}


def prediction(key: str, question: str, way: dict) -> dict:
    """A question to answer before the answer is shown. `way` is one of choices, slider and text, as Prediction has."""
    return {"kind": "prediction", "key": key, "question": question, **way}


def answer(key: str, text: str) -> dict:
    """What is shown beside the prediction of the same key."""
    return {"kind": "answer", "key": key, "answer": text}


def quiz(question: str, choices: dict[str, str], correct: str) -> dict:
    """A question with an explanation for every choice."""
    return {"kind": "quiz", "question": question, "choices": choices, "correct": correct}
