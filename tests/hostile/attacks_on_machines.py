"""Attacks on the machine: time, processes, memory, files, the network. See attacks.py."""

from attack_forms import ZEROS, in_function

ENDLESS = {
    "endless_loop": "\ndef dense_backward(x, weight, output_gradient):\n    while True: pass\n",
    "endless_cell": "\nwhile True: pass\n" + ZEROS,
    "swallows_everything": """
def dense_backward(x, weight, output_gradient):
    while True:
        try:
            while True: pass
        except BaseException:
            pass
""",
    "ignores_signals": """
import signal
for number in range(1, 65):
    try:
        signal.signal(number, signal.SIG_IGN)
    except (OSError, ValueError):
        pass
def dense_backward(x, weight, output_gradient):
    while True: pass
""",
    "sleeps": "\nimport time\ndef dense_backward(x, weight, output_gradient):\n    time.sleep(10**6)\n",
    "waits_for_input": "\ndef dense_backward(x, weight, output_gradient):\n    return input()\n",
    "waits_for_a_signal": "\nimport signal\ndef dense_backward(x, weight, output_gradient):\n    signal.pause()\n",
    "threads_that_go_on": """
import threading
def forever():
    while True: pass
for _ in range(8):
    threading.Thread(target=forever).start()
"""
    + ZEROS,
    "exits": "\nimport os\ndef dense_backward(x, weight, output_gradient):\n    os._exit(0)\n",
    "exits_in_the_cell": "\nimport os\nos._exit(0)\n" + ZEROS,
    "ends_the_program": "\nimport sys\ndef dense_backward(x, weight, output_gradient):\n    sys.exit(0)\n",
    "aborts": "\nimport os\ndef dense_backward(x, weight, output_gradient):\n    os.abort()\n",
    "crashes": "\nimport ctypes\ndef dense_backward(x, weight, output_gradient):\n    ctypes.string_at(0)\n",
    "overflows_the_stack": """
import sys
sys.setrecursionlimit(10**9)
def dense_backward(x, weight, output_gradient):
    return dense_backward(x, weight, output_gradient)
""",
    "kills_everybody": in_function("""
        import signal
        for number in (os.getppid(), 1, 2, 3, 4, 5, -1, 0):
            for sent in (signal.SIGKILL, signal.SIGSTOP):
                try:
                    os.kill(number, sent)
                except OSError as error:
                    print(error)
        """),
    "raises_a_keyboard_interrupt": "\ndef dense_backward(x, weight, output_gradient):\n    raise KeyboardInterrupt\n",
}

GREEDY = {
    "fork_bomb": in_function("""
        while True:
            os.fork()
        """),
    "daemon": in_function("""
        if os.fork() == 0:
            os.setsid()
            if os.fork() == 0:
                while True:
                    open("{marker}", "w").write("still here")
        """),
    "forks_below_python": in_function("""
        import ctypes
        libc = ctypes.CDLL(None, use_errno=True)
        for number in (57, 58, 56, 220, 435):  # fork, vfork, clone, clone3
            if libc.syscall(number, 17, 0, 0, 0, 0) == 0:
                open("{marker}", "w")
                os._exit(0)
        """),
    "subprocess": in_function("""
        import subprocess
        subprocess.run(["sh", "-c", "touch {marker}; sleep 1000 &"])
        """),
    "multiprocessing": in_function("""
        import multiprocessing
        multiprocessing.get_context("fork").Process(target=open, args=("{marker}", "w")).start()
        """),
    "memory": "\ndef dense_backward(x, weight, output_gradient):\n    return bytearray(10**11)\n",
    "memory_bit_by_bit": """
def dense_backward(x, weight, output_gradient):
    kept = []
    while True:
        kept.append(np.ones(10**6))
""",
    "memory_shared": in_function("""
        import mmap
        kept = []
        while True:
            part = mmap.mmap(-1, 10**8)
            part.write(b"x" * 10**8)
            kept.append(part)
        """),
    "many_threads": in_function("""
        import threading, time
        threading.stack_size(2**16)
        while True:
            threading.Thread(target=time.sleep, args=(1000,), daemon=True).start()
        """),
    "disk": in_function("""
        for number in range(10**6):
            open(f"/tmp/{number}", "wb").write(b"x" * 10**7)
        """),
    "files_everywhere": in_function("""
        for folder in "/ /usr /usr/lib /python /packages /inside /dev /dev/shm /etc /root /home".split():
            try:
                open(folder + "/hostile", "w").write("x")
                print("wrote to", folder)
            except OSError:
                pass
        open("{marker}", "w").write("x")
        """),
    "links": in_function("""
        os.symlink("{course}", "/tmp/link")
        os.link("/inside/worker.py", "/tmp/hard")
        open("/tmp/link/hostile", "w").write("x")
        """),
    "mounts": in_function("""
        import ctypes
        libc = ctypes.CDLL(None, use_errno=True)
        print(libc.unshare(0x10000000), libc.mount(b"none", b"/tmp", b"tmpfs", 0, None), libc.chroot(b"/tmp"))
        """),
    "signals_by_way_of_a_file": in_function("""
        import fcntl, signal, socket
        one, other = socket.socketpair()
        fcntl.fcntl(one, fcntl.F_SETOWN, os.getppid())
        fcntl.fcntl(one, 10, signal.SIGKILL)
        fcntl.fcntl(one, fcntl.F_SETFL, os.O_ASYNC)
        other.send(b"x")
        print("sent")
        """),
    "a_path_too_long_to_be_emptied": in_function("""
        for _ in range(20):
            os.mkdir("d" * 250)
            os.chdir("d" * 250)
        open("left", "w").write("x")
        """),
    "debugs_its_parent": in_function("""
        import ctypes
        libc = ctypes.CDLL(None, use_errno=True)
        assert libc.ptrace(16, os.getppid(), 0, 0) == 0, ctypes.get_errno()
        print("attached")
        """),
}

NETWORK = {
    "tcp": in_function("""
        import socket
        socket.create_connection(("127.0.0.1", {port}), timeout=2).sendall(b"hello")
        """),
    "udp": in_function("""
        import socket
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"hello", ("127.0.0.1", {port}))
        """),
    "http": in_function("""
        import urllib.request
        urllib.request.urlopen("http://127.0.0.1:{port}/", timeout=2).read()
        """),
    "unix_socket": in_function("""
        import socket
        socket.socket(socket.AF_UNIX).connect("\\0hostile")
        """),
    "netlink": in_function("""
        import socket
        socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0)
        print("netlink is open")
        """),
    "vsock": in_function("""
        import socket
        socket.socket(socket.AF_VSOCK, socket.SOCK_STREAM).connect((2, {port}))
        """),
    "asyncio": in_function("""
        import asyncio
        asyncio.run(asyncio.open_connection("127.0.0.1", {port}))
        """),
    "uring": in_function("""
        import ctypes
        libc = ctypes.CDLL(None, use_errno=True)
        assert libc.syscall(425, 8, ctypes.create_string_buffer(120)) >= 0, ctypes.get_errno()
        print("io_uring is open")
        """),
}
