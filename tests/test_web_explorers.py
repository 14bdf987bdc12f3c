"""The Python side of the explorers in the browser: traits, their checks, and the one file that a front end gets."""

import json
import re
import subprocess
import sys

import numpy as np
import pytest
import traitlets

from course_lib import explorers
from course_lib.explorers import every_explorer, web_explorer
from course_lib.explorers.neuron import NeuronExplorer
from course_lib.explorers.web_explorer import WEB, WebExplorer, declaration, modules, widget_source

WEB_EXPLORERS = [each for each in every_explorer() if issubclass(each, WebExplorer)]
KINDS = {"number", "choice", "flag", "text", "numbers", "list"}


@pytest.mark.parametrize("explorer", WEB_EXPLORERS, ids=lambda each: each.__name__)
def test_an_explorer_opens_where_its_declaration_says_and_every_field_is_a_trait(explorer):
    shown, fields = explorer(), declaration(explorer.module)["fields"]
    assert vars(shown.state) == {field["name"]: field["start"] for field in fields}
    for field in fields:
        assert shown.trait_metadata(field["name"], "sync") is True
        setattr(shown, field["name"], field["start"])  # where it opens it can be
    assert json.loads(shown.to_json()) == {
        "explorer": explorer.module,
        "version": declaration(explorer.module)["version"],
        "state": vars(shown.state),
    }


@pytest.mark.parametrize("explorer", WEB_EXPLORERS, ids=lambda each: each.__name__)
def test_every_field_has_a_label_a_meaning_and_a_kind_that_both_languages_know(explorer):
    names = [field["name"] for field in declaration(explorer.module)["fields"]]
    assert len(set(names)) == len(names)
    for field in declaration(explorer.module)["fields"]:
        assert field["label"].strip() and field["meaning"].strip() and field["kind"] in KINDS
        assert re.fullmatch(r"[a-z][a-z0-9_]*", field["name"])


@pytest.mark.parametrize("explorer", WEB_EXPLORERS, ids=lambda each: each.__name__)
def test_no_module_asks_for_anything_from_outside(explorer):
    for path, source in modules(f"explorers/{explorer.module}.js").items():
        code = re.sub(r"/\*.*?\*/|(?<![:\"'])//[^\n]*", "", source, flags=re.DOTALL)
        found = re.findall(r"(?<![.\w])(?:fetch|XMLHttpRequest|WebSocket|eval|Function)\(|\.innerHTML\s*=", code)
        assert found == [], path
        assert not re.findall(r"https?://(?!www\.w3\.org/2000/svg)", code), path


def test_a_value_that_a_field_cannot_have_is_refused_and_nothing_is_changed():
    shown = NeuronExplorer()
    for name, value, said in (
        ("w1", 9, "w1 is 9; it must be a number from -3 to 3"),
        ("w1", True, "w1 is True; it must be a number from -3 to 3"),
        ("w1", float("nan"), "w1 is nan; it must be a number"),
        ("activation", "cosine", "activation is 'cosine'; it must be one of 'step'"),
    ):
        with pytest.raises(traitlets.TraitError, match=re.escape(said)):
            setattr(shown, name, value)
    with pytest.raises(traitlets.TraitError, match="bias is 'a'"):
        shown.set(w1=0.5, bias="a")
    assert vars(shown.state) == vars(NeuronExplorer().state)


def test_a_name_that_is_no_field_is_named_with_those_that_are():
    with pytest.raises(TypeError, match=r"NeuronExplorer has no control 'w3'. Its controls are: w1, w2, bias"):
        NeuronExplorer(w3=1.0)
    with pytest.raises(TypeError, match="no control 'w3'"):
        NeuronExplorer().set(w3=1.0)


def test_numbers_of_numpy_are_taken_and_reset_goes_back_to_where_it_was_opened():
    shown = NeuronExplorer(w1=np.float32(0.5))
    shown.set(w1=np.int64(2), bias=np.float64(-3.0))
    assert (shown.w1, shown.bias) == (2, -3.0) and type(shown.w1) is int
    shown.reset()
    assert (shown.w1, shown.bias) == (0.5, -1)


def test_two_explorers_share_no_state_and_a_state_is_a_copy():
    first, second = NeuronExplorer(), NeuronExplorer()
    first.w1 = -2.0
    state = first.state
    state.w1 = 3.0
    assert (first.w1, second.w1) == (-2.0, 1)


def test_traits_are_observed():
    shown, seen = NeuronExplorer(), []
    shown.observe(lambda change: seen.append((change["name"], change["new"])), names=["w1", "w2"])
    shown.set(w1=0.0, w2=0.5)
    assert sorted(seen) == [("w1", 0.0), ("w2", 0.5)]


def test_the_source_of_a_widget_has_every_module_after_those_that_it_imports():
    source = widget_source("explorers/neuron.js")
    sent = json.loads(source.partition("const MODULES = ")[2].partition(";\nconst ENTRY")[0])
    assert list(sent)[-1] == "explorers/neuron.js" and "engine/activations.js" in sent
    for place, (path, text) in enumerate(sent.items()):
        assert text == (WEB / path).read_text(encoding="utf-8")
        for relative in web_explorer.IMPORT.findall(text):
            needed = ((WEB / path).parent / relative).resolve().relative_to(WEB).as_posix()
            assert needed in list(sent)[:place]


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({"a.js": 'import { b } from "./b.js";', "b.js": 'import { a } from "./a.js";'}, "web/a.js imports itself"),
        ({"a.js": 'import { b } from "./b.js";'}, "There is no web/b.js, which a.js imports"),
    ],
)
def test_modules_in_a_circle_and_modules_that_are_not_there_are_named(files, said, tmp_path, monkeypatch):
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    monkeypatch.setattr(web_explorer, "WEB", tmp_path)
    modules.cache_clear()
    with pytest.raises(ImportError, match=said):
        modules("a.js")
    modules.cache_clear()


def test_every_module_belongs_to_an_explorer_or_to_the_hosts():
    used = {path for each in WEB_EXPLORERS for path in modules(f"explorers/{each.module}.js")} | {
        "widget.js",
        "loader.js",
    }
    there = {path.relative_to(WEB).as_posix() for path in WEB.rglob("*.js")}
    tested = {"engine/recurrent_network.js"}  # the twin of the engine's; the tests hold it to NumPy
    assert there - used <= tested


def test_an_explorer_in_the_browser_loads_neither_torch_nor_matplotlib():
    code = "import sys\nfrom course_lib.explorers import NeuronExplorer\nNeuronExplorer()\n"
    code += "print(*(name for name in ('torch', 'matplotlib', 'scipy') if name in sys.modules))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip() == ""


def test_every_web_explorer_can_be_imported_by_its_name():
    assert all(getattr(explorers, each.__name__) is each for each in WEB_EXPLORERS)
