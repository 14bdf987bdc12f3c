"""Processes apart from the others: off the network, without rights, on few cores; and the memory that they hold.

`unshare`, a program of every Linux, takes a command off the network. There its own loopback is down, and a notebook's
kernel needs it, so the command starts by way of this file, which raises it: `ip link set lo up` does the same, but `ip`
is not installed everywhere.
"""

import os
import shutil
import subprocess
import sys

CUT_OFF = "cut off; only the loopback is left"


def memory(processes):
    """Bytes that the processes hold in memory; what they share counts once where the system can tell (pss)."""
    import psutil

    total = 0
    for process in processes:
        try:
            details = process.memory_full_info()
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            continue
        total += getattr(details, "pss", details.rss)
    return total


def without_network():
    """What to put before a command so that it, and all that it starts, reaches nothing but its own loopback.

    Returns
    -------
    (words, what it does) : words is a list, empty where the system does not permit it; and a text that says which it is
    """
    if not (sys.platform.startswith("linux") and shutil.which("unshare")):
        return [], "not cut off; that needs Linux and its program unshare"
    for option in (["--net"], ["--net", "--map-root-user"]):  # the second where this is not root
        words = ["unshare", *option, "--", sys.executable, __file__]
        trial = subprocess.run([*words, sys.executable, "-c", "pass"], capture_output=True, text=True)
        if trial.returncode == 0:
            return words, CUT_OFF
    return [], f"not cut off; the system does not permit it ({trial.stderr.strip().splitlines()[-1]})"


def as_a_guest(own, read_only):
    """What to put before a command so that it runs as Binder runs one: nobody special, no network, few places to write.

    Parameters
    ----------
    own : the folder that it may write to, its home too; all else that is seen can only be read
    read_only : paths in it that it may not write to either

    Returns
    -------
    (words, what they do) : as `without_network`, which this is where there is no bubblewrap
    """
    program = shutil.which("bwrap")
    if program is None:
        words, network = without_network()
        return words, f"network {network}; with bubblewrap it would also be no administrator"
    words = [program, "--unshare-user", "--uid", "1000", "--gid", "1000", "--unshare-net", "--unshare-pid"]
    words += ["--die-with-parent", "--ro-bind", "/", "/", "--dev", "/dev", "--proc", "/proc", "--tmpfs", "/dev/shm"]
    words += ["--bind", own, own]
    for path in read_only:
        words += ["--ro-bind", path, path]
    words = [str(word) for word in (*words, "--setenv", "HOME", own, "--setenv", "TMPDIR", own, "--chdir", own)]
    trial = subprocess.run([*words, sys.executable, "-c", "pass"], capture_output=True, text=True)
    if trial.returncode == 0:
        return words, "no network, no administrator, only its own folder to write to, and there not the package"
    words, network = without_network()
    return words, f"network {network}; bubblewrap does not work here ({(trial.stderr.strip() or '?').splitlines()[-1]})"


def keep_to_cores(count):
    """Let this process and all that it starts use so many cores, the first that it may use. Returns how many it has."""
    if not hasattr(os, "sched_setaffinity"):
        return os.cpu_count()
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:count])
    return len(os.sched_getaffinity(0))


def raise_loopback():
    """Switch this process's loopback on."""
    import fcntl
    import socket
    import struct

    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as handle:
        up_and_running = 0x1 | 0x40  # IFF_UP | IFF_RUNNING
        fcntl.ioctl(handle, 0x8914, struct.pack("16sH14x", b"lo", up_and_running))  # SIOCSIFFLAGS


if __name__ == "__main__":
    raise_loopback()
    os.execvp(sys.argv[1], sys.argv[1:])
