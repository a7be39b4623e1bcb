"""Round trips, with a relay of their own: upstreams that deliver, into junk, late, and not at all, and a mailbox that is away."""

import base64
import time

import looks
from stage import MARKUP, Stage

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
[recovery]
ramp_steps = [50]
step_duration = "1s"
[history]
keep = "1d"
[log]
format = "json"
"""
UPSTREAM = """[[upstream]]
name = "{name}"
address = "{address}"
"""
ROUND_TRIP = """[[round_trip]]
name = "{name}"
sender = "probes@example.com"
upstreams = {upstreams}
as_routed = {as_routed}
every = "1s"
late_after = "1s"
missing_after = "6s"
action = "open"
[round_trip.mailbox]
address = "{address}"
tls = "off"
username = "probe@{name}.example"
password_file = "{work}/password"
"""
# Whether an upstream delivers what it takes.
FAULTS = {
    "ses": [],
    "mailgun": ["delivery junk rate=0.5"],
    "postmark": ["delivery discard"],
    "sendgrid": ["delivery delay=2500ms"],
    "smarthost": [f"mail reply: 550 5.7.1 {MARKUP} not yours"],
}
# What becomes of them, as the page says it.
STATES = {"ses": "ok", "mailgun": "ok", "postmark": "missing", "sendgrid": "late", "smarthost": "upstream failed", "as routed": "ok"}


class TripStage(Stage):
    def start_relay(self):
        _, mailbox, imap = self.start_sink("mailbox", "--imap", "127.0.0.1:0")
        conf = RELAY
        for name, faults in FAULTS.items():
            options = [word for fault in faults for word in ("--fault", fault)]
            conf += UPSTREAM.format(name=name, address=self.start_sink(name, "--deliver-to", mailbox, *options)[1])
        (self.work / "password").write_text("any\n")
        (self.work / "password").chmod(0o600)
        conf += ROUND_TRIP.format(name="gmail", upstreams='["*"]', as_routed="true", address=imap, work=self.work)
        # Nobody is there.
        conf += ROUND_TRIP.format(name="outlook", upstreams='["ses"]', as_routed="false", address="127.0.0.1:9", work=self.work)
        self.serve(conf)


# The section, and its table: for each row what each column says.
PANEL = "[...document.querySelectorAll('section.panel')].find((each) => each.querySelector('h2')?.innerText === 'Round trips')"
ROWS = f"""
  [...({PANEL})?.querySelectorAll('tbody tr') ?? []].map((row) =>
    Object.fromEntries([...row.querySelectorAll('td')].map((cell) => [cell.dataset.label, cell.innerText.trim()])))
"""


class TripVisit:
    """What an operator sees of them: the section of the overview, and the report."""

    def __init__(self, stage, browser, pictures, check, say):
        self.stage, self.browser, self.pictures, self.check, self.say = stage, browser, pictures, check, say
        self.page = browser.open()
        self.pages = [self.page]

    def picture(self, name, page=None, whole=True):
        if self.pictures:
            (page or self.page).picture(self.pictures / f"{name}.png", whole)

    def run(self):
        self.see_states()
        self.look()
        self.send_probes()
        self.see_report()

    def log_in(self):
        page = self.page
        page.size(1280, 900)
        page.go(self.stage.api + "/")
        page.wait_text("Log in")
        page.write("#token", self.stage.operate)
        page.press("Enter")
        page.wait_text("Round trips")

    def rows(self):
        return {(row["Round trip"].split("\n")[0], row["Through"]): row for row in self.page.evaluate(ROWS)}

    def see_states(self):
        wanted = {("gmail", upstream): state for upstream, state in STATES.items()} | {("outlook", "ses"): "mailbox unreachable"}
        deadline = time.monotonic() + 120
        while True:
            rows = self.rows()
            found = {key: next((state for state in sorted(wanted.values(), key=len) if row["State"].startswith(state)), row["State"])
                     for key, row in rows.items()}
            if found == wanted or time.monotonic() > deadline:
                break
            time.sleep(0.3)
        self.check(found == wanted, f"the states are {found}")
        ses, mailgun = rows["gmail", "ses"], rows["gmail", "mailgun"]
        self.check(ses["Available"] == "100 %" and ses["Inbox"] == "100 %" and ses["p95"] != "–", f"the row of one that is well is {ses}")
        self.check(0 < float(mailgun["Inbox"].split()[0]) < 100, f"the row of one whose mail is half in junk is {mailgun}")
        self.check(rows["gmail", "postmark"]["Available"] == "0 %", f"the row of one that loses mail is {rows['gmail', 'postmark']}")
        self.check("probes in a row are lost" in rows["gmail", "postmark"]["State"], "it does not say why postmark is missing")
        self.say("round trips: ok, into junk, late, missing, refused, and a mailbox that is away")

    def each_look(self, page, name):
        """Light, dark and narrow."""
        for dark in (False, True):
            for width in (1280, 360):
                page.size(width, 900 if width > 400 else 740, dark)
                time.sleep(0.4)
                where = f"{name}, {'dark' if dark else 'light'} {width}"
                found = page.evaluate(looks.CONTRAST)
                self.check(found["count"] > 10 and not found["poor"], f"contrast, {where}: {found['poor'][:5]}")
                wide = page.evaluate("document.documentElement.scrollWidth")
                self.check(wide <= width, f"{where} is {wide} wide")
                self.picture(f"{name}{'-dark' if dark else ''}{'' if width > 400 else '-narrow'}", page)
        page.size(1280, 900)
        self.check(not page.evaluate(looks.FOREIGN), f"{name}: markup of a stranger: {page.evaluate(looks.FOREIGN)[:3]}")

    def look(self):
        self.each_look(self.page, "round-trips")
        problems = self.page.evaluate(looks.NAMES)
        self.check(not problems, f"the overview with round trips: {problems[:5]}")

    def send_probes(self):
        page = self.page
        page.click("button[data-key='run gmail']")
        page.wait("the impact is told", "document.querySelector('dialog .impact').innerText.includes('6 probes would be sent now')")
        self.picture("round-trips-dialog", whole=False)
        page.write("dialog [name=reason]", "a try")
        page.click("dialog form .buttons button:first-child")
        page.wait_text("6 probes asked for", "body")
        self.say("probes are sent by hand, with the impact first")

    def see_report(self):
        """In a tab of its own, and on paper."""
        page = self.browser.open()
        self.pages.append(page)
        page.size(1280, 900)
        page.go(self.stage.api + "/" + self.page.evaluate("document.querySelector('[data-key=\"report 1\"]').getAttribute('href')"))
        page.wait_text("Incidents", "body")
        text = page.text()
        for words in ("gmail through postmark", "gmail as routed", "outlook through ses", "mailbox unreachable", "In the relay"):
            self.check(words in text, f"the report lacks {words}")
        self.each_look(page, "report")
        paper = base64.b64decode(page.send("Page.printToPDF", preferCSSPageSize=True)["data"])
        self.check(paper.startswith(b"%PDF-"), "the report cannot be printed")
        if self.pictures:
            (self.pictures / "report.pdf").write_bytes(paper)
        self.say("the report: light, dark, narrow and on paper")
