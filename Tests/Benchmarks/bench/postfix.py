"""A private Postfix, tuned for throughput, that does not touch the system's own."""

import os
import pwd
import subprocess

from . import processes

MAIN = """
compatibility_level = 3.6
queue_directory = {root}/queue
data_directory = {root}/data
command_directory = /usr/sbin
daemon_directory = /usr/lib/postfix/sbin
mail_owner = postfix
setgid_group = postdrop
multi_instance_enable = yes
multi_instance_name = postfix-benchmark
myhostname = bench.example
mydestination =
mynetworks = 127.0.0.0/8
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
local_recipient_maps =
local_transport = error:no local mail
alias_maps =
alias_database =
smtpd_relay_restrictions = permit_mynetworks, reject
smtpd_recipient_restrictions =
smtpd_peername_lookup = no
smtpd_client_connection_count_limit = 0
smtpd_client_connection_rate_limit = 0
smtpd_client_message_rate_limit = 0
relayhost = [127.0.0.1]:{sink}
disable_dns_lookups = yes
smtp_host_lookup = native
default_process_limit = 200
default_destination_concurrency_limit = {concurrency}
initial_destination_concurrency = {concurrency}
smtp_connection_cache_on_demand = yes
smtp_connection_cache_destinations = [127.0.0.1]:{sink}
smtp_connection_reuse_time_limit = 300s
in_flow_delay = 0
qmgr_message_active_limit = 40000
qmgr_message_recipient_limit = 40000
message_size_limit = 104857600
minimal_backoff_time = 5s
queue_run_delay = 5s
"""

MASTER = """
127.0.0.1:{port} inet n - n - 200 smtpd
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
proxywrite unix - - n - 1 proxymap
smtp unix - - n - 200 smtp
relay unix - - n - 200 smtp
showq unix n - n - - showq
error unix - - n - - error
retry unix - - n - - error
discard unix - - n - - discard
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
"""


class Postfix:
    """One Postfix in a directory of its own, from `start` to `stop`."""

    name = "Postfix"
    # The beginning of the commands that start and stop it.
    prefix = ()

    def __init__(self, root, sink_port, concurrency=100):
        """`concurrency`: connections to the sink, at most."""
        self.concurrency = concurrency
        self.root, self.sink_port, self.port = root, sink_port, processes.free_port()
        self.configuration = os.path.join(root, "etc")
        os.makedirs(self.configuration)
        os.makedirs(os.path.join(root, "queue"))
        os.makedirs(os.path.join(root, "data"))
        owner = pwd.getpwnam("postfix")
        os.chown(os.path.join(root, "data"), owner.pw_uid, owner.pw_gid)
        self.write("main.cf", MAIN)
        self.write("master.cf", MASTER)

    def write(self, name, text):
        with open(os.path.join(self.configuration, name), "w") as file:
            file.write(
                text.format(
                    root=self.root, sink=self.sink_port, port=self.port, concurrency=self.concurrency).lstrip())

    def start(self):
        self.control("start")
        with open(os.path.join(self.root, "queue/pid/master.pid")) as file:
            self.pid = int(file.read())
        processes.wait_for_port(self.port)

    def stop(self):
        self.control("stop")

    def control(self, verb):
        result = subprocess.run(
            [*self.prefix, "postfix", "-c", self.configuration, verb], capture_output=True, text=True, timeout=60)
        if result.returncode != 0:
            raise RuntimeError(f"postfix {verb}: {result.stderr.strip()}")

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.stop()
