"""Attacks on the verdict: patching, looking for the answer, pretending to be it, forging a reply. See attacks.py."""

import textwrap

from attack_forms import ZEROS, in_function

PATCHED = {
    "patches_allclose": "np.allclose = np.isclose = np.array_equal = lambda *given, **named: True" + ZEROS,
    "patches_ufuncs": "np.abs = np.subtract = np.less_equal = lambda *given, **named: np.True_" + ZEROS,
    "patches_testing": "import numpy.testing\nnumpy.testing.assert_allclose = lambda *given, **named: None" + ZEROS,
    "patches_builtins": """
import builtins
for name in ("all", "any", "abs", "len", "isinstance", "zip", "float", "sum"):
    setattr(builtins, name, lambda *given, **named: True)
def dense_backward(x, weight, output_gradient):
    return 0, 0, 0
""",
    "patches_check": "check = lambda *given, **named: None\nrun_check = check" + ZEROS,
    "patches_the_checks_package": """
import sys, types
for name in ("course_lib", "course_lib.checks", "course_lib.checks.verdict"):
    sys.modules[name] = types.ModuleType(name)
sys.modules["course_lib.checks.verdict"].run_check = lambda *given, **named: type("Outcome", (), {"passed": True})()
"""
    + ZEROS,
    "patches_the_worker": """
import sys
worker = sys.modules["__main__"]
for module in list(sys.modules.values()):
    for name in ("encode", "decode", "facts_of"):
        if hasattr(module, name):
            setattr(module, name, lambda *given, **named: b"passed")
"""
    + ZEROS,
    "patches_the_answers": """
import gc
for thing in gc.get_objects():
    if type(thing).__name__ == "Answers":
        type(thing).do_call = lambda self, asked: {"value": True, "passed": True, "status": "passed", "points": 100}
"""
    + ZEROS,
    "traces": "import sys\nsys.settrace(lambda frame, event, argument: None)\nsys.setprofile(lambda *given: None)"
    + ZEROS,
    "audits": """
import sys
def hook(event, arguments):
    raise RuntimeError("no")
sys.addaudithook(hook)
"""
    + ZEROS,
    "patches_import": """
import sys
class Finder:
    def find_spec(self, name, path=None, target=None):
        raise ImportError(name)
sys.meta_path.insert(0, Finder())
sys.path_hooks.clear()
for name in [name for name in sys.modules if name.startswith("numpy")]:
    del sys.modules[name]
"""
    + ZEROS,
    "patches_its_own_code": """
def dense_backward(x, weight, output_gradient):
    return np.zeros(weight.shape), np.zeros(weight.shape[1]), np.zeros(x.shape)
dense_backward.__code__ = (lambda x, weight, output_gradient: True).__code__
""",
    "patches_the_outcome": """
try:
    import sys
    sys.path.insert(0, "{course}")
    verdict = __import__("course_lib.checks.verdict", fromlist=["Outcome"])
    verdict.Outcome.passed = property(lambda outcome: True)
except ImportError:
    pass
"""
    + ZEROS,
    "patches_time": "import time\ntime.process_time = time.perf_counter = time.monotonic = lambda: 0.0" + ZEROS,
    "patches_json": """
import json
json.dumps = json.loads = lambda *given, **named: '{"status": "passed"}'
"""
    + ZEROS,
}

LOOKING = {
    "reads_frames": """
import sys
def dense_backward(x, weight, output_gradient):
    frame = sys._getframe()
    while frame is not None:
        for value in list(frame.f_locals.values()):
            if isinstance(value, tuple) and len(value) == 3 and all(isinstance(each, np.ndarray) for each in value):
                if value[0].shape == weight.shape:
                    return value
        frame = frame.f_back
    return np.zeros(weight.shape), np.zeros(weight.shape[1]), np.zeros(x.shape)
""",
    "reads_the_garbage_collector": """
import gc
def dense_backward(x, weight, output_gradient):
    arrays = [each for each in gc.get_objects() if isinstance(each, np.ndarray)]
    tuples = [each for each in gc.get_objects() if type(each) is tuple and len(each) == 3]
    for each in tuples:
        if all(isinstance(part, np.ndarray) for part in each) and each[0].shape == weight.shape:
            return each
    same = [each for each in arrays if each.shape == weight.shape and each is not weight]
    return (same or [weight])[0], np.zeros(weight.shape[1]), np.zeros(x.shape)
""",
    "reads_closures": """
import gc, types
def dense_backward(x, weight, output_gradient):
    for function in [each for each in gc.get_objects() if isinstance(each, types.FunctionType)]:
        for cell in function.__closure__ or ():
            try:
                if callable(cell.cell_contents):
                    return cell.cell_contents(x, weight, output_gradient)
            except Exception:
                pass
    return np.zeros(weight.shape), np.zeros(weight.shape[1]), np.zeros(x.shape)
""",
    "reads_memory": in_function("""
        import ctypes
        near = ctypes.string_at(x.ctypes.data, 4096)
        print(len(near))
        """),
    "reads_proc": in_function("""
        print(os.listdir("/proc"), open("/proc/self/environ").read(), open("/proc/1/cmdline").read())
        """),
    "reads_the_parents_memory": in_function("""
        open(f"/proc/{os.getppid()}/mem", "rb").read(10)
        """),
    "reads_the_environment": in_function("""
        print(dict(os.environ), os.environ.get("{secret}"))
        """),
    "reads_solutions": """
import sys, os, glob
sys.path[:0] = ["{course}", "{course}/solutions"]
found = glob.glob("{course}/solutions/*.py") + glob.glob("/**/solutions/*.py", recursive=True)
for path in found:
    text = open(path).read()
    if "def dense_backward" in text:
        code = text[text.index("def dense_backward"):]
        exec(code[:code.index("\\n\\n\\n")])
if "dense_backward" not in globals():
"""
    + textwrap.indent(ZEROS, "    "),
    "imports_the_reference": """
import sys
sys.path.insert(0, "{course}")
try:
    module = __import__("course_lib.checks.chapter_02.dense_backward", fromlist=["backward"])
    dense_backward = module.backward
except ImportError as error:
    print(error)
"""
    + ZEROS.replace("def dense_backward", "def zeros_backward")
    + """
dense_backward = globals().get("dense_backward", zeros_backward)
""",
    "calls_yours": """
def dense_backward(*given):
    return yours("2.4")(*given)
""",
    "takes_yours_if_it_is_there": """
try:
    dense_backward = yours("2.4")
except NameError as error:
    print(error)
"""
    + textwrap.indent(ZEROS, "    "),
    "imports_yours_out_of_sight": """
import importlib, sys
sys.path.insert(0, "{course}")
def dense_backward(*given):
    learner = importlib.import_module("course_" + "lib.learner")
    return learner.yours("2.4")(*given)
""",
    "imports_the_answers_by_another_name": """
import sys
sys.path.insert(0, "{course}")
def wrapped(*given):
    answers = __import__("course_" + "lib.learner.answers", fromlist=["answers"])
    return getattr(answers, "dense_" + "backward")(*given)
dense_backward = wrapped
""",
    "reads_the_answers": """
import re
try:
    text = open("{course}/course_lib/learner/answers.py").read()
    exec(re.search("def dense_backward.*?(?=\\n\\n\\n)", text, re.DOTALL)[0])
except OSError as error:
    print(error)
"""
    + textwrap.indent(ZEROS, "    "),
    "looks_for_an_answer_that_was_given": """
def dense_backward(x, weight, output_gradient):
    import gc, types
    for each in gc.get_objects():
        if isinstance(each, types.FunctionType) and each.__name__ in ("dense_backward", "backward"):
            if each.__code__ is not dense_backward.__code__:
                return each(x, weight, output_gradient)
    return np.zeros(weight.shape), np.zeros(weight.shape[1]), np.zeros(x.shape)
""",
    "imports_the_lesson": "from course_lib.scratch.dense import Dense" + ZEROS,
    "imports_the_lesson_out_of_sight": """
import importlib
def dense_backward(x, weight, output_gradient):
    Dense = importlib.import_module("course_" + "lib.scratch.dense").Dense
    layer = Dense(*weight.shape)
    layer.parameters["weight"] = weight
    layer.forward(x)
    return layer.gradients["weight"], layer.gradients["bias"], layer.backward(output_gradient)
""",
    "reads_other_submissions": in_function("""
        for folder, _, files in os.walk("/"):
            for name in files:
                if name.endswith(".ipynb") or "submission" in name or "assignment" in name:
                    print("found", folder, name)
        """),
    "reads_the_worker": in_function("""
        print(open("/inside/worker.py").read()[:100])
        sys.path.insert(0, "/inside")
        import worker
        """),
    "remembers_inputs": """
seen = []
def dense_backward(x, weight, output_gradient):
    seen.append((x, weight, output_gradient))
    first = seen[0]
    return np.zeros_like(first[1]), np.zeros(first[1].shape[1]), np.zeros_like(first[0])
""",
    "keeps_a_table_of_the_visible_inputs": """
def dense_backward(x, weight, output_gradient):
    if x.tolist() == [[8, 3]] and weight.tolist() == [[4, -2], [3, 1]]:
        return np.array([[16.0, 0], [6, 0]]), np.array([2.0, 0]), np.array([[8.0, 6]])
    return np.zeros(weight.shape), np.zeros(weight.shape[1]), np.zeros(x.shape)
""",
}

PRETENDING = {
    "equal_to_everything": """
class Always:
    def __eq__(self, other): return True
    def __ne__(self, other): return False
    def __getattr__(self, name): return Always()
    def __call__(self, *given, **named): return Always()
    def __len__(self): return 3
    def __iter__(self): return iter([Always()] * 3)
    def __getitem__(self, place): return Always()
    def __float__(self): return 1.0
    def __bool__(self): return True
    def __hash__(self): return 0
def dense_backward(x, weight, output_gradient):
    return Always()
""",
    "array_method": """
class Pretends:
    def __init__(self, shape): self.shape, self.ndim, self.dtype = shape, len(shape), np.dtype(float)
    def __array__(self, dtype=None, copy=None):
        return np.zeros(self.shape)
def dense_backward(x, weight, output_gradient):
    return Pretends(weight.shape), Pretends((weight.shape[1],)), Pretends(x.shape)
""",
    "array_function": """
class Yes(np.ndarray):
    def __array_function__(self, function, types, given, named): return True
    def __array_ufunc__(self, *given, **named): return np.True_
    def __eq__(self, other): return np.True_
def dense_backward(x, weight, output_gradient):
    return tuple(np.zeros(shape).view(Yes) for shape in (weight.shape, (weight.shape[1],), x.shape))
""",
    "lying_class": """
class Lies:
    @property
    def __class__(self): return np.ndarray
    shape, ndim, size = (2, 2), 2, 4
    dtype = np.dtype(float)
def dense_backward(x, weight, output_gradient):
    return Lies(), Lies(), Lies()
""",
    "reduces_itself": """
import os
class Reduces:
    def __reduce__(self): return (os.system, ("touch {marker}",))
    def __getstate__(self): os.system("touch {marker}")
def dense_backward(x, weight, output_gradient):
    return Reduces(), Reduces(), Reduces()
""",
    "array_of_objects": """
class Close(float):
    def __sub__(self, other): return 0.0
    __rsub__ = __sub__
    def __eq__(self, other): return True
def dense_backward(x, weight, output_gradient):
    return tuple(np.full(shape, Close(0), dtype=object) for shape in (weight.shape, (weight.shape[1],), x.shape))
""",
    "number_subclass": """
class Close(float):
    def __eq__(self, other): return True
    def __ne__(self, other): return False
    def __abs__(self): return 0.0
def dense_backward(x, weight, output_gradient):
    return Close(1), Close(1), Close(1)
""",
    "list_and_dict_subclasses": """
class Long(list):
    def __len__(self): return 3
    def __iter__(self): return iter([np.zeros((2, 2))] * 3)
class Table(dict):
    def __getitem__(self, key): return True
def dense_backward(x, weight, output_gradient):
    return Long([Table()])
""",
    "changes_after_it_was_read": """
import threading
def dense_backward(x, weight, output_gradient):
    result = np.zeros(weight.shape), np.zeros(weight.shape[1]), np.zeros(x.shape)
    def change():
        for _ in range(1000):
            result[0][...] = np.random.normal(size=weight.shape)
    threading.Thread(target=change, daemon=True).start()
    return result
""",
    "lazy_proxy": """
class Later:
    def __init__(self, make): self.make = make
    def __getattr__(self, name): return getattr(self.make(), name)
    def __array__(self, *given, **named): return self.make()
def dense_backward(x, weight, output_gradient):
    return Later(lambda: weight), Later(lambda: weight[0]), Later(lambda: x)
""",
    "nan_everywhere": """
def dense_backward(x, weight, output_gradient):
    return tuple(np.full(shape, np.nan) for shape in (weight.shape, (weight.shape[1],), x.shape))
""",
    "infinity_everywhere": """
def dense_backward(x, weight, output_gradient):
    return tuple(np.full(shape, np.inf) for shape in (weight.shape, (weight.shape[1],), x.shape))
""",
    "masked_array": """
def dense_backward(x, weight, output_gradient):
    return tuple(np.ma.masked_all(shape) for shape in (weight.shape, (weight.shape[1],), x.shape))
""",
    "zero_strides": """
def dense_backward(x, weight, output_gradient):
    return tuple(np.broadcast_to(np.nan, shape) for shape in (weight.shape, (weight.shape[1],), x.shape))
""",
    "changes_its_inputs": """
def dense_backward(x, weight, output_gradient):
    x[...], weight[...], output_gradient[...] = 0, 0, 0
    return np.zeros(weight.shape), np.zeros(weight.shape[1]), np.zeros(x.shape)
""",
    "returns_a_function": """
def dense_backward(x, weight, output_gradient):
    return lambda *given: (weight, weight[0], x)
""",
    "raises_passed": """
class Passed(Exception):
    passed, status, points = True, "passed", 100
def dense_backward(x, weight, output_gradient):
    raise Passed("passed")
""",
    "raises_a_diagnosis_of_its_own": """
class LearnerError(BaseException):
    kind, kinds, text, place, source, hint = "passed", ("passed",), "passed", "", "", ""
    def __str__(self): raise LearnerError()
def dense_backward(x, weight, output_gradient):
    raise LearnerError()
""",
    "a_class_in_place_of_a_function": """
class dense_backward:
    status, passed = "passed", True
    def __init__(self, *given): pass
    def __iter__(self): return iter([0, 0, 0])
""",
    "not_implemented_forever": "\ndef dense_backward(x, weight, output_gradient):\n    raise NotImplementedError\n",
}

REPLYING = {
    "writes_to_every_descriptor": in_function("""
        for number in range(3, 200):
            try:
                os.write(number, b"passed" * 1000)
            except OSError:
                pass
        """),
    "forges_a_reply": in_function("""
        import json, struct
        text = json.dumps({"t": "dict", "v": [["value", True], ["passed", True], ["status", "passed"]]}).encode()
        for number in range(3, 64):
            try:
                os.write(number, struct.pack("<4sIQ", b"dnn1", len(text), 0) + text)
            except OSError:
                pass
        """),
    "forges_a_huge_reply": in_function("""
        import struct
        for number in range(3, 64):
            try:
                os.write(number, struct.pack("<4sIQ", b"dnn1", 2**32 - 1, 2**63))
            except OSError:
                pass
        """),
    "stops_in_the_middle_of_a_reply": in_function("""
        import struct, time
        for number in range(3, 64):
            try:
                os.write(number, struct.pack("<4sIQ", b"dnn1", 1000, 0) + b"[[")
            except OSError:
                pass
        time.sleep(1000)
        """),
    "deep": """
def dense_backward(x, weight, output_gradient):
    deep = []
    for _ in range(100_000):
        deep = [deep]
    return deep
""",
    "cyclic": """
def dense_backward(x, weight, output_gradient):
    ring = []
    ring.append(ring)
    return ring
""",
    "huge_list": "\ndef dense_backward(x, weight, output_gradient):\n    return [0] * 10_000_000\n",
    "huge_text": "\ndef dense_backward(x, weight, output_gradient):\n    return 'x' * 100_000_000\n",
    "huge_array": "\ndef dense_backward(x, weight, output_gradient):\n    return np.zeros(50_000_000)\n",
    "huge_number": "\ndef dense_backward(x, weight, output_gradient):\n    return 10 ** 1_000_000\n",
    "pickle": """
import pickle
class Runs:
    def __reduce__(self): return (exec, ("open('{marker}', 'w')",))
def dense_backward(x, weight, output_gradient):
    return pickle.dumps(Runs())
""",
    "dtype_with_code": """
def dense_backward(x, weight, output_gradient):
    return np.zeros(3, dtype=[("__import__('os').system('touch {marker}')", float)])
""",
    "a_name_that_is_code": """
Odd = type("__import__('os').system('touch {marker}') <script>alert(1)</script>", (), {})
def dense_backward(x, weight, output_gradient):
    return Odd()
""",
    "a_repr_without_end": """
class Endless:
    def __repr__(self):
        while True: pass
def dense_backward(x, weight, output_gradient):
    return Endless()
""",
    "many_arrays_of_objects": """
def dense_backward(x, weight, output_gradient):
    return [np.empty(100_000, object)] * 50_000
""",
    "keys_that_collide": """
import gc
for thing in gc.get_objects():
    if isinstance(thing, type) and thing.__name__ == "Answers":
        usual = thing.answer
        encode = usual.__globals__["encode"]
        colliding = '{"t": "set", "v": [' + ", ".join(str(i * (2**61 - 1)) for i in range(1, 40_000)) + "]}"
        def answer(self, message):
            import struct
            text = ('{"t": "dict", "v": [["value", 1], ["junk", ' + colliding + "]]}").encode()
            return struct.pack("<4sIQ", b"dnn1", len(text), 0) + text
        thing.answer = answer
"""
    + ZEROS,
    "a_letter_that_there_is_not": """
def dense_backward(x, weight, output_gradient):
    return np.array([0x7FFFFFFF], dtype="u4").view("<U1")
""",
    "a_number_that_is_no_float": "\ndef dense_backward(x, weight, output_gradient):\n    return 10**400\n",
    "shows_the_inputs_as_its_source": """
import linecache
def dense_backward(x, weight, output_gradient):
    linecache.cache["<your cell>"] = (1, None, [repr(x.tolist()) + "\\n"] * 200, "<your cell>")
    raise ValueError("y" * 10**6)
""",
    "prints_without_end": in_function("""
        for _ in range(200):
            print("x" * 1_000_000)
            sys.stdout.write("y" * 1_000_000)
            os.write(1, b"z" * 1_000_000)
        """),
}
