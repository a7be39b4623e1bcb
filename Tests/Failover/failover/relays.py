"""The two relays, each with a primary and a secondary."""

import json
import os
import re
import subprocess

from bench.postfix import MASTER, Postfix
from bench.posthorse import Posthorse

CONFIGURATION = """
hostname = "relay.example"

[spool]
path = "{root}/spool"

[admin]
socket = "{root}/admin.sock"

[log]
format = "json"

[retry]
initial = "1s"
max = "5s"

{tables}

[[listener]]
address = "127.0.0.1:{port}"

[[upstream]]
name = "primary"
address = "{primary}"
{lines}

[[upstream]]
name = "secondary"
address = "{secondary}"
"""

MAIN = """
relayhost = [{primary_host}]:{primary_port}
smtp_fallback_relay = [{secondary_host}]:{secondary_port}
smtp_connection_cache_destinations = [{primary_host}]:{primary_port}, [{secondary_host}]:{secondary_port}
inet_interfaces = all
maillog_file = {root}/log/maillog
maillog_file_prefixes = {root}/log
"""
# The secondary has none, and needs none.
TLS = """smtp_tls_security_level = may
smtp_tls_policy_maps = texthash:{root}/etc/tls
"""
LOGIN = """smtp_sasl_auth_enable = yes
smtp_sasl_password_maps = texthash:{root}/etc/passwords
smtp_sasl_security_options = noanonymous
"""
TAG = re.compile(r"\bto=<(m\d+)@")


def split(address):
    host, _, port = address.rpartition(":")
    return host, port


class RunningPosthorse(Posthorse):
    """One `posthorse serve`."""

    def __init__(self, binary, root, primary, port, secondary, row, login, prefix):
        """`primary`: host and port of the primary; `prefix`: begins the command that runs the relay."""
        super().__init__(binary, root, port, prefix=prefix)
        self.binary = binary
        lines = list(row.upstream)
        if row.tls:
            lines += ['tls = "starttls"', "tls_verify = false"]
        if row.login:
            lines += [f'username = "{login.user}"', f'password_file = "{login.file}"']
        with open(self.configuration, "w") as file:
            file.write(CONFIGURATION.format(
                root=root, port=self.port, primary=primary, secondary=secondary.address,
                lines="\n".join(lines), tables="\n\n".join(row.tables)).lstrip())
        os.chmod(self.configuration, 0o600)
        self.offset, self.failed = 0, set()

    def bounced(self):
        """Tags of permanently failed messages."""
        with open(os.path.join(self.root, "log"), errors="replace") as log:
            log.seek(self.offset)
            while (line := log.readline()).endswith("\n"):
                self.offset += len(line.encode())
                if '"event":"failed"' in line:
                    self.failed |= set(re.findall(r"\b(m\d+)@example", line))
        return self.failed

    def queued(self):
        """State of the remaining messages, by tag; the relay has stopped."""
        result = subprocess.run(
            [self.binary, "queue", "list", "--json", "--config", self.configuration],
            capture_output=True, text=True, timeout=60, check=True)
        return {r["address"].partition("@")[0]: r["state"]
                for line in result.stdout.splitlines() for r in json.loads(line)["recipients"]
                if r["state"] not in ("delivered", "failed")}


class RunningPostfix(Postfix):
    """One Postfix with a fallback relay."""

    def __init__(self, root, primary, port, secondary, row, login, prefix):
        (first, first_port), (second, second_port) = split(primary), split(secondary.address)
        self.prefix = prefix
        self.extra = MAIN.format(
            root=root, primary_host=first, primary_port=first_port, secondary_host=second, secondary_port=second_port)
        self.extra += (TLS.format(root=root) if row.tls else "") + (LOGIN.format(root=root) if row.login else "")
        os.makedirs(os.path.join(root, "log"))
        super().__init__(root, port)
        with open(os.path.join(self.configuration, "passwords"), "w") as file:
            file.write(f"[{first}]:{first_port} {login.user}:{login.password}\n")
        with open(os.path.join(self.configuration, "tls"), "w") as file:
            file.write(f"[{first}]:{first_port} encrypt\n")
        self.offset, self.failed = 0, set()

    def start(self):
        try:
            super().start()
        except BaseException:
            # If it did not get this far there is nothing to stop.
            subprocess.run(["postfix", "-c", self.configuration, "abort"], capture_output=True, timeout=60)
            raise

    def write(self, name, text):
        super().write(name, text)
        with open(os.path.join(self.configuration, name), "a") as file:
            if name == "main.cf":
                file.write(self.extra)
            if text is MASTER:
                file.write("postlog unix-dgram n - n - 1 postlogd\ntlsmgr unix - - n 1000? 1 tlsmgr\n")

    def bounced(self):
        path = os.path.join(self.root, "log/maillog")
        if os.path.exists(path):
            with open(path, errors="replace") as log:
                log.seek(self.offset)
                while (line := log.readline()).endswith("\n"):
                    self.offset += len(line.encode())
                    if "status=bounced" in line and (found := TAG.search(line)):
                        self.failed.add(found.group(1))
        return self.failed

    def queued(self):
        result = subprocess.run(
            ["postqueue", "-c", self.configuration, "-j"], capture_output=True, text=True, timeout=60)
        return {r["address"].partition("@")[0]: "deferred"
                for line in result.stdout.splitlines() for r in json.loads(line)["recipients"]}
