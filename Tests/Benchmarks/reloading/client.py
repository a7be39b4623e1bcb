"""Sends numbered messages at a constant rate over kept-open sessions, and notes when each final dot left."""

import asyncio
import json
import time

BODY = b"".join(b"line %03d of a message, 0123456789 0123456789 0123456789\r\n" % i for i in range(16))


class Sessions:
    """The number of a message is the local part of its recipient."""

    def __init__(self, port, rate, count, sessions):
        self.port, self.rate, self.count, self.sessions = port, rate, count, sessions
        self.sent, self.answered, self.refused = {}, {}, []

    async def run(self):
        self.start = time.monotonic() + 0.5
        await asyncio.gather(*(self.session(number) for number in range(self.sessions)))

    async def session(self, first):
        """Each session has every so many-th message, and is opened anew after 100."""
        numbers = range(first, self.count, self.sessions)
        for begin in range(0, len(numbers), 100):
            reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
            await self.reply(reader)
            writer.write(b"EHLO client.example\r\n")
            await self.reply(reader)
            for number in numbers[begin:begin + 100]:
                await asyncio.sleep(max(0, self.start + number / self.rate - time.monotonic()))
                await self.send(number, reader, writer)
            writer.write(b"QUIT\r\n")
            await self.reply(reader)
            writer.close()

    async def send(self, number, reader, writer):
        writer.write(b"MAIL FROM:<app@example.com>\r\nRCPT TO:<%d@example.net>\r\nDATA\r\n" % number)
        for _ in range(3):
            reply = await self.reply(reader)
            if reply[:1] not in b"23":
                raise SystemExit(f"message {number} was refused: {reply}")
        writer.write(b"Message-ID: <%d@client.example>\r\nX-Kind: %s\r\nSubject: test\r\n\r\n%s.\r\n"
                     % (number, b"news" if number % 2 else b"receipt", BODY))
        self.sent[number] = time.monotonic()
        reply = await self.reply(reader)
        if reply.startswith(b"250 "):
            self.answered[number] = time.monotonic()
        else:
            self.refused.append((number, reply.decode()))

    @staticmethod
    async def reply(reader):
        while True:
            line = await reader.readline()
            if not line:
                raise SystemExit("a session was closed")
            if line[3:4] != b"-":
                return line


def main(port, rate, count, sessions, path):
    """Runs in a process of its own; writes what it knows to a file."""
    run = Sessions(port, rate, count, sessions)
    asyncio.run(run.run())
    with open(path, "w") as file:
        json.dump({"sent": run.sent, "answered": run.answered, "refused": run.refused}, file)
