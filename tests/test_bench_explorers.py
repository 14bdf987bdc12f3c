"""What the explorers' benchmark writes: a part of a measurement beside the other figures, and the goals of memory."""

import importlib.util
import json
import shutil
from pathlib import Path

import pytest

HERE = Path(__file__).parent
MEMORY = {"minutes": 2.0, "growth_mb": 7.3, "updates": 1_234_567}


@pytest.fixture(scope="module")
def bench():
    spec = importlib.util.spec_from_file_location("bench_explorers", HERE / "performance" / "bench_explorers.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def files(bench, tmp_path):
    copies = {"results": tmp_path / "explorers.json", "page": tmp_path / "CONTRIBUTING.md"}
    shutil.copy(bench.RESULTS, copies["results"])
    shutil.copy(HERE.parent / "CONTRIBUTING.md", copies["page"])
    return copies


def test_memory_alone_keeps_the_other_figures_and_the_table_says_how_long(bench, files):
    before = json.loads(files["results"].read_text(encoding="utf-8"))
    bench.write({"memory": MEMORY}, before["machine"], whole=False, **files)
    after = json.loads(files["results"].read_text(encoding="utf-8"))
    assert after == before | {"memory": MEMORY} and len(after) > 4
    page = files["page"].read_text(encoding="utf-8")
    assert "| a page's memory in 2 minutes of training, six layers of 8 | grows by 7.3 MB, over 1.2 million" in page
    assert f"explorer {before['slider_to_picture_ms']['explorer']['p50']} ms" in page


def test_memory_of_another_machine_is_not_written_beside_the_others(bench, files):
    before = [file.read_bytes() for file in files.values()]
    machine = json.loads(files["results"].read_text(encoding="utf-8"))["machine"] | {"cores": 512}
    with pytest.raises(SystemExit, match="512"):
        bench.write({"memory": MEMORY}, machine, whole=False, **files)
    assert [file.read_bytes() for file in files.values()] == before


@pytest.mark.parametrize(
    ("change", "met"),
    [({}, [True, True]), ({"growth_mb": 10.1}, [False, True]), ({"updates": 0}, [True, False])],
)
def test_memory_that_grows_and_a_page_that_stands_still_miss_their_goals(bench, change, met):
    assert [reached for _, reached in bench.memory_goals(MEMORY | change)] == met


def test_memory_that_is_less_than_before_does_not_grow(bench, files):
    before = json.loads(files["results"].read_text(encoding="utf-8"))
    table = bench.table(before | {"memory": MEMORY | {"growth_mb": -1.1}}, before["machine"])
    assert "six layers of 8 | does not grow, over 1.2 million updates |" in table
