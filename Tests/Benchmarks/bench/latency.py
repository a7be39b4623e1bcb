"""A client that sends at a steady rate and measures the time from each final dot to its 250."""

import gc
import selectors
import socket
import time

ENVELOPE = b"MAIL FROM:<sender@example.com>\r\nRCPT TO:<recipient@example.net>\r\nDATA\r\n"
CONTENT = b"Subject: paced\r\n\r\n" + (b"x" * 70 + b"\r\n") * 56 + b".\r\n"


class Session:
    """One connection: idle, waiting for 354, or waiting for the 250 of the final dot."""

    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", port), 10)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket.recv(1000)
        self.socket.sendall(b"EHLO client.example\r\n")
        self.socket.recv(1000)
        self.dot_at = None
        self.replies = b""

    def begin(self):
        self.dot_at = None
        self.socket.sendall(ENVELOPE)

    def receive(self):
        """Handles replies; returns the seconds from dot to 250 once known."""
        self.replies += self.socket.recv(4096)
        if not self.replies.endswith(b"\n"):
            return None
        last = self.replies.splitlines()[-1]
        if self.dot_at is None:
            if last.startswith(b"354"):
                self.replies = b""
                self.dot_at = time.perf_counter()
                self.socket.sendall(CONTENT)
            elif last[:1] in b"45":
                raise RuntimeError(f"the relay refused: {last.decode()}")
            return None
        if not last.startswith(b"250"):
            raise RuntimeError(f"the relay refused: {last.decode()}")
        self.replies = b""
        return time.perf_counter() - self.dot_at


def measure(port, rate, seconds, sessions=50):
    """Starts `rate` messages per second for some seconds.

    Returns the times, and the rate that was reached; it is lower than the wanted one when the client or the relay
    could not keep up.
    """
    selector, idle, times = selectors.EpollSelector(), [], []
    for _ in range(sessions):
        session = Session(port)
        selector.register(session.socket, selectors.EVENT_READ, session)
        idle.append(session)
    gc.disable()
    start = time.perf_counter()
    begun = 0
    while (now := time.perf_counter() - start) < seconds:
        while idle and begun < now * rate:
            idle.pop().begin()
            begun += 1
        for key, _ in selector.select(0.0005):
            took = key.data.receive()
            if took is not None:
                times.append(took)
                idle.append(key.data)
    reached = len(times) / (time.perf_counter() - start)
    gc.enable()
    for key in list(selector.get_map().values()):
        key.data.socket.close()
    selector.close()
    return times, reached
