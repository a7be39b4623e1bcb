"""Mail at a steady rate over a few connections, and the time of each 250."""

import asyncio
import time

CONNECTIONS = 20
REPLY_LIMIT = 30


class Load:
    """Message `i` is due at `i / rate` seconds; a late one goes at once. Each recipient has its own tag."""

    def __init__(self, port, rate, size, recipients=1, domains=1):
        self.port, self.rate, self.stopped = port, rate, False
        self.recipients, self.domains = recipients, domains
        self.accepted = {}
        self.refused = 0
        self.next = 0
        line = b"the quick brown fox, 0123456789 0123456789 0123456789 012345\r\n"
        self.body = line * max(1, size // len(line))

    async def run(self):
        """Sends until `stopped` is set."""
        self.begun = time.monotonic()
        await asyncio.gather(*(self.worker() for _ in range(CONNECTIONS)))

    async def worker(self):
        while not self.stopped:
            try:
                await self.session()
            except (OSError, EOFError, asyncio.IncompleteReadError, asyncio.TimeoutError):
                self.refused += 1
                await asyncio.sleep(0.1)

    async def session(self):
        async with asyncio.timeout(REPLY_LIMIT):
            reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        try:
            await self.reply(reader)
            writer.write(b"EHLO load.example\r\n")
            await self.reply(reader)
            while not self.stopped:
                await self.message(reader, writer)
            writer.write(b"QUIT\r\n")
        finally:
            writer.close()

    async def message(self, reader, writer):
        number = self.next
        self.next += 1
        wait = self.begun + number / self.rate - time.monotonic()
        if wait > 0:
            await asyncio.sleep(wait)
        if self.stopped:
            return
        tags = [f"m{number * self.recipients + index}" for index in range(self.recipients)]
        domain = f"example{number % self.domains}.net" if self.domains > 1 else "example.net"
        recipients = "".join(f"RCPT TO:<{tag}@{domain}>\r\n" for tag in tags)
        writer.write(f"MAIL FROM:<sender@example.com>\r\n{recipients}DATA\r\n".encode())
        codes = [await self.reply(reader) for _ in range(len(tags) + 2)]
        if codes[-1] != b"354":
            self.refused += 1
            raise EOFError
        writer.write(f"Message-ID: <{tags[0]}@load.example>\r\nDate: Sat, 21 Nov 2026 12:00:00 +0000\r\n"
                     f"Subject: {tags[0]}\r\n\r\n".encode())
        writer.write(self.body)
        writer.write(b".\r\n")
        await writer.drain()
        if await self.reply(reader) == b"250":
            now = time.time()
            self.accepted.update((tag, now) for tag, code in zip(tags, codes[1:-1]) if code == b"250")
        else:
            self.refused += 1

    @staticmethod
    async def reply(reader):
        async with asyncio.timeout(REPLY_LIMIT):
            while True:
                line = await reader.readuntil(b"\n")
                if line[3:4] != b"-":
                    return line[:3]
