"""What a source must keep to. `apply_rules` gives each cell its role, and collects every problem with file and line."""

import ast
import re

from course_lib.authoring import names
from course_lib.authoring.regions import BEGIN, END, chapter_text, find_regions, names_given
from course_lib.authoring.source import HEADING, Problem

# Characters of code that a cell of JupyterLab shows without scrolling, in a window of 800 pixels with the file browser
# closed: measured in Chromium 603 pixels beside the scroll bar, less 8 of padding, at 7.83 pixels a character.
# solutions/ruff.toml formats the sources to the same width, tests/browser/test_narrow_window.py measures it again.
CODE_WIDTH = 76
FOLDED_WIDTH = 70  # of a folded cell's first line, which three dots follow

_HEADING_LIKE = re.compile(r"^#+\s*exercise\b.*$", re.MULTILINE | re.IGNORECASE)
_IMAGE_WITHOUT_ALT = re.compile(r"!\[\s*\]\(|<img\b(?![^>]*\balt\s*=\s*[\"'][^\"'])", re.IGNORECASE)
_TORN_PARAGRAPH = re.compile(r"^(?!\s|#|[|<>]|```|\$\$|[-*+] |\d+[.)] ).+\n(?:1[.)]|[-+*]) +\S", re.MULTILINE)
_ANSWER_IN_VIEW = re.compile(r"\A\s*recall\([^\n]*\S")  # the first line is what a folded cell shows
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
_DRAWS_NOTHING = {"rcParams", "rc", "rc_context", "style", "close", "get_cmap", "colormaps", "cm", "Axes", "Figure"}


def apply_rules(source):
    """Give the cells of a source their roles. Returns the list of Problem, in the order of the lines."""
    rules = _Rules(source)
    for cell in source.cells:
        rules.read(cell)
    rules.end_exercise()
    return sorted(rules.problems, key=lambda problem: problem.line)


class _Rules:
    """Walks through the cells from the top and remembers the open exercise and what the learner has to write."""

    def __init__(self, source):
        self.source = source
        self.problems = []
        self.seen = {}  # number of an exercise -> line of its heading
        self.number = ""  # of the exercise whose check has not come yet
        self.has_region = False
        self.unread = False  # a cell of the open exercise is wrong in itself: what follows from that is not told again
        self.defined = set()  # names that the open exercise's cells give
        self.learners = {}  # name the learner writes -> number of its exercise

    def problem(self, cell, line, message):
        self.problems.append(Problem(self.source.path, cell.line + line, message))

    def read(self, cell):
        if cell.kind == "markdown":
            self.read_markdown(cell)
        elif cell.kind == "code":
            self.read_code(cell)

    def read_markdown(self, cell):
        for match in _HEADING_LIKE.finditer(cell.text):
            line = cell.text.count("\n", 0, match.start())
            heading = HEADING.fullmatch(match[0])
            if heading:
                self.begin_exercise(cell, line, heading[1])
            else:
                self.problem(cell, line, f"write the heading as `### Exercise {self.source.chapter}.1 · Title`")
        for match in _IMAGE_WITHOUT_ALT.finditer(cell.text):
            line = cell.text.count("\n", 0, match.start())
            self.problem(cell, line, "an image without a text alternative: write `![what it shows](file)`")
        for match in _TORN_PARAGRAPH.finditer(cell.text):
            line = cell.text.count("\n", 0, match.end())
            self.problem(cell, line, "this line becomes a list: break lines elsewhere, or put a blank line before it")
        for line, text in enumerate(cell.text.splitlines()):
            if text.strip() in (BEGIN, END):
                self.problem(cell, line, f"`{text.strip()}` in a text cell: solutions stand in code cells")

    def begin_exercise(self, cell, line, number):
        self.end_exercise()
        expected = f"{self.source.chapter}.{self.source.exercises_before + len(self.seen) + 1}"
        if number in self.seen:
            self.problem(cell, line, f"exercise {number} is there already, on line {self.seen[number]}")
        elif int(number.split(".")[0]) != self.source.chapter:
            self.problem(cell, line, f"exercise {number} is not of chapter {self.source.chapter}: expected {expected}")
        elif number != expected:
            self.problem(cell, line, f"exercise {number} is out of order: expected {expected}")
        self.seen.setdefault(number, cell.line + line)
        self.number, self.has_region, self.unread, self.defined = number, False, False, set()

    def end_exercise(self):
        if self.number:
            line, number = self.seen[self.number], self.number
            message = f'exercise {number} has no check: a cell with only `check("{number}", function)` must follow'
            self.problems.append(Problem(self.source.path, line, message))
        self.number = ""

    def read_code(self, cell):
        regions, problems = find_regions(cell.text)
        for line, message in problems:
            self.problem(cell, line, message)
        if regions and (cell.for_solutions_only or not self.number):
            self.problem(
                cell, regions[0].begin, "a solution outside an exercise: its heading and its check are missing"
            )
        cell.exercise = self.number
        self.expect_width(cell, regions)
        statements = None if problems else self.statements_of(cell)
        if statements is None:
            self.unread = True
            return
        if cell.for_solutions_only:
            return
        if len(statements) == 1 and _is_check(statements[0]):
            self.read_check(cell, statements[0].value)
            return
        self.expect_no_check(cell, statements)
        self.expect_alt(cell, statements)
        self.expect_hidden_answer(cell)
        if regions:
            cell.role = "exercise"
            self.read_exercise(cell, regions)
        else:
            self.expect_runs(cell, statements)

    def expect_width(self, cell, regions):
        lines = cell.text.splitlines()
        for number, line in enumerate(lines):
            if len(line) > CODE_WIDTH:
                shown = f"a code cell shows {CODE_WIDTH} in a window of 800 pixels"
                self.problem(cell, number, f"{len(line)} characters: {shown}, so break the line")
        folded = cell.metadata.get("jupyter", {}).get("source_hidden")
        if folded and FOLDED_WIDTH < len(lines[0]) <= CODE_WIDTH:
            message = f"{len(lines[0])} characters, and this cell is folded: three dots follow, so break the line"
            self.problem(cell, 0, message)
        stubs = set(chapter_text(cell.text, self.number).splitlines()).difference(lines)
        widest = max(map(len, stubs), default=0)
        if regions and widest > CODE_WIDTH:
            message = f"its stub is {widest} characters wide, and a code cell shows {CODE_WIDTH}: indent it less"
            self.problem(cell, regions[0].begin, message)

    def statements_of(self, cell):
        """The statements of a cell as chapters/ has them; None, and a problem, when solved or open it is not Python."""
        for text in (cell.text, chapter_text(cell.text, self.number)):
            try:
                statements = names.parse(text)
            except SyntaxError as error:
                where = "this is not Python" if text == cell.text else "without its solution, this cell is not Python"
                self.problem(cell, min((error.lineno or 1), cell.text.count("\n") + 1) - 1, f"{where}: {error.msg}")
                return None
        return statements

    def read_check(self, cell, call):
        cell.role = "check"
        number = call.args[0].value if call.args and isinstance(call.args[0], ast.Constant) else None
        if number != self.number or not self.number:
            open_one = f"the exercise above is {self.number}" if self.number else "no exercise above it is open"
            self.problem(cell, 0, f"`check({number!r}, ...)`, but {open_one}")
        elif self.unread:
            pass
        elif not self.has_region:
            self.problem(cell, 0, f"exercise {number} has nothing to write: no `{BEGIN}` above its check")
        elif len(call.args) != 2 or getattr(call.args[1], "id", None) not in self.defined:
            listed = ", ".join(sorted(self.defined)) or "nothing"
            self.problem(cell, 0, f"the check takes what the exercise's cell gives: {listed}")
        self.number = ""

    def expect_hidden_answer(self, cell):
        if _ANSWER_IN_VIEW.search(cell.text):
            message = "the first line of a folded cell is seen, and with it the answer: break the line after `recall(`"
            self.problem(cell, 0, message)

    def expect_no_check(self, cell, statements):
        for call in [call for statement in statements for call in names.calls(statement, "check")]:
            if isinstance(call.func, ast.Name):
                self.problem(
                    cell, call.lineno - 1, "a check stands alone in its cell, since it raises while it is open"
                )

    def expect_alt(self, cell, statements):
        if any(_shows_with_alt(statement) for statement in statements):
            return
        drawing = [node for statement in statements for node in ast.walk(statement) if _draws(node)]
        if drawing:
            message = (
                "a figure without a text alternative: end the cell with `show(figure, alt=...)` from course_lib.plots"
            )
            self.problem(cell, drawing[0].lineno - 1, message)

    def read_exercise(self, cell, regions):
        self.has_region = True
        lines = cell.text.splitlines()
        for region in regions:
            if not region.indent:
                self.give(names_given(region, lines))
        for statement in names.parse(cell.text):
            self.defined |= names.given_names(statement)
            inside = [region for region in regions if _holds(statement, region)]
            used = names.uses(statement, self.learners)
            if not names.runs_at_once(statement):
                if inside or used:
                    self.give(names.given_names(statement))
            elif used and not any(region.begin < statement.lineno - 1 < region.end for region in regions):
                self.problem(cell, used[0][1] - 1, self.breaks(used[0][0]))
            for region in inside:
                if not any(_holds(node, region) for node in ast.walk(statement) if isinstance(node, _FUNCTIONS)):
                    message = "an indented solution stands inside a function: elsewhere its stub breaks the cell"
                    self.problem(cell, region.begin, message)

    def give(self, learners):
        self.defined |= set(learners)
        self.learners.update(dict.fromkeys(learners, self.number))

    def expect_runs(self, cell, statements):
        for statement in statements:
            for name, line in names.uses(statement, self.learners):
                self.problem(cell, line - 1, self.breaks(name))
            for name in names.given_names(statement):
                self.learners.pop(name, None)
            self.defined |= names.given_names(statement) if self.number else set()

    def breaks(self, name):
        return (
            f"`{name}` is what the learner writes in exercise {self.learners[name]}, so this cell breaks in chapters/ "
            "while that is open: use the version of course_lib here"
        )


def _holds(node, region):
    """Whether the lines of a statement go around a region."""
    return node.lineno - 1 <= region.begin < node.end_lineno


def _is_check(statement):
    call = statement.value if isinstance(statement, ast.Expr) else None
    return isinstance(call, ast.Call) and getattr(call.func, "id", None) == "check"


def _shows_with_alt(statement):
    for call in names.calls(statement, "show"):
        for keyword in call.keywords:
            empty = isinstance(keyword.value, ast.Constant) and not str(keyword.value.value or "").strip()
            if keyword.arg == "alt" and not empty:
                return True
    return False


def _draws(node):
    """Something that makes or fills a pyplot figure: `plt.subplots(...)`, and not `plt.rcParams`."""
    return (
        isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and node.value.id in ("plt", "pyplot")
        and node.attr not in _DRAWS_NOTHING
    )
