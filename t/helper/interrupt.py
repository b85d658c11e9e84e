#!/usr/bin/env python3
"""^C at a terminal, when something has happened.

    interrupt.py FILE TEXT COMMAND...

COMMAND runs in a process group of its own, where no signal is ignored, until
FILE has TEXT in it; then all of the group get SIGINT.  Exits with 130 if
COMMAND died of it, with 124 if it is not gone after 20 seconds, with 125 if
the TEXT never came, else as COMMAND did.
"""

import os
import signal
import subprocess
import sys
import time


def wait_for(name, text, child):
    for _ in range(2000):
        if child.poll() is not None:
            return False
        if os.path.exists(name):
            with open(name, errors="replace") as file:
                if text in file.read():
                    return True
        time.sleep(0.01)
    return False


def alive(group):
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True


def main():
    name, text, *command = sys.argv[1:]
    for sig in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(sig, signal.SIG_DFL)
    child = subprocess.Popen(command, start_new_session=True)
    came = wait_for(name, text, child)
    if came:
        os.killpg(child.pid, signal.SIGINT)
    try:
        code = child.wait(20)
        # git does not wait for its helper, which has to tidy up.
        for _ in range(2000):
            if not alive(child.pid):
                break
            time.sleep(0.01)
        else:
            code = 124
    except subprocess.TimeoutExpired:
        code = 124
    if alive(child.pid):
        os.killpg(child.pid, signal.SIGKILL)
    return 125 if not came else 130 if code == -signal.SIGINT else abs(code)


sys.exit(main())
