"""Inside the sandbox: a parent that stays clean, and for each exercise a child in which the student's code runs.

The parent imports NumPy once and forks, which takes a few milliseconds. It never runs a line of a student's code, it
reads the child's processor time from the kernel, and it ends the child. The child hands its answers to the parent as
plain values, and has no other way out: see `system_calls.py` for what the kernel refuses it.

Standard input and output carry messages of `plain_values`, two after another: what to do, and what the child gets.
"""

import builtins
import io
import linecache
import os
import random
import resource
import select
import signal
import socket
import sys
import time
import traceback
import types
import warnings

import numpy as np
from plain_values import HEAD_BYTES, PlainValueError, decode, encode, message_sizes
from raised import facts_of
from system_calls import limit_system_calls

CELL = "<your cell>"
MOST_PRINTED = 20_000  # characters of one exercise
MOST_WARNINGS = 20
CHUNK = 1 << 20
SCRATCH = "/tmp"  # in the sandbox, the one folder that can be written to
IN_SANDBOX = os.path.abspath(__file__) == "/inside/worker.py"  # elsewhere, that folder is everybody's


def main(user):
    """Serve until standard input ends. user : number of the user to become first, 0 to stay who one is."""
    if user:
        os.setgroups([])
        os.setresgid(user, user, user)
        os.setresuid(user, user, user)
    os.chdir(SCRATCH)
    commands, answers = os.dup(0), os.dup(1)
    nothing = os.open("/dev/null", os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(nothing, descriptor)
    child = None
    send(answers, {"state": "ready", "user": os.getuid()})
    while True:
        command = receive(commands)
        if command is None:
            return
        if command["do"] == "begin":
            child = Child(command["limits"], commands, answers)
            send(answers, child.ask(receive_bytes(commands)))
        elif command["do"] == "ask":
            send(answers, child.ask(receive_bytes(commands)))
        elif command["do"] == "end":
            child.end()
            send(answers, {"state": "ended"})


class Child:
    """The process of one exercise, as its parent sees it."""

    def __init__(self, limits, *keep_from_it):
        ours, theirs = socket.socketpair()
        self.pid = os.fork()
        if self.pid == 0:
            try:
                ours.close()
                for descriptor in keep_from_it:
                    os.close(descriptor)
                run_child(theirs, limits)
            finally:
                os._exit(1)
        theirs.close()
        ours.setblocking(False)
        self.channel, self.seconds_left = ours, limits["wall_seconds"]
        self.seconds, self.status = 0.0, None

    def ask(self, message):
        """Hand the child a message, and say what came of it: a reply (its bytes in it), or how the child ended."""
        deadline = time.monotonic() + self.seconds_left
        try:
            self._send(message, deadline)
            reply = self._receive(HEAD_BYTES, deadline)
            reply += self._receive(sum(message_sizes(reply)), deadline)
            found = {"state": "reply", "message": reply}
        except TimeoutError:
            found = {"state": "late"}
        except PlainValueError:
            found = {"state": "garbled"}
        except (EOFError, OSError):
            found = {"state": "died"}
        self.seconds_left = max(0.0, deadline - time.monotonic())
        if found["state"] == "reply":
            self.seconds = processor_seconds(self.pid)
        else:
            found["signal"] = self.end()
        return found | {"seconds": self.seconds}

    def end(self):
        """Kill the child if it is there still. Returns the number of the signal that ended it, 0 for none."""
        if self.status is None:
            try:
                self.seconds = processor_seconds(self.pid)
                gone, self.status = os.waitpid(self.pid, os.WNOHANG)
                if not gone:
                    os.kill(self.pid, signal.SIGKILL)
                    _, self.status = os.waitpid(self.pid, 0)
            except (ChildProcessError, OSError):
                self.status = self.status or 0
            self.channel.close()
            if IN_SANDBOX:
                empty(SCRATCH)
                if os.listdir(SCRATCH):  # something withstands, such as a path longer than there may be
                    os._exit(1)  # the next exercise gets a new sandbox
        return os.WTERMSIG(self.status) if os.WIFSIGNALED(self.status) else 0

    def _send(self, message, deadline):
        rest = memoryview(message)
        while rest:
            self._wait(select.POLLOUT, deadline)
            rest = rest[self.channel.send(rest[:CHUNK]) :]

    def _receive(self, size, deadline):
        parts, missing = [], size
        while missing:
            self._wait(select.POLLIN, deadline)
            part = self.channel.recv(min(missing, CHUNK))
            if not part:
                raise EOFError
            parts.append(part)
            missing -= len(part)
        return b"".join(parts)

    def _wait(self, what, deadline):
        poll = select.poll()
        poll.register(self.channel, what)
        if not poll.poll(max(0.0, deadline - time.monotonic()) * 1000):
            raise TimeoutError


def empty(folder):
    """Take away what an exercise left there, so that the next one finds nothing. Locked folders are opened."""
    for entry in os.scandir(folder):
        try:
            if entry.is_dir(follow_symlinks=False):
                os.chmod(entry.path, 0o700)
                empty(entry.path)
                os.rmdir(entry.path)
            else:
                os.unlink(entry.path)
        except (OSError, RecursionError):
            continue


def processor_seconds(pid):
    """Seconds of processor time that a process has used, all its threads together: the kernel's own clock of it."""
    try:
        return time.clock_gettime((~pid << 3) | 2)  # as clock_getcpuclockid(3) makes it
    except OSError:
        return resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime


def run_child(channel, limits):
    """All that happens in the student's process: limits first, then its cells, then the calls that are asked for."""
    own_limits(limits)
    sys.path = [place for place in sys.path if place != os.path.dirname(os.path.abspath(__file__))]
    builtins.exit = builtins.quit = sys.exit  # as in any Python that is started by hand
    random.seed(0)
    np.random.seed(0)  # noqa: NPY002  a student's own draws from it are then the same whenever the work is marked
    np.random.bit_generator.randbits = random.Random(0).getrandbits  # and those of a generator without a seed
    limit_system_calls()
    serve = Answers(is_students)
    sys.stdout = sys.stderr = serve.printed
    while (message := receive_from(channel)) is not None:
        channel.sendall(serve.answer(message))


def own_limits(limits):
    seconds = int(limits["processor_seconds"])
    for name, value in (
        (resource.RLIMIT_CPU, seconds),
        (resource.RLIMIT_AS, int(limits["memory_bytes"])),
        (resource.RLIMIT_FSIZE, int(limits["file_bytes"])),
        (resource.RLIMIT_NOFILE, 64),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_NPROC, 512),  # threads: a process cannot be started at all
    ):
        hard = resource.getrlimit(name)[1]
        value = value if hard == resource.RLIM_INFINITY else min(value, hard)
        resource.setrlimit(name, (value, value + 1 if name == resource.RLIMIT_CPU else value))
    signal.signal(signal.SIGXCPU, signal.SIG_DFL)


class Answers:
    """The student's namespace, and what is asked of it."""

    def __init__(self, is_students):
        self.is_students, self.kept = is_students, []
        self.arguments, self.named, self.before = [], {}, b""
        self.namespace = {"__name__": "__main__", "__builtins__": builtins}
        self.printed = Printed()

    def answer(self, message):
        try:
            asked = decode(message)
            return encode(getattr(self, f"do_{asked['do']}")(asked), keep=self.keep)
        except PlainValueError as error:
            return encode({"too_large": str(error)})
        except RecursionError:
            return encode({"too_large": "lists in lists without an end"})
        except MemoryError:
            return encode({"raised": facts_of(MemoryError("more memory than the limit"), self.is_students)})

    def keep(self, function):
        self.kept.append(function)
        return len(self.kept) - 1

    def do_run(self, asked):
        """Run cells, one after the other, and say what the name that is asked for holds then."""
        for name, text in asked["modules"].items():
            make_module(name, text)
        failed = None
        for label, text, is_given in asked["cells"]:
            filename = f"<{label}>" if is_given else CELL
            linecache.cache[filename] = (len(text), None, text.splitlines(keepends=True), filename)
            failed = self.run_cell(text, filename)
            if failed and is_given:
                break
        name = asked["name"]
        found = {"failed": failed, "printed": self.printed.take(), "defined": name in self.namespace}
        if found["defined"]:
            found["value"] = self.namespace[name]
        return found

    def run_cell(self, text, filename):
        try:
            exec(compile(text, filename, "exec", dont_inherit=True), self.namespace)
        except BaseException as error:  # whatever it is, it must not end this loop
            return facts_of(error, self.is_students)
        return None

    def do_prepare(self, asked):
        """Take the arguments of a call. It is a step of its own, so that a call's time is that of the call alone."""
        self.arguments, self.named = asked["arguments"], asked["named"]
        self.before = encode([self.arguments, self.named])
        return {}

    def do_call(self, asked):
        """Call a function that was handed out before, with the arguments that were prepared."""
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            try:
                found = {"value": self.kept[asked["handle"]](*self.arguments, **self.named)}
            except BaseException as error:  # whatever it is, it must not end this loop
                found = {"raised": facts_of(error, self.is_students)}
        found["warnings"] = [(type(each.message).__name__, str(each.message)[:500]) for each in caught[:MOST_WARNINGS]]
        found["printed"] = self.printed.take()
        return found

    def do_after(self, asked):
        """The arguments of the last call as they are now, where they were changed."""
        if encode([self.arguments, self.named]) == self.before:
            return {}
        return {"after": [self.arguments, self.named]}

    def do_look(self, asked):
        """An attribute of something that was handed out before."""
        try:
            return {"value": getattr(self.kept[asked["handle"]], asked["name"])}
        except BaseException as error:
            return {"raised": facts_of(error, self.is_students)}


def is_students(filename):
    return filename == CELL


def make_module(name, text):
    """A module of this name from a text, with the packages that its name begins with."""
    parts = name.split(".")
    for length in range(1, len(parts)):
        package = ".".join(parts[:length])
        if package not in sys.modules:
            sys.modules[package] = types.ModuleType(package)
            sys.modules[package].__path__ = []
    module = types.ModuleType(name)
    exec(compile(text, f"<{name}>", "exec", dont_inherit=True), vars(module))
    sys.modules[name] = module
    if len(parts) > 1:
        setattr(sys.modules[".".join(parts[:-1])], parts[-1], module)


class Printed(io.TextIOBase):
    """Keeps what is printed, up to a limit, until it is taken."""

    def __init__(self):
        self.parts, self.left = [], MOST_PRINTED

    def writable(self):
        return True

    def write(self, text):
        text = str(text)
        if self.left > 0:
            self.parts.append(text[: self.left])
            self.left -= len(text)
            if self.left <= 0:
                self.parts.append("\n(More than this was printed.)\n")
        return len(text)

    def take(self):
        text = "".join(self.parts)
        self.parts = []
        return text


def send(descriptor, value):
    """One message of the parent. A child's reply follows it, byte for byte: the parent does not look inside."""
    reply = value.pop("message", b"")
    rest = memoryview(encode(value) + reply)
    while rest:
        rest = rest[os.write(descriptor, rest[:CHUNK]) :]


def receive(descriptor):
    message = receive_bytes(descriptor)
    return None if message is None else decode(message)


def receive_bytes(descriptor):
    head = read_exactly(lambda size: os.read(descriptor, size), HEAD_BYTES)
    return (
        None if head is None else head + read_exactly(lambda size: os.read(descriptor, size), sum(message_sizes(head)))
    )


def receive_from(channel):
    head = read_exactly(channel.recv, HEAD_BYTES)
    return None if head is None else head + read_exactly(channel.recv, sum(message_sizes(head)))


def read_exactly(read, size):
    parts, missing = [], size
    while missing:
        part = read(min(missing, CHUNK))
        if not part:
            return None
        parts.append(part)
        missing -= len(part)
    return b"".join(parts)


if __name__ == "__main__":
    try:
        main(int(sys.argv[1]))
    except BaseException:
        traceback.print_exc(file=sys.__stderr__)
        raise
