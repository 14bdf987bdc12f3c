"""Processes apart from the others: cut off from the network, and the memory that they and their children hold.

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
