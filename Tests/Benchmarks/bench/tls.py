"""The servers and the client of the TLS benchmark; all servers get the same load from the same client."""

import json
import os
import statistics
import subprocess
import threading

from . import postfix, processes, report

OURS, NIO_SSL, POSTFIX = "Posthorse", "swift-nio-ssl", "Postfix"
CLIENT_CONFIGURATION = """
openssl_conf = main
[main]
ssl_conf = modules
[modules]
system_default = limits
[limits]
MaxProtocol = TLSv1.2
"""
POSTFIX_MAIN = """
smtpd_tls_security_level = may
smtpd_tls_cert_file = {certificate}
smtpd_tls_key_file = {key}
smtpd_tls_loglevel = 0
max_use = 10000
"""
POSTFIX_MASTER = """
tlsmgr unix - - n 1000? 1 tlsmgr
"""


def make_certificate(directory, kind):
    """A self-signed certificate and its key; the client does not verify it."""
    options = {"ecdsa": ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"], "rsa": ["-newkey", "rsa:2048"]}[kind]
    certificate, key = (os.path.join(directory, f"{kind}.{end}") for end in ("pem", "key"))
    subprocess.run(
        ["openssl", "req", "-x509", "-nodes", *options, "-subj", "/CN=bench.example", "-days", "30",
         "-addext", "subjectAltName=DNS:bench.example", "-out", certificate, "-keyout", key],
        check=True, capture_output=True)
    os.chmod(key, 0o644)
    return certificate, key


class Server:
    """One of the two Swift servers, with one thread."""

    def __init__(self, name, binary, certificate, key):
        self.name, self.port = name, processes.free_port()
        library = "ours" if name == OURS else "nio-ssl"
        self.command = [binary, "serve", "--library", library, "--certificate", certificate, "--key", key,
                        "--port", str(self.port)]

    def __enter__(self):
        self.process = subprocess.Popen(self.command)
        self.pid = self.process.pid
        processes.wait_for_port(self.port, alive=lambda: self.process.poll() is None)
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()


class PostfixWithTLS(postfix.Postfix):
    """The Postfix of the other benchmark, with a certificate and no mail destination."""

    name = POSTFIX

    def __init__(self, root, certificate, key):
        self.certificate, self.key = certificate, key
        super().__init__(root, 9)

    def write(self, name, text):
        more = {"main.cf": POSTFIX_MAIN, "master.cf": POSTFIX_MASTER}[name]
        super().write(name, text + more.replace("{certificate}", self.certificate).replace("{key}", self.key))


def start(name, binary, root, files):
    """A server by its name; use it in a `with` statement."""
    return PostfixWithTLS(root, *files) if name == POSTFIX else Server(name, binary, *files)


class Client:
    """The load: one process with one thread."""

    def __init__(self, binary, directory):
        self.binary = binary
        self.limited = os.path.join(directory, "tls12.cnf")
        with open(self.limited, "w") as file:
            file.write(CLIENT_CONFIGURATION)

    def begin(self, server, version, **options):
        environment = dict(os.environ)
        if version == "1.2":
            environment["OPENSSL_CONF"] = self.limited
        arguments = ["--port", str(server.port), "--tls", "yes" if version else "no"]
        for key, value in options.items():
            arguments += [f"--{key}", str(value)]
        return subprocess.Popen([self.binary, "load", *arguments], env=environment, text=True,
                                stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def run(self, server, version, **options):
        """Runs the load to completion; returns its report with the CPU time of server and client."""
        before = processes.cpu_seconds(server.pid)
        process = self.begin(server, version, **options)
        timer = threading.Timer(120, process.kill)
        timer.start()
        text = process.stdout.readline()
        timer.cancel()
        record = json.loads(text) if text else None
        client = processes.own_cpu_seconds(process.pid)
        process.stdin.close()
        if process.wait() != 0 or record is None:
            raise RuntimeError(f"the load failed against {server.name}: {options}")
        return record | {"cpu": processes.cpu_seconds(server.pid) - before, "client_cpu": client}


def connections(client, server, version, resume, count):
    """Cost of one connection, with a handshake unless `version` is None."""
    if resume:
        client.run(server, version, plan="connect", resume="yes", count=200, concurrency=16)
    record = client.run(server, version, plan="connect", resume="yes" if resume else "no", count=count, concurrency=16)
    share = record["resumed"] / count
    if version and (share < 0.9 if resume else share > 0):
        raise RuntimeError(f"{server.name} resumed {share:.0%} of the sessions")
    return {"per_second": count / record["seconds"], "cpu_us": record["cpu"] / count * 1e6,
            "client_us": record["client_cpu"] / count * 1e6, "summary": record["summary"]}


def bulk(client, server, version, plan, mebibytes):
    """Cost of a mebibyte; `take` means that the server receives."""
    record = client.run(server, version, plan=plan, count=4, concurrency=4, octets=mebibytes << 18)
    return {"per_second": mebibytes / record["seconds"], "cpu_us": record["cpu"] / mebibytes * 1e6,
            "summary": record["summary"]}


def idle(client, server, version, count):
    """Octets of memory per idle session."""
    before = processes.memory_bytes(server.pid)
    process = client.begin(server, version, plan="idle", count=count, concurrency=16)
    if not process.stdout.readline():
        raise RuntimeError(f"the load failed against {server.name}")
    octets = (processes.memory_bytes(server.pid) - before) / count
    process.stdin.close()
    process.wait()
    return {"octets": octets}


def medians(runs):
    """One record per measurement and server."""
    groups = {}
    for run in runs:
        groups.setdefault((run["what"], run["server"]), []).append(run)
    return {
        key: {figure: statistics.median(run[figure] for run in group)
              for figure, value in group[0].items() if isinstance(value, (int, float))}
        for key, group in groups.items()
    }


def net_of_plain(runs, plain):
    """Adds the extra cost of each TLS connection over a plain one, in the same round with the same server."""
    base = {(run["round"], run["server"]): run["cpu_us"] for run in runs if run["what"] == plain}
    for run in runs:
        cost = base.get((run["round"], run["server"]))
        if cost is not None and "client_us" in run and run["what"] != plain:
            run["net_us"] = run["cpu_us"] - cost


def table(title, names, found, servers, figure, form="{:,.0f}"):
    """Lines by measurement, columns by server, and our ratio to swift-nio-ssl."""
    rows = []
    for what in names:
        values = [found.get((what, server), {}).get(figure) for server in servers]
        if all(value is None for value in values):
            continue
        ours, theirs = (found.get((what, server), {}).get(figure) for server in (OURS, NIO_SSL))
        ratio = f"{ours / theirs:.2f}" if ours and theirs else ""
        rows.append([what, *("" if value is None else form.format(value) for value in values), ratio])
    return report.table([title, *servers, "ours / nio-ssl"], rows)
