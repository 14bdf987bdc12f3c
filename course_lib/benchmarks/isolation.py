"""A process apart from the others: cut off from the network, and the memory that it and its children hold."""

import ctypes
import os
import socket
import struct
import sys


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


def leave_the_network():
    """Cut this process and all that it starts off from every network but its own loopback; says whether it worked."""
    if not sys.platform.startswith("linux"):
        return "not cut off; that needs Linux."
    libc = ctypes.CDLL(None, use_errno=True)
    new_network, new_user = 0x40000000, 0x10000000  # CLONE_NEWNET, CLONE_NEWUSER
    if libc.unshare(new_network) != 0 and libc.unshare(new_network | new_user) != 0:
        return f"not cut off; the system does not permit it ({os.strerror(ctypes.get_errno())})."
    import fcntl

    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as handle:  # as `ip link set lo up`
        up_and_running = 0x1 | 0x40  # IFF_UP | IFF_RUNNING
        fcntl.ioctl(handle, 0x8914, struct.pack("16sH14x", b"lo", up_and_running))  # SIOCSIFFLAGS
    left = [name for _, name in socket.if_nameindex()]
    return f"cut off; what is left: {', '.join(left)}."
