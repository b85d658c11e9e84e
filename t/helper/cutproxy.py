#!/usr/bin/env python3
"""A TCP line that goes down after so many bytes.

    cutproxy.py --to HOST:PORT --port FILE --control FILE --log FILE

It binds a free port of 127.0.0.1 and writes it to FILE when it listens.  The
control file holds a word and what shall be done from now on: "WORD up N" or
"WORD down N": N bytes pass to (from) the server, over all connections, then
all of them are reset, and new ones, too; "WORD on": all passes.  Another word
begins to count anew.  "WORD UP DOWN", what has passed, goes to the log when
the word changes, and "WORD cut" when the line went down.
"""

import argparse
import os
import socket
import struct
import sys
import threading

lock = threading.Lock()
open_socks = set()


class Line:
    def __init__(self, args):
        self.args = args
        self.log = open(args.log, "a", buffering=1)
        self.word, self.way, self.left = "", "on", 0
        self.passed = {"up": 0, "down": 0}
        self.down = False

    def look(self):
        """With the lock: has somebody said something else?"""
        with open(self.args.control) as f:
            words = f.read().split()
        if not words or words[0] == self.word:
            return
        if self.word:
            self.log.write("%s %d %d\n" % (self.word, self.passed["up"],
                                           self.passed["down"]))
        self.word, self.way = words[0], words[1]
        self.left = int(words[2]) if len(words) > 2 else 0
        self.passed = {"up": 0, "down": 0}
        self.down = False

    def allow(self, way, n):
        """How many of these bytes may pass."""
        with lock:
            self.look()
            if self.down:
                return 0
            if way == self.way:
                n = min(n, self.left - self.passed[way])
            self.passed[way] += n
            if way == self.way and self.passed[way] >= self.left:
                self.down = True
                self.log.write(self.word + " cut\n")
            return n

    def is_down(self):
        with lock:
            self.look()
            return self.down


def reset(sock):
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                        struct.pack("ii", 1, 0))
        sock.shutdown(socket.SHUT_RD)
    except OSError:
        pass
    sock.close()


def reset_all():
    with lock:
        socks = list(open_socks)
        open_socks.clear()
    for sock in socks:
        reset(sock)


def forget(*socks):
    with lock:
        open_socks.difference_update(socks)


def carry(line, way, source, sink):
    try:
        while True:
            data = source.recv(65536)
            n = line.allow(way, len(data))
            if n:
                sink.sendall(data[:n])
            if line.is_down():
                reset_all()
                return
            if not data:
                sink.shutdown(socket.SHUT_WR)
                return
    except OSError:
        pass


def serve(line, near, host, port):
    if line.is_down():
        return reset(near)
    try:
        far = socket.create_connection((host, port))
    except OSError:
        return reset(near)
    for sock in (near, far):
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    with lock:
        open_socks.update((near, far))
    threads = [threading.Thread(target=carry, args=args, daemon=True)
               for args in ((line, "up", near, far), (line, "down", far, near))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    forget(near, far)
    near.close()
    far.close()


def main():
    parser = argparse.ArgumentParser()
    for name in ("to", "port", "control", "log"):
        parser.add_argument("--" + name, required=True)
    args = parser.parse_args()
    host, _, port = args.to.rpartition(":")
    line = Line(args)
    listener = socket.create_server(("127.0.0.1", 0), backlog=128)
    with open(args.port + ".tmp", "w") as f:
        f.write("%d\n" % listener.getsockname()[1])
    os.rename(args.port + ".tmp", args.port)
    while True:
        near, _ = listener.accept()
        threading.Thread(target=serve, args=(line, near, host, int(port)),
                         daemon=True).start()


if __name__ == "__main__":
    sys.exit(main())
