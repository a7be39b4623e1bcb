"""The faults, one per row of the table: what the primary does, and what the relay should do."""

from dataclasses import dataclass, field

PAUSED = "554 Message rejected: Sending paused for this account."
QUOTA = "454 Throttling failure: Daily message quota exceeded."
RATE = "454 Throttling failure: Maximum sending rate exceeded."
UNKNOWN = "554 5.7.1 Something we dislike 0x2f"
UNVERIFIED = "554 Message rejected: Email address is not verified."

# For these texts; the host name would imply it, but this host is on loopback.
SES = ["provider = \"ses\""]

REFUSED_MS = 50
SILENT_MS = 1000


@dataclass
class Row:
    key: str
    title: str
    # Faults of the primary; they begin while mail flows.
    faults: list
    # Posthorse's response.
    does: str
    # Maximum 99th percentile of the time to the accepting upstream; None for no promise.
    limit_ms: float = None
    # Messages per second, and their size, if different from the other rows.
    rate: float = None
    size: int = None
    # Recipients per message.
    recipients: int = 1
    # Domains of the recipients.
    domains: int = 1
    # Nothing should go to the secondary.
    stays: bool = False
    # Whether the faults end in the middle.
    ends: bool = False
    # The secondary has the same faults; time is counted from their end.
    both: bool = False
    # Mail in doubt may be sent once more, so watch to the end.
    doubt: bool = False
    tls: bool = False
    login: bool = False
    # Options of the primary that hold from the start.
    options: list = field(default_factory=list)
    # Faults of a second address of the primary's name; None for a primary that is an address.
    other_address: list = None
    # Recipients that should bounce: those containing this text.
    bounces: str = None
    # Lines of [[upstream]] for the primary; whole tables.
    upstream: list = field(default_factory=list)
    tables: list = field(default_factory=list)


def cut(fault):
    """For faults at the beginning of a session: ends open sessions, so that there are new ones."""
    return ["connect cut", fault]


LARGE = {"rate": 2, "size": 12_000_000}

ROWS = [
    Row("refused", "refuses connections", ["connect down"],
        "next upstream at once; the circuit opens", REFUSED_MS),
    Row("reset", "resets connections", cut("connect drop"),
        "next upstream at once; the circuit opens", REFUSED_MS),
    Row("silent-connect", "accepts, then no banner", cut("connect hang"),
        "after `patience` everything waiting there moves on; the circuit opens", SILENT_MS),
    Row("slow-banner", "banner after 5 s", cut("banner delay=5s"),
        "the same as silence", SILENT_MS),
    Row("silent-ehlo", "silent at EHLO", cut("ehlo hang"), "the same", SILENT_MS),
    Row("silent-mail", "silent at MAIL", ["mail hang"], "the same", SILENT_MS),
    Row("silent-rcpt", "silent at RCPT", ["rcpt hang"], "the same", SILENT_MS),
    Row("silent-data", "silent at DATA", ["data hang"], "the same", SILENT_MS),
    Row("silent-content", "stops reading amid 12 MB", ["content hang"],
        "the same; nothing was committed", 2500, **LARGE),
    Row("tls", "no TLS after STARTTLS", cut("tls reply"),
        "next upstream, never in clear text", SILENT_MS, tls=True),
    Row("421-banner", "421 as banner", cut("banner reply: 421 4.3.2 Service not available"),
        "next upstream; the circuit opens", SILENT_MS),
    Row("421-mail", "421 at MAIL", ["mail reply: 421 4.3.2 Service not available"],
        "next upstream; the circuit opens", SILENT_MS),
    Row("auth", "AUTH refused (535)", cut("auth reply: 535 5.7.8 Authentication credentials invalid"),
        "account: next upstream; opens at once, probes alone do not close it", SILENT_MS, login=True),
    Row("paused-mail", "554 sending paused, at MAIL", [f"mail reply: {PAUSED}"],
        "account: next upstream; opens at once", SILENT_MS, upstream=SES),
    Row("paused-dot", "554 sending paused, at the dot", [f"dot reply: {PAUSED}"],
        "account: next upstream; opens at once", SILENT_MS, upstream=SES),
    Row("quota-data", "454 daily quota, at DATA", [f"data reply: {QUOTA}"],
        "account: next upstream; opens at once", SILENT_MS, upstream=SES),
    Row("quota-dot", "454 daily quota, at the dot", [f"dot reply: {QUOTA}"],
        "account: next upstream; opens at once", SILENT_MS, upstream=SES),
    Row("relay-denied", "550 relay denied, at RCPT", ["rcpt reply: 550 5.7.0 Mail relay denied"],
        "account: next upstream; opens at once", SILENT_MS),
    Row("sender", "554 sender not verified, at the dot", [f"dot reply: {UNVERIFIED}"],
        "sender: next upstream; the circuit stays closed", SILENT_MS, upstream=SES),
    Row("no-such-user", "550 no such user, one in ten", ["rcpt reply rcpt=7@: 550 5.1.1 No such user"],
        "these recipients bounce, as they should", SILENT_MS, bounces="7@"),
    Row("unknown-rcpt", "554 5.7.1 for an unknown reason, at RCPT", [f"rcpt reply: {UNKNOWN}"],
        "next upstream decides: nothing bounces; the circuit opens after five from three domains", SILENT_MS, domains=10),
    Row("unknown-dot", "554 5.7.1 for an unknown reason, at the dot", [f"dot reply: {UNKNOWN}"],
        "next upstream decides: nothing bounces; the circuit opens after five from three domains", SILENT_MS, domains=10),
    Row("passing", "550 temporary failure, try again, at the dot", ["dot reply: 550 temporary failure please try again"],
        "the words count: next upstream, never a bounce", SILENT_MS),
    Row("loop", "554 5.4.6 Too many hops, at the dot", ["dot reply: 554 5.4.6 Too many hops"],
        "next upstream; never a bounce", SILENT_MS),
    Row("recipients", "takes 10 of 50 recipients per transaction", ["rcpt reply behind=10: 452 4.5.3 Too many recipients"],
        "five transactions, the same upstream, at once", SILENT_MS, rate=10, recipients=50, stays=True),
    Row("session-limit", "452 at MAIL after 10 messages in a session",
        ["mail reply messages=10: 452 4.3.2 Session limit reached"],
        "the same message in a new session, at once", SILENT_MS, stays=True),
    Row("crowded", "421 as banner beyond 3 sessions", [],
        "three sessions, the same upstream", SILENT_MS, stays=True, options=["--max-connections", "3"]),
    Row("recipients-421", "421 at RCPT after 10 of 50 recipients, and closes",
        ["rcpt reply behind=10: 421 4.3.2 Enough"],
        "five transactions, the same upstream, at once", SILENT_MS, rate=10, recipients=50, stays=True),
    Row("refuses-content", "554 5.7.1 for an unknown reason, amid 12 MB and at its dot",
        [f"content raw: {UNKNOWN}\\r\\n", f"dot reply: {UNKNOWN}"],
        "as at the dot: next upstream decides", 2500, **LARGE),
    Row("odd-reply", "451 in the first line of the reply to the dot, 250 in the last",
        ["dot take-and-say: 451-4.3.0 One moment\\r\\n250 2.0.0 Taken\\r\\n"],
        "the last line counts: taken", SILENT_MS, stays=True),
    Row("other-address", "is silent at one of its two addresses", ["connect cut"],
        "the other address, after a share of `patience`", SILENT_MS, other_address=cut("connect hang")),
    Row("deaf", "drops pipelined commands", ["mail deaf"],
        "what waits for a reply moves on after `patience`; then one command at a time", SILENT_MS),
    Row("mechanism", "refuses one of the AUTH mechanisms it offers",
        cut("auth reply mechanism=SCRAM-SHA-256: 535 5.7.8 Authentication failed"),
        "the next mechanism, the same upstream, at once", SILENT_MS, login=True),
    Row("slow-greeting", "banner after 3 s, always", cut("banner delay=3s"),
        "next upstream after `patience`, until a probe or a session has seen that it is well", SILENT_MS),
    Row("closes-each", "closes after each message", ["dot take-and-close"],
        "a new session for each, the same upstream, at once", SILENT_MS, stays=True),
    Row("closes-each-421", "closes after each message, with 421 behind the 250",
        ["dot take-and-close: 421 4.3.0 Closing"],
        "a new session for each, the same upstream, at once", SILENT_MS, stays=True),
    Row("busy-rcpt", "451 at RCPT", ["rcpt reply: 451 4.3.0 Not now"],
        "recipient: next upstream", SILENT_MS),
    Row("slow-down", "454 rate exceeded, beyond 100/s", [f"dot reply above=100: {RATE}"],
        "the rate goes down, mail beyond it goes to the next upstream", SILENT_MS, upstream=SES),
    Row("latency", "2 s for every message", ["dot delay=2s"],
        "`latency_threshold = \"1s\"` and `overflow = \"busy\"`: mail that finds no session moves on; then the circuit opens",
        tables=["[circuit]\nlatency_threshold = \"1s\"",
                "[[route]]\nname = \"default\"\nupstreams = [\"primary\", \"secondary\"]\noverflow = \"busy\""]),
    Row("drop-content", "closes amid 12 MB", ["content drop"],
        "next upstream at once; nothing was committed", 2500, **LARGE),
    Row("drop-dot-same", "closes after the dot for 4 s; `retry_same`", ["dot drop for=4s"],
        "in doubt: held 5 s here, then the same upstream", doubt=True,
        upstream=["in_doubt = \"retry_same\"", "in_doubt_hold = \"5s\""]),
    Row("drop-dot-failover", "closes after the dot; `failover`", ["dot drop"],
        "in doubt: held 5 s here, then the next upstream", doubt=True,
        upstream=["in_doubt = \"failover\"", "in_doubt_hold = \"5s\""]),
    Row("taken-dot-same", "takes, then closes, for 4 s; `retry_same`", ["dot take-and-drop for=4s"],
        "in doubt: held 5 s here, then the same upstream with the same IDs", doubt=True,
        upstream=["in_doubt = \"retry_same\"", "in_doubt_hold = \"5s\""]),
    Row("taken-dot-hold", "takes, then closes; `hold`", ["dot take-and-drop"],
        "in doubt: held for the operator, the rest goes on", doubt=True,
        upstream=["in_doubt = \"hold\""]),
    Row("flapping", "down 3 s, up 3 s", ["connect down for=3s every=6s"],
        "next upstream; comes back by trial and ramp, and stays away longer each time", SILENT_MS),
    Row("garbage", "bytes that are not a reply", ["mail raw: \\x16\\x03\\x01\\x00 what\\r\\n"],
        "next upstream; the session is closed", SILENT_MS),
    Row("endless", "an endless reply to EHLO", cut("ehlo endless"),
        "next upstream; the session is closed", SILENT_MS),
    Row("out-of-step", "one reply too many, all later ones one behind", ["mail twice"],
        "next upstream; the session is closed before any content", SILENT_MS),
    Row("unexpected", "354 at MAIL", ["mail reply: 354 Go ahead"],
        "next upstream; the session is closed", SILENT_MS),
    Row("both-down", "both down, then back", ["connect down"],
        "mail waits in the spool and goes by itself when they are back", None, ends=True, both=True),
]
