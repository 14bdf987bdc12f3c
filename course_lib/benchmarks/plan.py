"""What a benchmark measures, part by part, and the run through them: one part that fails does not stop the others."""

import sys
import traceback
from dataclasses import dataclass

from course_lib.benchmarks.results import make_result, section
from course_lib.benchmarks.tables import Table, goal_lines, machine_line
from course_lib.benchmarks.timing import memory_problem, out_of_memory


@dataclass(frozen=True)
class Part:
    """One table of a benchmark.

    Parameters
    ----------
    name, title, columns, note : of its section, see `results.section`
    measure : function of the sections so far that returns the rows; a list with `interrupted` True ends the run
    """

    name: str
    title: str
    columns: dict
    measure: object
    note: str = ""

    def section(self, rows):
        """These rows as this part's section."""
        return section(self.name, self.title, self.columns, rows, self.note)

    def failed(self, error):
        """The section that says why there are no rows."""
        problem = memory_problem(error) if out_of_memory(error) else f"failed: {type(error).__name__}: {error}"
        return self.section([{next(iter(self.columns)): self.name, "problem": problem}])


def no_goals(sections):
    """The goals of a benchmark that has none."""
    return []


def has_problem(result):
    """Whether a row of the result has no figures but a problem."""
    return any(row.get("problem") for part in result["sections"] for row in part["rows"])


@dataclass(frozen=True)
class Plan:
    """A benchmark.

    Parameters
    ----------
    name : one of `results.BENCHMARKS`
    machine : facts, as `machine_facts` gives them
    parts : list of Part, in order
    goals : function of the sections that returns the goals, see `results.goal`
    smoke : everything is in small, and the figures say nothing
    strict : a row with a problem and a goal that is missed are failures, and what has a problem is not kept
    after_write : function of the result, called when it was written to the course's own results
    """

    name: str
    machine: dict
    parts: list
    goals: object = no_goals
    smoke: bool = False
    strict: bool = False
    after_write: object = None

    def measure(self):
        """Run every part and print its table when it is there.

        Returns
        -------
        (result, failed) : `failed` is True when a part failed; its section says why. See also `strict`. After Ctrl+C
        the result has what was measured up to then, and its `interrupted` is True
        """
        sections, failed, interrupted = [], False, False
        print(machine_line(self._result([], False)), flush=True)
        for part in self.parts:
            try:
                rows = part.measure(sections)
            except KeyboardInterrupt:
                interrupted = True
                break
            except Exception as error:  # many minutes of measurements are not lost for one part of them
                failed = True
                traceback.print_exc()
                sections.append(part.failed(error))
            else:
                sections.append(part.section(rows))
                interrupted = getattr(rows, "interrupted", False)
            print(f"\n{Table(sections=(sections[-1],))}", flush=True)
            if interrupted:
                break
        if interrupted:
            print("\nStopped. What was measured up to then is above.", file=sys.stderr)
        result = self._result(sections, interrupted)
        if result["goals"]:
            print("\nGoals\n" + "\n".join(f"  {line}" for line in goal_lines(result["goals"])), flush=True)
        missed = any(each["met"] is False for each in result["goals"])
        return result, failed or (self.strict and (missed or has_problem(result)))

    def _result(self, sections, interrupted):
        judged = sections and not self.smoke  # figures in small neither meet a goal nor miss it
        goals = self.goals(sections) if judged else []
        return make_result(self.name, self.machine, sections, goals, self.smoke, interrupted)
