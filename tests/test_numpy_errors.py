"""np.seterr(all="raise"), which some set in every notebook, stops no solved chapter."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

SOLUTIONS = sorted((Path(__file__).parents[1] / "solutions").glob("*.py"))
RAISING = "import numpy\nnumpy.seterr(all='raise')\n"


@pytest.mark.weekly("runs every chapter once more")
@pytest.mark.parametrize("chapter", SOLUTIONS, ids=lambda path: path.stem)
def test_a_solved_chapter_runs_where_numpy_raises_every_error(chapter, tmp_path):
    script = tmp_path / chapter.name
    script.write_text(RAISING + chapter.read_text(encoding="utf-8"), encoding="utf-8")
    command = [sys.executable, "-m", "IPython", "--no-banner", "--quick", "--colors=NoColor", str(script)]
    environment = os.environ | {"MPLBACKEND": "Agg", "IPYTHONDIR": str(tmp_path)}
    run = subprocess.run(command, cwd=chapter.parent, env=environment, capture_output=True, text=True)
    assert run.returncode == 0 and "Traceback" not in run.stdout, (run.stdout + run.stderr)[-3000:]
