"""The other end of git's filter protocol, for tests: sh code feeds Python on
standard input, which talks to one `git medo filter-process` as git would, or
badly.  Nothing waits for more than PEER_SECONDS."""

import os
import signal
import subprocess
import sys

FLUSH = None
signal.alarm(int(os.environ.get("PEER_SECONDS", "20")))


class Peer:
    def __init__(self, *args):
        self.child = subprocess.Popen(
            ["git-medo", "filter-process", *args],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def raw(self, data):
        try:
            self.child.stdin.write(data)
            self.child.stdin.flush()
        except BrokenPipeError:
            pass
        return self

    def line(self, *texts):
        for text in texts:
            data = (text + "\n").encode("utf-8", "surrogateescape")
            self.raw(b"%04x" % (len(data) + 4) + data)
        return self

    def flush(self):
        return self.raw(b"0000")

    def data(self, content, size=65516):
        for at in range(0, len(content), size):
            part = content[at:at + size]
            self.raw(b"%04x" % (len(part) + 4) + part)
        return self

    def packet(self):
        head = self.child.stdout.read(4)
        if len(head) < 4:
            raise EOFError("the filter is gone")
        size = int(head, 16)
        if not size:
            return FLUSH
        assert 4 < size <= 65520, size
        return self.child.stdout.read(size - 4)

    def packets(self):
        out = []
        while (packet := self.packet()) is not FLUSH:
            out.append(packet)
        return out

    def lines(self):
        out = [packet.decode() for packet in self.packets()]
        assert all(text.endswith("\n") for text in out), out
        return [text[:-1] for text in out]

    def hello(self, *capabilities):
        self.line("git-filter-client", "version=2").flush()
        assert self.lines() == ["git-filter-server", "version=2"]
        self.line(*["capability=" + c for c in capabilities or
                    ("clean", "smudge", "delay")]).flush()
        self.capabilities = self.lines()
        return self

    def ask(self, command, path, content=b"", *keys, size=65516):
        """Status, and content where there is some."""
        self.line("command=" + command, "pathname=" + path, *keys).flush()
        self.data(content, size).flush()
        status = self.lines()
        assert len(status) == 1, status
        if status != ["status=success"]:
            return status[0][7:], None
        content = b"".join(self.packets())
        after = self.lines()
        return (after[0][7:] if after else "success"), content

    def ready(self):
        self.line("command=list_available_blobs").flush()
        paths = self.lines()
        assert self.lines() == ["status=success"]
        return paths

    def end(self):
        """It hears that we are gone; its exit code."""
        try:
            self.child.stdin.close()
        except BrokenPipeError:
            pass
        self.rest = self.child.stdout.read()
        return self.child.wait()


def code(*chunks):
    """What it exits with, after these bytes and nothing more."""
    peer = Peer()
    for chunk in chunks:
        peer.raw(chunk)
    return peer.end()


exec(compile(sys.stdin.read(), "test", "exec"))
