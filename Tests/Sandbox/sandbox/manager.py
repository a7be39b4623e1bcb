"""Receives a service's notifications to its manager."""

import os
import socket


def listen(unit, directory, user):
    """Opens the socket for NOTIFY_SOCKET; a child prints notifications until the service has ended."""
    unit.expect("Type", "notify")
    path = os.path.join(directory, "notify")
    told = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    told.bind(path)
    os.chown(path, user, user)
    service = os.getpid()
    if os.fork() == 0:
        try:
            report(told, service)
        finally:
            os._exit(0)
    told.close()
    return path


def report(told, service):
    told.settimeout(0.05)
    while True:
        # Checked before the next receive, so that the last notification is not missed.
        is_last = os.getppid() != service
        try:
            for line in told.recv(4096).decode().splitlines():
                print("notify", line, flush=True)
        except TimeoutError:
            if is_last:
                return
