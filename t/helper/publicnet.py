#!/usr/bin/env python3
"""Run a program where public addresses are at hand.

    unshare -rnm publicnet.py COMMAND...

In the empty network that unshare made, the loopback gets up and has the
addresses below besides its own: servers of a test listen there, and to us they
are the internet.  Names are those of HOSTS.  Exit 99 where that cannot be done.
"""

import fcntl
import os
import socket
import struct
import subprocess
import sys
import tempfile

PUBLIC = ["93.184.216.34", "93.184.216.35"]
# Of the house, and where a cloud tells a machine its keys.
LOCAL = ["10.0.0.1", "169.254.169.254"]

# What a server in the internet may say that its name means.
HOSTS = """\
127.0.0.1 localhost
::1 localhost6
93.184.216.34 one.example.com both.example.com
93.184.216.35 two.example.com
127.0.0.1 home.example.com both.example.com
::1 home6.example.com
::ffff:127.0.0.1 mapped.example.com
127.0.0.1 dual.example.com
::1 dual.example.com
10.0.0.1 lan.example.com
169.254.169.254 meta.example.com
"""

SIOCSIFADDR, SIOCSIFNETMASK = 0x8916, 0x891c
SIOCGIFFLAGS, SIOCSIFFLAGS = 0x8913, 0x8914
IFF_UP = 1


def set_address(sock, request, name, address):
    sockaddr = struct.pack("=HH4s8x", socket.AF_INET, 0,
                           socket.inet_aton(address))
    fcntl.ioctl(sock, request, struct.pack("16s16s8x", name, sockaddr))


def set_hosts():
    with tempfile.NamedTemporaryFile("w") as f:
        f.write(HOSTS)
        f.flush()
        os.chmod(f.name, 0o644)
        subprocess.run(["mount", "--bind", f.name, "/etc/hosts"], check=True)


def main():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        try:
            fcntl.ioctl(sock, SIOCSIFFLAGS,
                        struct.pack("16sH22x", b"lo", IFF_UP))
            for n, address in enumerate(PUBLIC + LOCAL):
                name = b"lo:%d" % (n + 1)
                set_address(sock, SIOCSIFADDR, name, address)
                set_address(sock, SIOCSIFNETMASK, name, "255.255.255.255")
            set_hosts()
        except (OSError, subprocess.SubprocessError) as e:
            print("publicnet: %s" % e, file=sys.stderr)
            return 99
    os.environ["MEDO_TEST_PUBLIC"] = " ".join(PUBLIC)
    os.execvp(sys.argv[1], sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
