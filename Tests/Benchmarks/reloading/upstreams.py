"""Upstreams that note when each message arrived."""

import asyncio
import contextlib
import json
import re
import signal
import time

RECIPIENT = re.compile(rb"RCPT TO:<(\d+)@", re.I)


class Upstream:
    def __init__(self, arrivals, name):
        self.arrivals, self.name = arrivals, name

    async def serve(self, reader, writer):
        # A session that ends in another way than by QUIT ends: the message within it has not arrived.
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            await self.talk(reader, writer)
        writer.close()

    async def talk(self, reader, writer):
        writer.write(b"220 upstream.example ESMTP\r\n")
        number = None
        while line := await reader.readline():
            verb = line[:4].upper()
            if verb == b"EHLO":
                writer.write(b"250-upstream.example\r\n250-PIPELINING\r\n250 8BITMIME\r\n")
            elif verb == b"RCPT":
                number = int(RECIPIENT.match(line).group(1))
                writer.write(b"250 2.1.5 OK\r\n")
            elif verb == b"DATA":
                writer.write(b"354 go on\r\n")
                await reader.readuntil(b"\r\n.\r\n")
                self.arrivals.append((number, time.monotonic(), self.name))
                writer.write(b"250 2.0.0 OK\r\n")
            elif verb == b"QUIT":
                writer.write(b"221 2.0.0 Bye\r\n")
                break
            else:
                writer.write(b"250 2.0.0 OK\r\n")
            await writer.drain()


async def serve(ports, path):
    arrivals, done = [], asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, done.set)
    servers = [await asyncio.start_server(Upstream(arrivals, name).serve, "127.0.0.1", port)
               for name, port in ports.items()]
    await done.wait()
    for server in servers:
        server.close()
    with open(path, "w") as file:
        json.dump(arrivals, file)


def main(ports, path):
    """Runs in a process of its own until SIGTERM; then writes what it knows to a file."""
    asyncio.run(serve(ports, path))
