"""A relay and its sinks on loopback, and what strangers send them."""

import json
import os
import re
import signal
import smtplib
import socket
import subprocess
import threading
import time

RELAY = """hostname = "relay.example"
[spool]
path = "{work}/spool"
min_free_space = "1MiB"
[[listener]]
address = "127.0.0.1:0"
[admin]
http = "127.0.0.1:0"
[[admin.token]]
name = "ops"
hash = "{operate}"
role = "operate"
[[admin.token]]
name = "watcher"
hash = "{read}"
role = "read"
[[upstream]]
name = "primary"
address = "{primary}"
[[upstream]]
name = "secondary"
address = "{secondary}"
max_rate = "200/s"
[circuit]
consecutive_failures = 2
open_duration = "3s"
max_open_duration = "5s"
[recovery]
ramp_steps = [50]
step_duration = "1s"
[retry]
initial = "10m"
[history]
keep = "1d"
[log]
format = "json"
"""

MARKUP = "<img src=x onerror=alert(1)>"
SCRIPT = "<script>alert(2)</script>"
TURNED = "\u202egnp.exe"
# Within quotation marks, as the part of an address before its @: a tag that anything behind it would end.
IN_ADDRESS = "<svg onload=alert(4) "
# What an upstream says of recipients whose address has this text.
REPLIES = {
    "busy": f"450 4.2.1 {MARKUP}{SCRIPT} mailbox busy",
    "turned": f"450 4.2.1 {TURNED} \u0627\u0644\u0628\u0631\u064a\u062f {SCRIPT}",
    "gone": f"550 5.1.1 \"><svg onload=alert(3)> {SCRIPT} user unknown",
}


def wait_for(what, test, seconds=30):
    deadline = time.monotonic() + seconds
    while not (value := test()):
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {seconds} s: {what}")
        time.sleep(0.05)
    return value


class Stage:
    def __init__(self, binary, work):
        self.binary, self.work, self.children = str(binary), work, []

    def start(self, *command, log):
        with open(self.work / log, "wb") as output:
            child = subprocess.Popen([self.binary, *map(str, command)], stdout=output, stderr=output, cwd=self.work)
        self.children.append(child)
        return child

    def stop(self):
        for child in self.children:
            child.terminate()
        for child in self.children:
            try:
                child.wait(15)
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()

    def text(self, log):
        return (self.work / log).read_text(errors="replace")

    def start_sink(self, name, *options):
        """The process, then its addresses: that of SMTP, and with --imap that of its mailboxes."""
        child = self.start("sink", "--listen", "127.0.0.1:0", *options, log=name)
        count = 2 if "--imap" in options else 1

        def listens():
            found = re.findall(r"^127\S+:\d+$", self.text(name), re.MULTILINE)
            return found if len(found) == count else None
        return child, *wait_for(f"the sink {name}", listens)

    def token(self):
        ran = subprocess.run([self.binary, "token", "create"], capture_output=True, text=True, check=True)
        return [line.split()[1] for line in ran.stdout.splitlines()]

    def start_relay(self):
        self.primary, primary = self.start_sink("primary", "--faults-off", "--fault", "connect down")
        faults = [f"rcpt reply rcpt={word}: {reply}" for word, reply in REPLIES.items()]
        faults.append("rcpt raw rcpt=nul: 450 4.2.1 \\x00" + MARKUP + "\\x07\\r\\n")
        _, secondary = self.start_sink("secondary", *(word for fault in faults for word in ("--fault", fault)))
        self.serve(RELAY, primary=primary, secondary=secondary)

    def serve(self, conf, **names):
        (self.operate, operate), (self.read, read) = self.token(), self.token()
        (self.work / "relay.conf").write_text(conf.format(work=self.work, operate=operate, read=read, **names))
        relay = self.start("serve", "--config", self.work / "relay.conf", log="log")

        def ready():
            if relay.poll() is not None:
                raise SystemExit(f"run: the relay has ended:\n{self.text('log')}")
            return '"event":"ready"' in self.text("log")
        wait_for("a ready relay", ready)
        events = [json.loads(line) for line in self.text("log").splitlines()]
        address = {event["event"]: event["address"] for event in events if "address" in event}
        self.smtp, self.api = address["listening"], f"http://{address['api_listening']}"

    def switch_primary(self):
        """Breaks it, or repairs it."""
        self.primary.send_signal(signal.SIGUSR2)

    # Mail

    def send(self, *recipients, sender="app@example.com", message_id="", subject="Tried"):
        """Hands in a message with an envelope that a library would not write."""
        host, port = self.smtp.rsplit(":", 1)
        client = smtplib.SMTP(host, int(port), timeout=10)
        client.ehlo("client.example")
        client.docmd("MAIL", f"FROM:<{sender}>")
        for recipient in recipients or ["ann@example.net"]:
            code, text = client.docmd("RCPT", f"TO:<{recipient}>")
            if code != 250:
                raise AssertionError(f"{recipient} is refused: {text}")
        head = f"Message-ID: {message_id}\r\n" if message_id else ""
        code, text = client.data(f"{head}Subject: {subject}\r\nFrom: \"{SCRIPT}\" <app@example.com>\r\n\r\nHello.\r\n")
        client.quit()
        return re.search(rb"[0-9A-Z]{13}", text)[0].decode()

    def send_hostile(self):
        """Mail whose every field tries to be markup, script, or to turn the text around it."""
        hostile = {
            "message_id": f"<{SCRIPT}@example.com>", "subject": f"{MARKUP}{SCRIPT}", "sender": f"\"{IN_ADDRESS}\"@example.com"}
        ids = [self.send(f"\"{IN_ADDRESS}{word}\"@example.net", **hostile) for word in ("busy", "busy", "turned", "nul")]
        self.send(f"\"{IN_ADDRESS}gone\"@example.net", **hostile)
        return ids

    def keep_sending(self, rate):
        """Sends messages until the function that it returns is called."""
        over = threading.Event()

        def run():
            host, port = self.smtp.rsplit(":", 1)
            number = 0
            try:
                with smtplib.SMTP(host, int(port), timeout=10) as client:
                    while not over.wait(1 / rate):
                        number += 1
                        client.sendmail("shop@example.com", [f"user{number}@example.net"], "Subject: News\r\n\r\nHello.\r\n")
            except (OSError, smtplib.SMTPException) as error:
                # The relay ends before the sender where a check has failed.
                print(f"the sender has ended: {error}")
        thread = threading.Thread(target=run, daemon=True)
        thread.start()

        def end():
            over.set()
            thread.join(10)
        return end


class Forwarder:
    """What `ssh -L` does: a port of TCP that leads to a socket."""

    def __init__(self, path):
        self.path, self.server = path, socket.create_server(("127.0.0.1", 0))
        self.address = f"localhost:{self.server.getsockname()[1]}"
        threading.Thread(target=self._run, daemon=True).start()

    def _run(self):
        while True:
            relay = socket.socket(socket.AF_UNIX)
            try:
                client, _ = self.server.accept()
                relay.connect(str(self.path))
            except OSError:
                # It is closed, or the relay has ended before the browser has.
                return
            for one, other in ((client, relay), (relay, client)):
                threading.Thread(target=self._copy, args=(one, other), daemon=True).start()

    @staticmethod
    def _copy(one, other):
        try:
            while part := one.recv(1 << 16):
                other.sendall(part)
            other.shutdown(socket.SHUT_WR)
        except OSError:
            pass

    def close(self):
        self.server.close()
