"""relay.conf, which is another one in each round: every kind of table changes."""

HASH = "$scrypt$ln=14,r=8,p=5$" + "A" * 22 + "$" + "A" * 43


def upstream(name, port, round):
    return f"""
[[upstream]]
name = "{name}"
address = "127.0.0.1:{port}"
max_connections = {5 + round % 7}
patience = "{800 + round % 5}ms"
"""


def text(root, ports, listener, extra, round):
    """- round: from 0; consecutive ones differ in everything."""
    odd = round % 2
    names = ["a", "b"] if odd else ["b", "a"]
    if round % 3 == 0:
        names.append("c")
    upstreams = "".join(upstream(name, ports[name], round) for name in names)
    listeners = f"""
[[listener]]
address = "127.0.0.1:{listener}"
auth = "optional"
auth_without_tls = true
max_recipients = {100 + round}
"""
    if odd:
        listeners += f'[[listener]]\naddress = "127.0.0.1:{extra}"\n'
    return f"""hostname = "relay{odd}.example.com"
stop_grace = "{5 + odd}s"

[spool]
path = "{root}/spool"
min_free_space = {odd}
{listeners}
[[user]]
name = "user{round}"
password_hash = "{HASH}"

[limits]
client_message_rate = "{100000 + round}/s"
total_connections = {1000 + round}
{upstreams}
[[route]]
name = "news"
header = "X-Kind: news"
upstreams = [{", ".join(f'"{name}"' for name in names[:2])}]
mode = "{'weighted' if odd else 'priority'}"

[[route]]
name = "route{round}"
sender = "nobody{round}@example.com"
upstreams = ["{names[0]}"]

[circuit]
open_duration = "{10 + odd}s"

[retry]
initial = "{30 + round}s"

[suppression]
hard_bounces = {1 + odd}

[history]
keep = "{30 + odd}d"

[log]
level = "{'info' if odd else 'notice'}"
"""


# Every reload must report a change of each of these.
CHANGED = ["hostname", "listener", "user", "limits", "upstream", "route", "circuit", "retry", "suppression", "history"]
