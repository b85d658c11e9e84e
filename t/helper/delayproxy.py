#!/usr/bin/env python3
"""A TCP proxy that makes a fast loopback a slow, thin or broken line.

    delayproxy.py --to HOST:PORT --port FILE --log FILE [--delay MS]
                  [--rate BYTES] [--cut N[xTIMES] [--fin]] [--bind ADDR]

It binds a free port (of 127.0.0.1) and writes it to FILE when it listens.
--delay   each way; the handshake costs a round trip, too
--rate    bytes a second of all connections together, each way
--cut     reset a connection after N bytes from the server; the first TIMES
          connections that get so far, or all
--fin     do not reset it, end it in good order: nothing under way is lost
The log has a line "connect" for each connection, "request" for each line of a
plain HTTP request that passes, "cut" for each connection that was cut, and
"bytes UP DOWN" when one ends.
"""

import argparse
import asyncio
import os
import re
import socket
import struct
import sys

REQUEST = re.compile(rb"^(?:GET|HEAD|PUT|POST|DELETE|MKCOL|MOVE|PROPFIND|"
                     rb"OPTIONS|COPY|LOCK|UNLOCK) [^ \r\n]+ HTTP/1\.[01]\r$",
                     re.M)
CHUNK = 65536


class Line:
    """One direction's share of the rate: when may the next byte go?"""

    def __init__(self, rate):
        self.rate = rate
        self.free_at = 0.0

    def due(self, now, n):
        if not self.rate:
            return now
        self.free_at = max(self.free_at, now) + n / self.rate
        return self.free_at


class Proxy:
    def __init__(self, args):
        self.args = args
        self.host, _, port = args.to.rpartition(":")
        self.port = int(port)
        self.delay = args.delay / 1000
        self.up, self.down = Line(args.rate), Line(args.rate)
        self.log = open(args.log, "a", buffering=1)
        count, _, times = (args.cut or "").partition("x")
        self.cut_at = int(count) if count else None
        self.cuts_left = int(times) if times else -1

    def note(self, text):
        self.log.write(text + "\n")

    def count_requests(self, state, data):
        """A request's first line may come in two pieces."""
        text = state["tail"] + data
        for _ in REQUEST.finditer(text):
            self.note("request")
        state["tail"] = text[text.rfind(b"\n") + 1:][-8192:]

    def cut_now(self, total):
        if self.cut_at is None or total < self.cut_at or not self.cuts_left:
            return False
        self.cuts_left -= 1
        return True

    async def take(self, reader, queue, line, first, state):
        """Bytes go into the queue with the moment when they may go on."""
        loop = asyncio.get_running_loop()
        late = first
        while True:
            data = await reader.read(CHUNK)
            if state is not None and data:
                self.count_requests(state, data)
            now = loop.time()
            due = line.due(now, len(data)) + self.delay + late
            late = 0
            await queue.put((due, data))
            if not data:
                return

    async def give(self, queue, writer, cut):
        loop = asyncio.get_running_loop()
        total = 0
        while True:
            due, data = await queue.get()
            wait = due - loop.time()
            if wait > 0:
                await asyncio.sleep(wait)
            if not data:
                if writer.can_write_eof():
                    writer.write_eof()
                return total
            if cut and self.cut_at is not None and self.cuts_left and \
               total + len(data) >= self.cut_at:
                data = data[:self.cut_at - total]
            writer.write(data)
            await writer.drain()
            total += len(data)
            if cut and self.cut_now(total):
                self.note("cut")
                if self.args.fin:
                    writer.write_eof()
                    await asyncio.sleep(2)
                raise ConnectionResetError

    async def serve(self, reader, writer):
        self.note("connect")
        other = None
        try:
            far_reader, other = await asyncio.open_connection(self.host,
                                                              self.port)
            for w in (writer, other):
                w.get_extra_info("socket").setsockopt(
                    socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            # As much may be under way as a 100 MB/s line of 1 s would hold.
            to_server = asyncio.Queue(1600)
            to_client = asyncio.Queue(1600)
            tasks = [asyncio.ensure_future(t) for t in (
                self.take(reader, to_server, self.up, 2 * self.delay,
                          {"tail": b""}),
                self.take(far_reader, to_client, self.down, 0, None),
                self.give(to_server, other, False),
                self.give(to_client, writer, True))]
            done, rest = await asyncio.wait(
                tasks, return_when=asyncio.FIRST_EXCEPTION)
            for task in rest:
                task.cancel()
            failed = any(t.exception() for t in done)
            if failed:
                self.reset(writer)
            else:
                self.note("bytes %d %d" % (tasks[2].result(),
                                           tasks[3].result()))
        except OSError:
            self.reset(writer)
        finally:
            for w in (writer, other):
                if w:
                    w.close()

    @staticmethod
    def reset(writer):
        sock = writer.get_extra_info("socket")
        try:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                            struct.pack("ii", 1, 0))
        except OSError:
            pass
        writer.transport.abort()

    async def run(self):
        server = await asyncio.start_server(self.serve, self.args.bind, 0,
                                            limit=4 * CHUNK, backlog=512)
        port = server.sockets[0].getsockname()[1]
        with open(self.args.port + ".tmp", "w") as f:
            f.write("%d\n" % port)
        os.rename(self.args.port + ".tmp", self.args.port)
        async with server:
            await server.serve_forever()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--to", required=True)
    parser.add_argument("--port", required=True)
    parser.add_argument("--log", required=True)
    parser.add_argument("--bind", default="127.0.0.1")
    parser.add_argument("--delay", type=float, default=0)
    parser.add_argument("--rate", type=float, default=0)
    parser.add_argument("--cut")
    parser.add_argument("--fin", action="store_true")
    try:
        asyncio.run(Proxy(parser.parse_args()).run())
    except KeyboardInterrupt:
        pass


if __name__ == "__main__":
    sys.exit(main())
