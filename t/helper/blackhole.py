#!/usr/bin/env python3
"""A port where nobody ever answers.

    blackhole.py --port FILE [--mute] [--bind ADDRESS] [--listen PORT]

Its queue is full: who connects gets no answer at all, as from a host behind a
firewall that drops.  With --mute every connection is taken by the kernel, and
nothing is ever read from it or said to it.
"""

import argparse
import os
import signal
import socket


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", required=True)
    parser.add_argument("--mute", action="store_true")
    parser.add_argument("--bind", default="127.0.0.1")
    parser.add_argument("--listen", type=int, default=0)
    args = parser.parse_args()
    family = socket.AF_INET6 if ":" in args.bind else socket.AF_INET
    hole = socket.socket(family)
    hole.bind((args.bind, args.listen))
    hole.listen(4096 if args.mute else 0)
    port = hole.getsockname()[1]
    waiting = []
    while not args.mute and len(waiting) < 8:
        sock = socket.socket(family)
        sock.setblocking(False)
        sock.connect_ex((args.bind, port))
        waiting.append(sock)
    with open(args.port + ".new", "w") as f:
        f.write("%d\n" % port)
    os.rename(args.port + ".new", args.port)
    signal.pause()


if __name__ == "__main__":
    main()
