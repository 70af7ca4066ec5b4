"""Runs a server that listens on every interface, whatever it is told, so that only this host's loopback reaches it.

    loopback_only.py --port PORT [--free VARIABLE]... [--leaves PATH]... -- PROGRAM ARGUMENT...
    loopback_only.py --check

The program gets a network namespace of its own, whose loopback nobody else has; what comes in on the
host's 127.0.0.1:PORT is carried to the same port in there. The socket on the host's side is opened
before the namespace is left and stays where it was opened, so no interface joins the two. Each
VARIABLE of the program's environment becomes the number of a port that is free. Each PATH, in which
{pid} stands for the program's process, is removed when the program has ended.

SIGTERM and SIGINT are passed on. Ends as the program ends; when this is killed, so is the program.
Exit code 78 and one line: this host allows no namespace. Needs Linux and Python 3.8.
"""

import argparse
import contextlib
import ctypes
import fcntl
import os
import signal
import socket
import struct
import subprocess
import sys
import threading

CLONE_NEWUSER, CLONE_NEWNET = 0x10000000, 0x40000000
PR_SET_PDEATHSIG = 1
SIOCGIFFLAGS, SIOCSIFFLAGS, IFF_UP = 0x8913, 0x8914, 0x1
NOT_ALLOWED = 78
CHUNK = 1 << 18

libc = ctypes.CDLL(None, use_errno=True)


def leave_network():
    """Root may leave its network; others may as the only user of a user namespace, where the host allows one."""
    uid, gid = os.getuid(), os.getgid()
    if libc.unshare(CLONE_NEWNET) != 0:
        if libc.unshare(CLONE_NEWUSER | CLONE_NEWNET) != 0:
            raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
        for name, text in (("setgroups", "deny"), ("uid_map", f"{uid} {uid} 1"), ("gid_map", f"{gid} {gid} 1")):
            with open(f"/proc/self/{name}", "w") as file:
                file.write(text)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        name = b"lo".ljust(16, b"\0")
        flags = struct.unpack("16sh", fcntl.ioctl(any_socket, SIOCGIFFLAGS, struct.pack("16sh", name, 0)))[1]
        fcntl.ioctl(any_socket, SIOCSIFFLAGS, struct.pack("16sh", name, flags | IFF_UP))


def accept(outside, port):
    while True:
        client, _ = outside.accept()
        threading.Thread(target=connect, args=(client, port), daemon=True).start()


def connect(client, port):
    with client:
        try:
            inside = socket.create_connection(("127.0.0.1", port))
        except OSError:
            return  # Not listening yet; whoever came sees the connection closed.
        with inside:
            for one in (client, inside):
                one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            back = threading.Thread(target=carry, args=(inside, client), daemon=True)
            back.start()
            carry(client, inside)
            back.join()


def carry(source, target):
    buffer = memoryview(bytearray(CHUNK))
    try:
        while count := source.recv_into(buffer):
            target.sendall(buffer[:count])
        target.shutdown(socket.SHUT_WR)
    except OSError:
        for one in (source, target):
            try:
                one.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass


def free_ports(count):
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--port", type=int)
    parser.add_argument("--free", action="append", default=[])
    parser.add_argument("--leaves", action="append", default=[])
    parser.add_argument("program", nargs="*")
    given = parser.parse_args()
    outside = None if given.check else socket.create_server(("127.0.0.1", given.port), backlog=128)
    try:
        leave_network()
    except OSError as error:
        print(f"This host allows no network namespace: {error}", file=sys.stderr)
        return NOT_ALLOWED
    if given.check:
        return 0
    environment = {**os.environ, **dict(zip(given.free, map(str, free_ports(len(given.free)))))}
    program = subprocess.Popen(given.program, env=environment, preexec_fn=lambda: libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL))
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda number, _frame: program.send_signal(number))
    threading.Thread(target=accept, args=(outside, given.port), daemon=True).start()
    code = program.wait()
    for path in given.leaves:
        with contextlib.suppress(OSError):
            os.unlink(path.format(pid=program.pid))
    return code if code >= 0 else 128 - code


if __name__ == "__main__":
    sys.exit(main())
