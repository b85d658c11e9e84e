#!/usr/bin/env python3
"""Run a program at one end of a thin line that loses packets.

    unshare -rnm tunline.py [--rate BITS] [--delay MS] [--loss PERCENT] COMMAND...

COMMAND runs in a network of its own, as 10.99.0.1.  The other end is another
network, 10.99.0.2: `nsenter -n -t $MEDO_TEST_LINE PROGRAM` runs there.  What
goes over passes through here, packet by packet: so many bits a second, each way
delayed by MS, some of them lost.  Exit 99 where that cannot be done.
"""

import argparse
import collections
import ctypes
import fcntl
import os
import random
import select
import struct
import subprocess
import sys
import time

TUNSETIFF, IFF_TUN, IFF_NO_PI, CLONE_NEWNET = 0x400454ca, 1, 0x1000, 0x40000000
QUEUE = 64


def tun(address):
    fd = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(fd, TUNSETIFF, struct.pack("16sH22x", b"line0",
                                           IFF_TUN | IFF_NO_PI))
    for words in ["link set lo up", "addr add %s/24 dev line0" % address,
                  "link set line0 up mtu 1500"]:
        subprocess.run(["ip"] + words.split(), check=True)
    return fd


class Way:
    """One direction: a short queue in front of a slow line."""

    def __init__(self, args, to):
        self.args, self.to = args, to
        self.free_at = 0.0
        self.under_way = collections.deque()

    def take(self, packet, now):
        waiting = max(self.free_at - now, 0) * self.args.rate / 8
        if (random.random() * 100 < self.args.loss or
                waiting > QUEUE * 1500):
            return
        self.free_at = (max(self.free_at, now) +
                        len(packet) * 8 / self.args.rate)
        self.under_way.append((self.free_at + self.args.delay / 1000, packet))

    def deliver(self, now):
        while self.under_way and self.under_way[0][0] <= now:
            try:
                os.write(self.to, self.under_way.popleft()[1])
            except OSError:
                pass

    def due(self):
        return self.under_way[0][0] if self.under_way else None


def carry(near, far, args, child):
    ways = {near: Way(args, far), far: Way(args, near)}
    while child.poll() is None:
        due = [way.due() for way in ways.values() if way.due() is not None]
        wait = min([max(t - time.monotonic(), 0) for t in due] + [0.25])
        for fd in select.select([near, far], [], [], wait)[0]:
            try:
                ways[fd].take(os.read(fd, 65536), time.monotonic())
            except OSError:
                pass
        for way in ways.values():
            way.deliver(time.monotonic())
    return child.returncode


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--rate", type=float, default=1e9)
    parser.add_argument("--delay", type=float, default=0)
    parser.add_argument("--loss", type=float, default=0)
    parser.add_argument("command", nargs=argparse.REMAINDER)
    args = parser.parse_args()
    os.environ["MEDO_TEST_LINE"] = str(os.getpid())
    try:
        near = tun("10.99.0.1")
        child = subprocess.Popen(["/bin/sh", "-c", "read go; exec \"$@\"", "sh"] +
                                 args.command, stdin=subprocess.PIPE)
        if ctypes.CDLL(None, use_errno=True).unshare(CLONE_NEWNET):
            raise OSError(ctypes.get_errno(), "unshare")
        far = tun("10.99.0.2")
    except (OSError, subprocess.SubprocessError) as e:
        print("tunline: %s" % e, file=sys.stderr)
        return 99
    child.stdin.write(b"go\n")
    child.stdin.close()
    return carry(near, far, args, child)


if __name__ == "__main__":
    sys.exit(main())
