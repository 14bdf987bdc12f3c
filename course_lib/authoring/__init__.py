"""Chapters from their sources: solutions/NN_name.py becomes chapters/NN_name.ipynb and solutions/NN_name.ipynb.

    python -m course_lib.authoring build            write all notebooks whose source has changed
    python -m course_lib.authoring build --check    write nothing; exit with 1 when a notebook is not current
    python -m course_lib.authoring new 07_name "Title"   begin a new chapter

A source is a Python file in jupytext's percent format. It is the complete chapter, solved:

- An exercise begins with a markdown cell that has the heading `### Exercise 1.2 · Title`. A code cell follows in which
  the lines that the learner writes stand between `# BEGIN SOLUTION` and `# END SOLUTION`, indented as the code. Then
  comes a cell that is only `check("1.2", function)`. In chapters/ a line that raises NotImplementedError takes the
  place of the solution.
- A solution that stands outside every function gives values names: `weights = [1, 2]`. In chapters/ it becomes
  `weights = ...`.
- Between `# INSTEAD` and `# END SOLUTION` stand the lines, commented out, that the learner finds in place of the
  solution: a broken version to mend.
- Cells tagged `solution` (`# %% [markdown] tags=["solution"]`) are in solutions/ only.
"""
