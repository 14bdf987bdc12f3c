"""How the package is built: a wheel holds the notebooks too, in course_lib/notebooks, for `course chapters FOLDER`.

pyproject.toml names this class. In a clone, and where pip installs one with -e, the notebooks stay where they are.
"""

import shutil
import sys
from pathlib import Path

from setuptools.command.build_py import build_py

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))  # pip builds in a Python of its own that knows neither the course nor this folder
from course_lib.notebook_copies import COPIED, INSTALLED  # noqa: E402


class WithNotebooks(build_py):
    """setuptools' own step, and after it the notebooks."""

    def run(self):
        """Build; then copy what `course_lib.notebook_copies` copies out again."""
        super().run()
        if self.editable_mode:
            return
        folder = Path(self.build_lib) / INSTALLED.relative_to(ROOT)
        shutil.rmtree(folder, ignore_errors=True)  # of a build before this one
        for path in (path for each in COPIED for path in ROOT.glob(each)):
            place = folder / path.relative_to(ROOT)
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, place)
