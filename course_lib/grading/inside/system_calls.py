"""What a student's process may ask of the system: no other process, no network, no signal to anybody else.

A filter of system calls, as the kernel takes it (seccomp, `Documentation/userspace-api/seccomp_filter.rst`), set once
and never taken back. It is the second wall: the sandbox around it has no network and no other process to reach either.
By hand, since the libraries for it want a C library that the sandbox would have to contain.
"""

import ctypes
import errno
import os
import struct

NAMES = (
    "accept", "accept4", "add_key", "bind", "bpf", "chroot", "connect", "execve", "execveat", "fanotify_init", "fork",
    "fsconfig", "fsmount", "fsopen", "fspick", "io_uring_enter", "io_uring_register", "io_uring_setup", "kcmp",
    "keyctl", "kill", "listen", "memfd_create", "memfd_secret", "migrate_pages", "mount", "mount_setattr",
    "move_mount", "move_pages", "mq_open", "msgget", "open_tree", "perf_event_open", "personality", "pidfd_getfd",
    "pidfd_open", "pidfd_send_signal", "pivot_root", "process_madvise", "process_mrelease", "process_vm_readv",
    "process_vm_writev", "ptrace", "request_key", "rt_sigqueueinfo", "rt_tgsigqueueinfo", "semget", "setns", "shmget",
    "socket", "syslog", "tkill", "umount2", "unshare", "userfaultfd", "vfork",
)  # fmt: skip  # a table reads in lines

# From 424 on, every machine has the same numbers.
_NEWER = {
    "pidfd_send_signal": 424, "io_uring_setup": 425, "io_uring_enter": 426, "io_uring_register": 427, "open_tree": 428,
    "move_mount": 429, "fsopen": 430, "fsconfig": 431, "fsmount": 432, "fspick": 433, "pidfd_open": 434, "clone3": 435,
    "pidfd_getfd": 438, "process_madvise": 440, "mount_setattr": 442, "memfd_secret": 447, "process_mrelease": 448,
}  # fmt: skip  # a table reads in columns
_X86_64 = _NEWER | {
    "accept": 43, "accept4": 288, "add_key": 248, "bind": 49, "bpf": 321, "chroot": 161, "clone": 56, "connect": 42,
    "execve": 59, "execveat": 322, "fanotify_init": 300, "fcntl": 72,
    "fork": 57, "ioctl": 16, "kcmp": 312, "keyctl": 250, "kill": 62,
    "listen": 50, "memfd_create": 319, "migrate_pages": 256, "mount": 165, "move_pages": 279, "mq_open": 240,
    "msgget": 68, "perf_event_open": 298, "personality": 135, "pivot_root": 155, "prlimit64": 302,
    "process_vm_readv": 310, "process_vm_writev": 311, "ptrace": 101, "request_key": 249, "rt_sigqueueinfo": 129,
    "rt_tgsigqueueinfo": 297, "semget": 64, "setns": 308, "shmget": 29, "socket": 41, "syslog": 103, "tgkill": 234,
    "tkill": 200, "umount2": 166, "unshare": 272, "userfaultfd": 323, "vfork": 58,
}  # fmt: skip  # a table reads in columns
_AARCH64 = _NEWER | {
    "accept": 202, "accept4": 242, "add_key": 217, "bind": 200, "bpf": 280, "chroot": 51, "clone": 220, "connect": 203,
    "execve": 221, "execveat": 281, "fanotify_init": 262, "fcntl": 25,
    "ioctl": 29, "kcmp": 272, "keyctl": 219, "kill": 129, "listen": 201,
    "memfd_create": 279, "migrate_pages": 238, "mount": 40, "move_pages": 239, "mq_open": 180, "msgget": 186,
    "perf_event_open": 241, "personality": 92, "pivot_root": 41, "prlimit64": 261, "process_vm_readv": 270,
    "process_vm_writev": 271, "ptrace": 117, "request_key": 218, "rt_sigqueueinfo": 138, "rt_tgsigqueueinfo": 240,
    "semget": 190, "setns": 268, "shmget": 194, "socket": 198, "syslog": 116, "tgkill": 131, "tkill": 130,
    "umount2": 39, "unshare": 97, "userfaultfd": 282,
}  # fmt: skip  # a table reads in columns
MACHINES = {"x86_64": (0xC000003E, _X86_64), "aarch64": (0xC00000B7, _AARCH64)}

_LOAD, _EQUAL, _AT_LEAST, _ANY_BIT, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06  # of classic BPF
_ALLOW, _KILL, _REFUSE = 0x7FFF0000, 0x80000000, 0x00050000
_NUMBER, _ARCHITECTURE, _FIRST_ARGUMENT = 0, 4, 16  # places in what the filter sees of a call
_SECOND_ARGUMENT = 24
_OWNERS = {"fcntl": (8, 10, 15), "ioctl": (0x8901, 0x8902)}  # F_SETOWN, F_SETSIG, F_SETOWN_EX; FIOSETOWN, SIOCSPGRP
_CLONE_THREAD = 0x00010000
_OTHER_NUMBERS = 0x40000000  # of the x32 calls of an x86_64 machine
_NO_NEW_PRIVILEGES, _SET_FILTER, _FILTER_MODE = 38, 22, 2


def limit_system_calls():
    """Keep this process to itself from now on. Raises OSError where the kernel does not take the filter."""
    machine = os.uname().machine
    if machine not in MACHINES:
        raise OSError(errno.ENOSYS, f"no filter of system calls for a {machine} processor")
    program = filter_program(*MACHINES[machine], os.getpid())
    instructions = ctypes.create_string_buffer(program, len(program))

    class Program(ctypes.Structure):
        _fields_ = [("length", ctypes.c_ushort), ("instructions", ctypes.c_void_p)]

    described = Program(len(program) // 8, ctypes.cast(instructions, ctypes.c_void_p))
    libc = ctypes.CDLL(None, use_errno=True)
    for request in (
        (_NO_NEW_PRIVILEGES, 1, 0, 0, 0),
        (_SET_FILTER, _FILTER_MODE, ctypes.byref(described), 0, 0),
    ):
        if libc.prctl(*request) != 0:
            number = ctypes.get_errno()
            raise OSError(number, f"the kernel does not take the filter of system calls: {os.strerror(number)}")


def filter_program(architecture, numbers, pid):
    """The filter as bytes, eight an instruction. What it refuses fails with EPERM, a new process or a signal too."""
    lines = [
        (_LOAD, 0, 0, _ARCHITECTURE),
        (_EQUAL, 1, 0, architecture),
        (_RETURN, 0, 0, _KILL),
        (_LOAD, 0, 0, _NUMBER),
        (_AT_LEAST, 0, 1, _OTHER_NUMBERS),
        (_RETURN, 0, 0, _KILL),
    ]
    for name in NAMES:
        if name in numbers:
            lines += [(_EQUAL, 0, 1, numbers[name]), (_RETURN, 0, 0, _REFUSE | errno.EPERM)]
    # The C library asks for clone3 first and takes clone where that does not exist. The filter can look into clone.
    lines += [(_EQUAL, 0, 1, numbers["clone3"]), (_RETURN, 0, 0, _REFUSE | errno.ENOSYS)]
    lines += _only_with_first_argument(numbers["clone"], [(_ANY_BIT, 1, 0, _CLONE_THREAD)])  # a thread of its own
    lines += _only_with_first_argument(numbers["tgkill"], [(_EQUAL, 1, 0, pid)])  # abort() sends itself a signal
    lines += _only_with_first_argument(numbers["prlimit64"], [(_EQUAL, 2, 0, 0), (_EQUAL, 1, 0, pid)])
    for name, requests in _OWNERS.items():  # which would have the kernel send a signal to another process
        lines += _without_second_argument(numbers[name], requests)
    lines += [(_RETURN, 0, 0, _ALLOW)]
    return b"".join(struct.pack("<HBBI", *line) for line in lines)


def _without_second_argument(number, refused):
    """This call, unless its second argument is one of these."""
    body = [(_LOAD, 0, 0, _SECOND_ARGUMENT)]
    body += [(_EQUAL, len(refused) - place, 0, each) for place, each in enumerate(refused)]
    body += [(_RETURN, 0, 0, _ALLOW), (_RETURN, 0, 0, _REFUSE | errno.EPERM)]
    return [(_EQUAL, 0, len(body), number), *body]


def _only_with_first_argument(number, tests):
    """This call only where one of the tests jumps over the refusal that follows them."""
    body = [(_LOAD, 0, 0, _FIRST_ARGUMENT), *tests, (_RETURN, 0, 0, _REFUSE | errno.EPERM), (_RETURN, 0, 0, _ALLOW)]
    return [(_EQUAL, 0, len(body), number), *body]
