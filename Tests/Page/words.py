"""What the page's modules make of made-up values: they are pure, so the browser runs them with none of the relay's."""

import json

T = "2026-11-30T0{}:00:00.000Z".format


def upstream(name, circuit="closed", share=1, admin="enabled", history=(), **more):
    changes = [dict(zip(("at", "from", "to", "share", "cause"), change)) for change in history]
    return {"name": name, "circuit": circuit, "share": share, "admin_state": admin, "admin_since": T(0), "admin_reason": None,
            "since": T(1), "last_error": None, "next_step_at": None, "history": changes} | more


def route(*names, name="default", mode="priority", last_resort=None):
    return {"name": name, "mode": mode, "upstreams": list(names), "last_resort": last_resort}


FAILED = (T(3), "closed", "open", 0, "connection refused")
TRIALS = [(T(4), "open", "halfOpen", 0, "it is time"), (T(5), "halfOpen", "open", 0, "trial failed")]
DOWN = upstream("ses", "open", 0, history=[FAILED, *TRIALS])
FINE = upstream("sg")
AGAIN = DOWN | {"awaits_trial": True, "next_step_at": T(7), "last_error": "connection refused", "reason": "it answers again"}
BACK = upstream("sg", history=[(T(2), "closed", "open", 0, "silence"), (T(6), "halfOpen", "closed", 1, "trial succeeded")])
# The quota of a day is used up, that of a month is not.
DAY = {"quota": "50000/d", "limit": 50000, "used": 50000, "left": 0, "resets_at": T(9), "free_at": T(9)}
MONTH = {"quota": "1000000/month", "limit": 1000000, "used": 60000, "left": 940000, "resets_at": T(9), "free_at": None}
SPENT = upstream("ses", share=0, quotas=[DAY, MONTH])
WAITING = {"by_state": {"queued": 4, "deferred": 10}, "oldest_age_seconds": 600}

# What is given, the kind of the headline, what it says, what it does not.
HEADLINES = [
    ([upstream("ses"), FINE], [route("ses", "sg")], {}, "good", ["Mail goes by ses, since 01:00. Nothing waits.", "Nothing to do."], ["sg"]),
    ([DOWN, FINE], [route("ses", "sg")], WAITING, "warn",
     ["ses is down since 03:00 (connection refused): mail goes by sg; 14 waiting, the oldest for 10 min.", "Nothing to do for the mail",
      "posthorse upstream show ses"], ["05:00", "trial"]),
    ([upstream("ses", "open", 0, history=TRIALS, last_error="timed out"), FINE], [route("ses", "sg")], {}, "warn",
     ["ses is down since before 04:00 (timed out)"], []),
    ([upstream("ses", admin="disabled", admin_since=T(2), admin_reason="new keys"), FINE], [route("ses", "sg")], {}, "warn",
     ["ses is disabled by hand since 02:00 (new keys): mail goes by sg", "posthorse upstream enable ses"], ["returns by itself"]),
    ([upstream("ses", share=0.25, history=[FAILED, (T(6), "halfOpen", "closed", 0.25, "trial succeeded")]), FINE], [route("ses", "sg")], {}, "warn",
     ["ses is coming back since 06:00: it gets 25 % of the mail, the rest goes by sg"], []),
    ([DOWN, upstream("sg", admin="draining", admin_reason=None)], [route("ses", "sg")], WAITING, "bad",
     ["No upstream takes mail: ses is down", "sg is drained by hand", "New mail is accepted and kept; 14 waiting",
      "posthorse upstream probe ses"], ["goes by"]),
    ([upstream("ses", admin="disabled", admin_reason="new keys", next_step_at=T(8)), DOWN | {"name": "mg", "next_step_at": T(9)}],
     [route("ses", "mg")], {}, "bad", ["tries again by itself at 09:00:00", "posthorse upstream probe mg"], ["08:00"]),
    ([upstream("ses", "open", 0, admin="disabled", next_step_at=T(8))], [route("ses")], {}, "bad",
     ["Nothing is tried until somebody enables an upstream", "posthorse upstream probe ses"], ["by itself"]),
    ([upstream("ses", admin="disabled", admin_reason="new keys"), DOWN | {"name": "mg"}, FINE], [route("ses", "mg", "sg")], {}, "warn",
     ["mail goes by sg", "Find out why mg fails: posthorse upstream show mg", "ses stays so until somebody enables it: posthorse upstream enable ses"],
     ["why ses"]),
    ([DOWN, FINE], [route("ses", last_resort="sg")], {}, "warn", ["mail goes by sg"], []),
    # Its probes succeed, and nothing but a message is missing.
    ([AGAIN], [route("ses")], {}, "warn",
     ["ses answers again: the next message is its trial. Nothing waits. Nothing to do", "posthorse upstream reset ses"],
     ["refused", "takes mail", "network", "08:00", "is down"]),
    ([DOWN, AGAIN | {"name": "mg", "circuit": "halfOpen"}], [route("ses", last_resort="mg")], {}, "warn",
     ["mg answers again: one message tries it."], ["is down"]),
    ([AGAIN, FINE], [route("ses", "sg")], WAITING, "warn",
     ["ses answers again, and the next message is its trial: mail goes by sg, since 03:00; 14 waiting", "Nothing to do: the mail returns by itself."],
     ["refused", "Find out why"]),
    ([DOWN | {"next_step_at": T(7)}], [route("ses")], {}, "bad", ["No upstream takes mail", "The next message tries again."], ["07:00"]),
    # One that carries the mail later than the one before it has failed.
    ([DOWN, BACK], [route("ses", "sg")], {}, "warn", ["ses is down since 03:00 (connection refused): mail goes by sg, since 06:00"], []),
    ([DOWN, FINE], [route("ses", name="bulk"), route("sg", "ses")], {}, "bad",
     ["No upstream takes mail of bulk", "Mail of default goes by sg"], []),
    ([DOWN, FINE], [route("ses", "sg", name="bulk"), route("ses", "sg")], {}, "warn", ["mail goes by sg"], [" of bulk", " of default"]),
    ([upstream("ses"), FINE], [route("ses", "sg", mode="weighted")], {}, "good", ["Mail goes by ses and sg"], []),
    ([upstream("ses")], [route("ses")], {"by_state": {"in_doubt": 1, "held": 2}, "oldest_age_seconds": 9}, "warn",
     ["1 recipient in doubt: an upstream may have taken the mail.", "2 recipients held"], ["Nothing to do."]),
    ([upstream("ses", admin_since=T(7))], [route("ses")], {}, "good", ["Mail goes by ses, since 07:00"], []),
    # A quota is used up: that is no failure, and nobody knows since when the others carry the mail.
    ([SPENT, FINE], [route("ses", "sg")], WAITING, "warn",
     ["ses has used up its quota 50,000/d until 09:00: mail goes by sg; 14 waiting", "Nothing to do: the mail returns by itself."],
     ["since", "coming back", "Find out why", "(", "month"]),
    ([SPENT, upstream("sg", share=0, quotas=[DAY | {"free_at": T(8)}])], [route("ses", "sg")], WAITING, "bad",
     ["No upstream takes mail: ses has used up its quota 50,000/d until 09:00; sg has used up its quota 50,000/d until 08:00. New mail is accepted",
      "The mail goes out by itself from 08:00.", "posthorse upstream quota ses --quota 50000/d --used N"], ["network", "probe", "coming back"]),
    ([DOWN | {"next_step_at": T(9)}, SPENT | {"name": "sg"}], [route("ses", "sg")], {}, "bad",
     ["ses is down since 03:00 (connection refused); sg has used up its quota 50,000/d until 09:00", "posthorse upstream probe ses"], ["--used"]),
    ([SPENT, FINE], [route("ses", "sg", mode="weighted")], {}, "warn", ["mail goes by sg", "ses has used up its quota"], ["since"]),
    ([SPENT, FINE], [route("ses", last_resort="sg")], {}, "warn", ["mail goes by sg", "ses has used up its quota"], ["since"]),
    ([upstream("sg"), SPENT], [route("sg", "ses")], {}, "good", ["Mail goes by sg, since 01:00"], ["quota"]),
    ([upstream("sg"), SPENT], [route("sg", mode="weighted", last_resort="ses")], {}, "good", ["Mail goes by sg, since 01:00"], ["quota"]),
    ([SPENT | {"admin_state": "disabled", "admin_reason": "new keys", "admin_since": T(2)}, FINE], [route("ses", "sg")], {}, "warn",
     ["ses is disabled by hand since 02:00 (new keys)"], ["quota"]),
]

FINGERPRINTS = [
    ("450 4.2.1 <ann@example.net> mailbox busy, retry in 5 s", "450 4.2.1 # mailbox busy, retry in # s"),
    ("550 5.1.1 bob@example.net: no such user at mx.example.net (see [1])", "550 5.1.1 # no such user at #"),
    ("connect: Connection refused", "connect: Connection refused"), ("", "#"),
    ("421 Too many connections from 192.0.2.1 ^\\[a]", "421 Too many connections from # ^\\ #"),
]

PERCENTILES = [
    ([[0.001, 5], [0.01, 10], ["inf", 10]], 0.5, 0.001), ([[0.001, 5], [0.01, 10], ["inf", 10]], 0.75, 0.0055),
    ([[0.001, 0], [0.01, 0], ["inf", 4]], 0.5, 0.01), ([[0.001, 0], ["inf", 0]], 0.5, None),
]


# An upstream, and the orders that make sense for it.
VERBS = [
    (upstream("ses"), "disable drain trip probe"), (upstream("ses", share=0.5), "disable drain reset probe"),
    (DOWN, "disable drain reset probe"), (SPENT, "disable drain trip probe"), (upstream("ses", share=0, admin="disabled"), "enable trip probe"),
    (upstream("ses", "open", 0, admin="draining"), "enable reset probe"),
]

# What a rehearsal has answered, and what is said of it.
MOVED = {"route": "default", "messages": 30, "recipients": 30, "before": ["ses"], "after": ["sg"]}
EFFECTS = [
    ("drain", 3, 9, MOVED, ["In its sessions, and ending as they would have: 3 messages. Lined up for one, and still going there: 9 messages.",
                            "the rest of 30 messages waiting, and all new mail, would go by sg instead of by ses"]),
    ("disable", 3, 9, MOVED, ["would have: 3 messages.", "the rest of 30 messages"]),
    ("trip", 0, 9, MOVED, ["lead back.\n", "default: 30 messages waiting"]),
    ("enable", 0, 0, MOVED | {"before": [], "after": ["ses"]}, ["would go by ses instead of waiting"]),
]

# Looks at the counters, by seconds: one, the next, one after an hour in which the tab was hidden, one more.
LOOKS = """
  const at = (seconds, few, many) => ({ at: seconds * 1000, time: seconds, sent: { ses: many }, accept: new Map([[0.001, few], [1, many], [Infinity, many]]) });
  const former = figures.seen;
  figures.seen = [at(0, 90, 90), at(5, 90, 100), at(3600, 900, 1000), at(3605, 910, 1010)];
  const result = [figures.latency('accept').map((each) => each.p50 === null ? null : each.p50 > 0.001), figures.rate('ses')];
  figures.seen = [at(0, 9, 9), at(3600, 9, 90)];
  result.push(figures.rate('ses'));
  figures.seen = former;
  return result;
"""

# Five messages to a hundred recipients.
UNITS = """
  const [former, seen] = [window.fetch, figures.seen];
  figures.seen = [{ at: performance.now() - 10000, start: null, taken: { ses: 0 }, sent: { ses: 0 } }];
  window.fetch = async (path, options) => path !== 'metrics' ? former(path, options) : new Response('posthorse_delivery_phase_seconds_count{upstream="ses",phase="reply"} 5\\n'
    + 'posthorse_delivery_phase_seconds_count{upstream="ses",phase="data"} 7\\n'
    + 'posthorse_delivery_recipients_total{upstream="ses",outcome="delivered"} 100\\n');
  await figures.look();
  const rate = figures.rate('ses');
  [window.fetch, figures.seen] = [former, seen];
  return Math.round(rate * 10);
"""

# The relay has restarted, and has counted more since than before.
RESTART = """
  const [former, seen] = [window.fetch, figures.seen];
  figures.seen = [];
  for (const [start, number] of [[1, 5], [1, 6], [2, 70]]) {
    window.fetch = async (path, options) => path !== 'metrics' ? former(path, options) : new Response(`process_start_time_seconds ${start}\\nposthorse_ingress_messages_total ${number}\\n`);
    await figures.look();
  }
  const result = figures.seen.map((each) => each.accepted);
  [window.fetch, figures.seen] = [former, seen];
  return result;
"""

STRETCHES = [
    ({"admin_since": T(2)}, ["2 closed"]), ({"admin_since": T(2), "share": 0, "quotas": [DAY]}, ["2 closed"]),
    ({"admin_since": T(2), "history": [FAILED]}, ["2 closed", "3 open"]),
    ({"admin_since": T(2), "history": [FAILED, TRIALS[0], (T(5), "halfOpen", "closed", 0.5, ""), (T(6), "closed", "closed", 1, "")]},
     ["2 closed", "3 open", "4 halfOpen", "5 ramp", "6 closed"]),
    ({"admin_since": T(4), "admin": "disabled", "history": [(T(4), "enabled", "disabled", 1, "")]}, ["4 disabled"]),
    ({"admin_since": T(4), "admin": "disabled", "history": [FAILED, (T(4), "enabled", "disabled", 1, "")]}, ["3 open", "4 disabled"]),
]


# An outage of which the relay still knows the last 50 changes, all of them trials that failed.
LONG = upstream("ses", "open", 0, admin_since=T(1), history=[
    change for minute in range(25) for change in (
        (f"2026-11-30T05:{minute:02}:00.000Z", "open", "halfOpen", 0, ""), (f"2026-11-30T05:{minute:02}:30.000Z", "halfOpen", "open", 0, ""))])

# The upstreams of a route, what is said of one of them, and since when.
ABSENT = upstream("ses", history=[FAILED, *TRIALS, (T(6), "open", "halfOpen", 0, ""), (T(6), "halfOpen", "closed", 0.5, ""), (T(7), "closed", "closed", 1, "")])
LANES = [
    ([DOWN, FINE], "sg", "carries the mail since 03:00"), ([DOWN, FINE], "ses", "down since 03:00"),
    ([upstream("ses"), FINE], "ses", "carries the mail since 01:00"), ([upstream("ses"), FINE], "sg", "standing by since 01:00"),
    ([DOWN, BACK], "sg", "carries the mail since 06:00"),
    ([ABSENT, FINE], "ses", "carries the mail since 06:00"), ([ABSENT, FINE], "sg", "standing by since 07:00"),
    ([ABSENT | {"share": 0.5, "history": ABSENT["history"][:-1]}, FINE], "sg", "carries the mail since 03:00"),
    ([LONG, FINE], "sg", "carries the mail since before 05:00"),
    ([upstream("ses", admin="disabled", admin_since=T(2), history=[(T(2), "enabled", "disabled", 0, "")]), FINE], "sg", "carries the mail since 02:00"),
    ([SPENT, FINE], "ses", "quota used up until 09:00"), ([SPENT, FINE], "sg", "carries the mail "),
    ([FINE | {"name": "ses"}, SPENT | {"name": "sg"}], "ses", "carries the mail since 01:00"),
    ([AGAIN, FINE], "ses", "answers again open since 03:00"), ([AGAIN, FINE], "sg", "carries the mail since 03:00"),
]
BEGINNINGS = [
    (LONG, T(2), "5 halfOpen"), (LONG | {"history": LONG["history"][2:]}, T(2), "2 open"),
    (upstream("ses", admin_since=T(4), history=[(T(6), "closed", "open", 0, "")]), T(3), "3 closed"),
    (upstream("ses", admin_since=T(4)), T(2), "2 closed"),
]


def imported(page, module, names, body):
    return page.evaluate(f"(async () => {{ const {{ {names} }} = await import('/page/{module}'); {body} }})()")


def answered(page, status, text, module, names, body):
    """The same, where every request gets this answer."""
    return imported(page, module, names, """
      const former = window.fetch;
      window.fetch = async () => new Response(%s, { status: %d });
      try { %s } finally { window.fetch = former; }""" % (json.dumps(text), status, body))


def told(page, details, routes, statistics, health=None):
    given = json.dumps({"details": details, "routes": routes, "statistics": statistics, "health": health})
    body = """
      const { setClock } = await import('/page/format.js');
      setClock('%s');
      const plain = (part) => typeof part === 'string' ? part : part.name ?? part.alien ?? part.code ?? part.text;
      const line = headline(%s);
      setClock(new Date().toUTCString());
      return [line.kind, [line.text, line.advice, ...line.duties].map((parts) => parts.map(plain).join('')).join(' ')];
    """ % (T(8), given)
    return imported(page, "headline.js", "headline", body)


def check_headlines(page, check):
    for details, routes, statistics, kind, said, unsaid in HEADLINES:
        actual, text = told(page, details, routes, statistics)
        # Of another day than the browser's.
        text = text.replace("30 Nov ", "")
        check(actual == kind, f"the headline is {actual}, not {kind}: {text}")
        for words in said:
            check(words in text, f"the headline lacks {words!r}: {text}")
        for words in unsaid:
            check(words not in text, f"the headline says {words!r}: {text}")


# Two quotas in a lane, and among the facts of an upstream.
QUOTAS = """
  const { state } = await import('/page/state.js');
  const former = { upstreams: state.upstreams, routes: state.routes };
  Object.assign(state, { upstreams: [%s], routes: [%s] });
  const [drawn] = lanes();
  Object.assign(state, former);
  return [[...drawn.querySelectorAll('.figure')].slice(5)
    .map((each) => [...each.children].map((part) => part.textContent).join(' ')), drawn.querySelector('.track').className.trim()];
"""


def check_quotas(page, check):
    given = (json.dumps(SPENT | {"rate": None, "in_flight": 0, "connections": 0}), json.dumps(route("ses")))
    figures, track = imported(page, "lanes.js", "lanes", QUOTAS % given)
    check(figures == ["50,000 · 0 used · left of 50,000/d", "60,000 · 940,000 used · left of 1,000,000/month"], f"the lane has {figures}")
    check(track == "track shut", f"the bar is a {track}")
    body = f"return [{json.dumps(DAY)}, {json.dumps(MONTH)}].map((each) => `${{allowed(each)}}: ${{words(each)}}`);"
    actual = [text.replace("30 Nov ", "") for text in imported(page, "quotas.js", "allowed, words", body)]
    check(actual == ["50,000/d: 50,000 used, 0 left; free again at 09:00", "1,000,000/month: 60,000 used, 940,000 left; until 09:00"],
          f"the facts are {actual}")


def check_lanes(page, check):
    for details, name, expected in LANES:
        body = """
          const [all, route] = [%s, %s];
          const [one, isCarrying] = [all.find((each) => each.name === '%s'), takers(route, all).some((each) => each.name === '%s')];
          return `${standing(one, isCarrying).word} ${sinceWords(one, partsSince(route, all).get(one.name))}`;
        """ % (json.dumps(details), json.dumps(route("ses", "sg")), name, name)
        actual = imported(page, "standing.js", "partsSince, sinceWords, standing, takers", body).replace("30 Nov ", "")
        check(actual == expected, f"the lane of {name} says {actual!r}, not {expected!r}")


# One alert fires, with a reply that is long; another one is over, though not for long enough.
ALERTS = """
  const { state } = await import('/page/state.js');
  const before = state.alerts;
  const subject = { subject: 'ses', state: 'firing', since: '%s', text: `ses takes no mail: ${'<b>421</b> '.repeat(60)}` };
  const other = { ...subject, subject: 'default', state: 'clearing', text: 'no upstream takes mail' };
  state.alerts = [{ name: 'upstream_open', severity: 'warning', silence: null, subjects: [subject] },
    { name: 'all_down', severity: 'critical', silence: null, subjects: [other, { ...other, state: 'pending' }] }];
  const all = alerts();
  state.alerts = before;
  const long = all.querySelector('details');
  return [all.querySelector('header .aside').textContent, [...all.querySelectorAll('li')].map((row) => [row.querySelector('.chip').textContent, row.textContent]),
    long.querySelector('summary').textContent.length, long.textContent.includes(subject.text), all.querySelectorAll('.alien b').length];
""" % T(3)


def check_alerts(page, check):
    summary, rows, brief, is_whole, markup = imported(page, "overview.js", "alerts", ALERTS)
    check(summary == "1 firing, 1 clearing", f"of the alerts it says {summary}")
    check([row[0] for row in rows] == ["warning, firing", "clearing"], f"the alerts are {rows}")
    check("it is over, and had fired since" in rows[1][1] and "it is over" not in rows[0][1], f"what is over is told as present: {rows}")
    check(brief <= 140 and is_whole and not markup, f"a long reply has {brief} characters, whole: {is_whole}")


def check_health(page, check):
    """What `/v1/health` says with 503 is told, but not again what the sentence says of upstreams."""
    full = "the spool is full: mail is refused with 452"
    about = "the spool of upstream.example is full"
    health = {"status": "failing", "problems": ["no upstream works; the last error of ses: refused", full, about]}
    kind, text = told(page, [DOWN], [route("ses")], WAITING, health)
    check(kind == "bad" and full in text and about in text, f"the headline hides a problem: {text}")
    check("no upstream works" not in text, f"the headline says it twice: {text}")
    answer = answered(page, 503, json.dumps(health), "api.js", "api", "return (await api.get('v1/health', {}, { expected: 503 })).problems;")
    check(answer == health["problems"], f"the problems are {answer}")


# As Printable has it.
UNSEEN = [0x7, 0xAD, 0x61C, 0x115F, 0x180E, 0x202E, 0x2028, 0x2066, 0x206A, 0x206F, 0x3164, 0xFEFF, 0xFFA0, 0xFFF9, 0xFFFB, 0xE0041]
SEEN = "Gr\u00fc\u00dfe \u65e5\u672c\u8a9e \ud55c\uad6d\uc5b4 \U0001f1e9\U0001f1ea"


# Of two parts that change, somebody has selected something in the first.
CHOSEN = """
  const place = document.body.appendChild(document.createElement('div'));
  const draw = (text) => paint(place, h('p', {}, 'one ', text), h('p', {}, 'two ', text));
  draw('old');
  getSelection().selectAllChildren(place.firstChild);
  draw('new');
  const during = place.innerText.split(/\\n+/);
  getSelection().removeAllRanges();
  draw('new');
  place.remove();
  return [...during, place.textContent];
"""


def check_painting(page, check):
    actual = imported(page, "dom.js", "h, paint", CHOSEN)
    check(actual == ["one old", "two new", "one newtwo new"], f"beside a selection it shows {actual}")


def check_marks(page, check):
    texts = [f"a{chr(number)}b" for number in UNSEEN]
    actual = imported(page, "dom.js", "shown", f"return {json.dumps([*texts, SEEN])}.map((text) => shown(text));")
    expected = [f"a\\u{{{number:x}}}b" for number in UNSEEN] + [SEEN]
    check(actual == expected, f"it shows {actual}, not {expected}")


def check_fingerprints(page, check):
    for reply, expected in FINGERPRINTS:
        body = "const print = fingerprint(%s); return [print, new RegExp(expression(print)).test(%s || ' ')];" % ((json.dumps(reply),) * 2)
        print_, isFound = imported(page, "format.js", "fingerprint, expression", body)
        check(print_ == expected, f"the fingerprint of {reply!r} is {print_!r}")
        check(isFound, f"the expression for {print_!r} does not find {reply!r}")


def check_percentiles(page, check):
    for buckets, q, expected in PERCENTILES:
        bounds = ", ".join(f"[{'Infinity' if bound == 'inf' else bound}, {count}]" for bound, count in buckets)
        actual = imported(page, "figures.js", "percentile", f"return percentile(null, new Map([{bounds}]), {q});")
        check(actual == expected or abs(actual - expected) < 1e-9, f"the percentile {q} of {buckets} is {actual}")


def check_figures(page, check):
    actual = imported(page, "figures.js", "figures", LOOKS)
    check(actual == [[None, True, None, False], 2, None], f"percentiles and rates are {actual}")
    messages = imported(page, "figures.js", "figures", UNITS)
    check(messages == 5, f"the rate beside the limit counts {messages} in ten seconds, not 5 messages")
    seen = imported(page, "figures.js", "figures", RESTART)
    check(seen == [70], f"after a restart it goes by {seen}")


def check_stretches(page, check):
    for values, expected in STRETCHES:
        body = "return stretches(%s, %s, %s).map((each) => `${new Date(each.from).getUTCHours()} ${each.kind}`);" % (
            json.dumps(upstream("ses", "open" if "open" in expected[-1] else "closed", **values)), f"Date.parse('{T(1)}')", f"Date.parse('{T(9)}')")
        actual = imported(page, "timeline.js", "stretches", body)
        check(actual == expected, f"the stretches are {actual}, not {expected}")
    for detail, began, expected in BEGINNINGS:
        body = "const [each] = stretches(%s, Date.parse('%s'), Date.parse('%s'), '%s'); return `${new Date(each.from).getUTCHours()} ${each.kind}`;" % (
            json.dumps(detail), T(1), T(9), began)
        actual = imported(page, "timeline.js", "stretches", body)
        check(actual == expected, f"the time line begins with {actual}, not {expected}")


def check_orders(page, check):
    for given, expected in VERBS:
        actual = imported(page, "orders.js", "verbs", f"return verbs({json.dumps(given)}).join(' ');")
        check(actual == expected, f"the orders for {given['circuit']} {given['admin_state']} are {actual}")
    for action, flight, queued, moved, said in EFFECTS:
        impact = json.dumps({"action": action, "in_flight": flight, "lined_up": queued, "routes": [moved]})
        text = imported(page, "orders.js", "effects", f"return effects({impact}).join('\\n');")
        for words in said:
            check(words in text, f"the impact of {action} lacks {words!r}: {text}")
        check(action == "drain" or "Lined up" not in text, f"what {action} moves is said to stay: {text}")


PAGING = """
  const pages = [{ items: [], isLast: false }, new Problem(503, 'full'), { items: [1, 2], isLast: false }, { items: [], isLast: true }];
  const next = async () => { const page = pages.shift(); if (page instanceof Problem) throw page; return page; };
  const place = document.createElement('div');
  place.append(...await paged([['Number', (item) => String(item)]], next, 'Nothing.'));
  const [note, more] = [place.querySelector('p'), place.querySelector('button')];
  const rows = () => place.querySelectorAll('tbody tr').length;
  const seen = [[rows(), note.textContent]];
  for (const clicks of [1, 2, 1]) {
    for (let click = 0; click < clicks; click += 1) more.click();
    await new Promise((resolve) => { setTimeout(resolve); });
    seen.push([rows(), note.textContent]);
  }
  return [...seen, more.hidden];
"""


def check_paging(page, check):
    body = "const { Problem } = await import('/page/api.js');" + PAGING
    actual = imported(page, "listing.js", "paged", body)
    expected = [[0, "Nothing found so far."], [0, "full"], [2, ""], [2, ""], True]
    check(actual == expected, f"page by page it shows {actual}, not {expected}")


NEWS = """
  let [runs, end] = [0, () => {}];
  const rhythm = new Rhythm(() => { runs += 1; return new Promise((resolve) => { end = resolve; }); }, 60000);
  const until = async (number) => { while (runs < number) await new Promise((resolve) => { setTimeout(resolve, 10); }); };
  rhythm.start();
  await until(1);
  rhythm.soon();
  end();
  await Promise.race([until(2), new Promise((resolve) => { setTimeout(resolve, 5000); })]);
  rhythm.stop();
  return runs;
"""


# A stream that opens and says nothing more.
SILENCE = """
  const [former, states, end] = [window.fetch, [], new AbortController()];
  window.fetch = async (path, options) => !path.startsWith('v1/events') ? former(path, options) : new Response(new ReadableStream({ start(controller) {
    controller.enqueue(new TextEncoder().encode(': \\n'));
    options.signal.addEventListener('abort', () => controller.error(options.signal.reason));
  } }));
  patience.silence = 100;
  const over = new Promise((resolve) => { setTimeout(resolve, 5000); });
  await Promise.race([over, new Promise((resolve) => {
    follow({}, () => {}, (word) => { states.push(word); if (states.length === 3) resolve(); }, end.signal);
  })]);
  end.abort();
  [window.fetch, patience.silence] = [former, 45000];
  return states.slice(0, 3);
"""

# One of the questions fails; the others are answered.
PARTLY = """
  const former = window.fetch;
  window.fetch = async (path) => path.startsWith('v1/alerts') ? new Response('{"error":"full"}', { status: 503 })
    : new Response(path.startsWith('v1/routes') ? '{"name":"bulk","upstreams":[]}' : path.includes('by=') ? '' : path.startsWith('v1/upstreams') ? '' : '{}');
  let problem = '';
  try { await reload(); } catch (error) { problem = error.message; }
  window.fetch = former;
  return [problem, state.routes.map((each) => each.name)];
"""


UNTIL = """
  const wait = (time) => new Promise((resolve) => { setTimeout(resolve, time); });
  const until = async (isSo) => { for (let turn = 0; turn < 800 && !isSo(); turn += 1) await wait(10); };
"""

# Somebody leaves an order that is being carried out, and opens another one.
LEFT = """
  const dialog = document.getElementById('dialog');
  const canGo = () => dialog.querySelector('.buttons button')?.disabled === false;
  let end;
  const order = (title, run) => confirm({ title, verb: 'Go', impact: async () => 'None.', run });
  order('first', () => new Promise((resolve) => { end = resolve; }));
  await until(canGo);
  dialog.querySelector('form').requestSubmit();
  dialog.close();
  await until(() => !dialog.firstChild);
  order('second', async () => {});
  await until(canGo);
  const notes = document.getElementById('notes');
  end('done');
  await until(() => notes.innerText.includes('done'));
  const title = dialog.open && dialog.querySelector('h2').innerText;
  dialog.close();
  return title;
"""

# A view that somebody has left learns that its message is gone.
GONE = """
  const [former, place] = [window.fetch, document.createElement('div')];
  let asked = 0;
  window.fetch = async (path, options) => {
    if (!path.endsWith('/0000000000001')) return former(path, options);
    asked += 1;
    return new Response('{}', { status: 404 });
  };
  const [title, leave] = [document.title, message(place, {}, '0000000000001')];
  leave();
  place.replaceChildren('another view');
  await until(() => asked === 2);
  await wait(100);
  [window.fetch, document.title] = [former, title];
  return place.innerText;
"""


# How many times it is drawn while a button is down, and once that is over.
PRESSED = """
  let drawn = 0;
  const end = whenChanged(() => { drawn += 1; });
  const wait = (time) => new Promise((resolve) => { setTimeout(resolve, time); });
  const result = [];
  for (const [button, over] of [[2, null], [0, 'pointerup'], [0, 'contextmenu'], [0, 'blur'], [0, 'dragend'], [0, 'time']]) {
    dispatchEvent(new PointerEvent('pointerdown', { button }));
    drawn = 0;
    changed();
    const during = drawn;
    if (over === 'time') await wait(2200);
    else if (over) dispatchEvent(new Event(over));
    await wait(20);
    result.push([during > 0, drawn > 0]);
  }
  end();
  return result;
"""


def check_pressing(page, check):
    actual = imported(page, "state.js", "changed, whenChanged", PRESSED)
    check(actual == [[True, True]] + [[False, True]] * 5, f"while a button is down, and then, it is drawn: {actual}")


# Three webhooks: one works, the receiver of another fails, and somebody sends its dead events again; the third is gone.
WEBHOOKS = """
  const { state } = await import('/page/state.js');
  const [former, before, place] = [window.fetch, { webhooks: state.webhooks, mayOperate: state.mayOperate }, document.createElement('div')];
  const one = { name: 'shop', receiver: 'https://shop.example', waiting: 3, dead: 0, failures: 0, reason: null, next_attempt_at: null };
  const other = { ...one, name: 'crm', dead: 2, failures: 4, reason: '<b>500</b>', next_attempt_at: '2026-11-30T09:00:00.000Z' };
  const asked = [];
  window.fetch = async (path, options) => {
    if (!path.startsWith('v1/webhooks/')) return former(path, options);
    asked.push([path, options.body ?? null]);
    return new Response(options.method === 'POST' ? '{"events":2}' : '{"type":"failed","recipient":"ann@example.net","reason":"500"}\\n');
  };
  const third = { ...one, name: 'old', receiver: null, waiting: 281 };
  Object.assign(state, { webhooks: [one, other, third], mayOperate: true });
  place.append(webhooks());
  const chips = [...place.querySelectorAll('tbody .chip')].map((chip) => chip.className);
  const rows = [...place.querySelectorAll('tbody tr')].map((row) => row.textContent);
  const dialog = document.getElementById('dialog');
  place.querySelector('button').click();
  await until(() => dialog.querySelector('.buttons button')?.disabled === false);
  const impact = dialog.querySelector('.impact').textContent;
  dialog.querySelector('[name=reason]').value = 'mended';
  dialog.querySelector('form').requestSubmit();
  await until(() => !dialog.open && !dialog.firstChild);
  place.querySelector('[data-key="drop old"]').click();
  await until(() => dialog.querySelector('.buttons button')?.disabled === false);
  const title = dialog.querySelector('h2').textContent;
  dialog.close();
  await until(() => !dialog.firstChild);
  // The order before has had the relay asked again.
  Object.assign(state, { webhooks: [one, other, third], mayOperate: false });
  const buttons = webhooks().querySelectorAll('button').length;
  state.webhooks = [];
  const none = webhooks();
  Object.assign(state, before);
  window.fetch = former;
  return [rows, impact, asked, buttons, none, chips, title];
"""


def check_webhooks(page, check):
    rows, impact, asked, buttons, none, chips, title = imported(page, "webhooks.js", "webhooks", UNTIL + WEBHOOKS)
    check(rows[0] == "shophttps://shop.exampleworks30", f"the row of one that works is {rows[0]}")
    check("fails <b>500</b>, next try" in rows[1] and rows[1].endswith("32Send again…Drop…"), f"the row of one that fails is {rows[1]}")
    check("2 events would be sent again" in impact and "failed ann@example.net: 500" in impact, f"the impact is {impact}")
    orders = [json.loads(body) for path, body in asked if path == "v1/webhooks/crm/resend"]
    check(orders == [{"all": True, "dry_run": True}, {"all": True, "reason": "mended"}], f"the orders are {asked}")
    check(rows[2] == "oldnot in relay.confgone nothing is sent: relay.conf no longer names it2810Drop…", f"the row of one that is gone is {rows[2]}")
    check(chips == ["chip good", "chip bad", "chip warn"], f"the states are {chips}")
    shown = [path for path, _ in asked if path.startswith("v1/webhooks/old/events")]
    check(title == "Drop: all events of old" and len(shown) == 2, f"dropping those of one that is gone is {title!r}, after {asked}")
    check(buttons == 0 and none is None, f"a reader has {buttons} orders; without webhooks there is {none}")


# A round trip through two upstreams, one of which loses mail, and one that has no verdict yet.
ROUND_TRIPS = """
  const { state } = await import('/page/state.js');
  const [former, before, place] = [window.fetch, { roundTrips: state.roundTrips, mayOperate: state.mayOperate }, document.createElement('div')];
  const one = { name: 'gmail', upstream: 'ses', mailbox: 'probe@gmail.example', state: 'ok', cause: 'the last probe took 2 s', since: '2026-11-30T09:00:00.000Z',
    last_seconds: 2.1, p50_seconds: 2, p95_seconds: 3.9, availability_24h: 0.99999, inbox_share: 1 };
  const other = { ...one, upstream: 'mailgun', state: 'missing', cause: '<b>2</b> probes in a row are lost' };
  const third = { ...one, name: 'yahoo', upstream: null, state: null, cause: null, since: null, last_seconds: null, p50_seconds: null, p95_seconds: null, availability_24h: null, inbox_share: null };
  const asked = [];
  window.fetch = async (path, options) => {
    if (!path.startsWith('v1/round-trips/run')) return former(path, options);
    asked.push(options.body);
    return new Response('{"upstream":"ses","mailbox":"probe@gmail.example"}\\n{"upstream":null,"mailbox":"probe@gmail.example"}\\n');
  };
  Object.assign(state, { roundTrips: [one, other, third], mayOperate: true });
  place.append(roundTrips());
  const rows = [...place.querySelectorAll('tbody tr')].map((row) => row.textContent);
  const chips = [...place.querySelectorAll('tbody .chip')].map((chip) => chip.className);
  const links = [...place.querySelectorAll('a')].map((link) => link.getAttribute('href'));
  const dialog = document.getElementById('dialog');
  place.querySelector('[data-key="run gmail"]').click();
  await until(() => dialog.querySelector('.buttons button')?.disabled === false);
  const impact = dialog.querySelector('.impact').textContent;
  dialog.querySelector('[name=reason]').value = 'new key';
  dialog.querySelector('form').requestSubmit();
  await until(() => !dialog.open && !dialog.firstChild);
  Object.assign(state, { roundTrips: [one, other, third], mayOperate: false });
  const buttons = roundTrips().querySelectorAll('button').length;
  state.roundTrips = [];
  const none = roundTrips();
  Object.assign(state, before);
  window.fetch = former;
  return [rows, chips, links, impact, asked, buttons, none];
"""


def check_round_trips(page, check):
    rows, chips, links, impact, asked, buttons, none = imported(page, "round-trips.js", "roundTrips", UNTIL + ROUND_TRIPS)
    check(rows[0].startswith("gmailprobe@gmail.examplesesok since ") and rows[0].endswith("2.1 s2.0 s3.9 s99.9 %100 %Send probes…"), f"the row of one that is ok is {rows[0]}")
    check("mailgunmissing <b>2</b> probes in a row are lost since" in rows[1] and rows[1].endswith("100 %"), f"the row of one that loses mail is {rows[1]}")
    check(rows[2] == "yahooprobe@gmail.exampleas routedno verdict yet–––––Send probes…", f"the row of one without a verdict is {rows[2]}")
    check(chips == ["chip good", "chip bad"], f"the states are {chips}")
    check(len(links) == 2 and all(link.startswith("v1/round-trips/report?format=html&since=") for link in links), f"the links are {links}")
    check("2 probes would be sent now" in impact and "ses to probe@gmail.example" in impact and "as routed to" in impact, f"the impact is {impact}")
    orders = [json.loads(body) for body in asked]
    check(orders == [{"names": ["gmail"], "dry_run": True}, {"names": ["gmail"], "wait_seconds": 0, "reason": "new key"}], f"the orders are {asked}")
    check(buttons == 0 and none is None, f"a reader has {buttons} orders; without round trips there is {none}")


# What a person reads who logs in with something that is no token, and how many of them the relay was asked about.
TOKENS = """
  const former = window.fetch;
  let asked = 0;
  window.fetch = async () => { asked += 1; return new Response('{"error":"a token is needed: Authorization: Bearer TOKEN"}', { status: 401 }); };
  const said = [];
  try {
    for (const token of ['ph_a b', 'ph_a\\nb', 'ph_\u00fc', 'ph_\u20ac', '', 'ph_wrong']) await api.logIn(token).catch((error) => said.push(error.message));
  } finally { window.fetch = former; }
  return [said, asked];
"""


def check_tokens(page, check):
    actual = imported(page, "api.js", "api", TOKENS)
    check(actual == [["The token is not valid."] * 6, 1], f"of bad tokens it says {actual}")


def check_leaving(page, check):
    title = imported(page, "orders.js", "confirm", UNTIL + LEFT)
    check(title == "second", f"the end of one order leaves the dialog of {title}")
    text = imported(page, "message.js", "message", UNTIL + GONE)
    check(text == "another view", f"a view that was left says {text!r}")


# The browser is three hours late; failures come for two hours without being drawn.
CLOCK = """
  const { noteFailure, groups, trend } = await import('/page/failures.js');
  const later = Date.now() + 3 * 3600000;
  setClock(new Date(later).toUTCString());
  const result = [age(new Date(later - 30 * 60000).toISOString())];
  for (let minute = -120; minute <= 0; minute += 1) {
    noteFailure({ event: 'deferred', upstream: 'late', reply: '450 4.2.1 late', time: new Date(later + minute * 60000).toISOString() });
  }
  const [key, group] = [...groups].find(([, each]) => each.upstream === 'late');
  result.push(group.buckets.size <= 13, trend(group).length, trend(group).every((each) => each > 0));
  groups.delete(key);
  setClock(new Date().toUTCString());
  return [...result, now() - Date.now()];
"""


# Counts of each five minutes, seconds since the last failure, how much of the last five minutes is over, and where it goes.
DIRECTIONS = [
    ([0] * 9 + [0, 5, 5], 10, 0.5, "rising"), ([0] * 9 + [0, 0, 8], 10, 0.2, "rising"), ([4] * 12, 5, 1, "steady"),
    ([4] * 11 + [0], 80, 0.1, "steady"), ([0] * 8 + [40, 40, 5, 0], 60, 0.5, "falling"), ([0] * 10 + [9, 3], 180, 0.9, "over"),
    ([0] * 9 + [50, 50, 50], 240, 0.9, "over"), ([0] * 6 + [30] * 3 + [0] * 3, 900, 0.5, "over"),
    ([1, 0] * 6, 480, 0.5, "steady"), ([0] * 10 + [2, 2], 200, 0.9, "over"), ([0] * 11 + [1], 5, 0.1, "steady"), ([0] * 7 + [1] + [0] * 4, 1200, 0.5, "over"),
]

# An outage of a minute, three minutes ago: four messages went to the next upstream at once, one waits.
MOVED = """
  const { groups } = await import('/page/failures.js');
  const former = [...groups];
  groups.clear();
  const at = (index) => new Date(Date.now() - 240000 + index * 10000).toISOString();
  const event = (index, more) => noteFailure({ event: 'deferred', id: `000000000000${index}`, upstream: 'ses', reply: '451 4.3.0 broken', to: ['a@x.io'], time: at(index), ...more });
  for (let index = 0; index < 4; index += 1) event(index, { next: 'sg' });
  event(4, { retry_at: at(90) });
  const rows = [...failures().querySelectorAll('tbody tr')].map((row) => [
    row.querySelector('[data-label=Became]').textContent, row.querySelector('[data-label=Trend]').textContent,
    [...row.querySelectorAll('a')].map((link) => link.getAttribute('href')),
  ]);
  groups.clear();
  for (const [key, group] of former) groups.set(key, group);
  return rows;
"""


def check_failures(page, check):
    for counts, silence, begun, expected in DIRECTIONS:
        actual = imported(page, "failures.js", "direction", f"return direction({counts}, {silence * 1000}, {begun});")
        check(actual == expected, f"failures of {counts}, the last {silence} s ago, are {actual}, not {expected}")
    rows = imported(page, "failures.js", "failures, noteFailure", MOVED)
    links = [f"#/message/000000000000{index}" for index in (3, 2, 1)]
    check(rows[0] == ["moved on to sg", "over", links], f"those that moved on are {rows[0]}")
    waits = rows[1]
    check(waits[:2] == ["deferred", "over"] and len(waits[2]) == 1 and waits[2][0].startswith("#/messages?upstream=ses&last_reply="),
          f"the one that waits is {waits}")


def check_clock(page, check):
    actual = imported(page, "format.js", "age, now, setClock", CLOCK)
    check(actual == ["30 min", True, 12, True, 0], f"by the relay's clock it is {actual}")


def check_loading(page, check):
    states = imported(page, "events.js", "follow, patience", SILENCE)
    check(states == ["live", "waiting", "live"], f"a stream in silence is {states}")
    partly = imported(page, "state.js", "reload, state", PARTLY)
    check(partly == ["full", ["bulk"]], f"where one question fails it shows {partly}")
    runs = imported(page, "state.js", "Rhythm", NEWS)
    check(runs == 2, f"news during a load leads to {runs} loads, not 2")


def check_words(page, check):
    # Times are those of UTC, whatever the machine's zone is.
    page.send("Emulation.setTimezoneOverride", timezoneId="UTC")
    check_headlines(page, check)
    check_lanes(page, check)
    check_quotas(page, check)
    check_alerts(page, check)
    check_health(page, check)
    check_painting(page, check)
    check_marks(page, check)
    check_fingerprints(page, check)
    check_percentiles(page, check)
    check_figures(page, check)
    check_stretches(page, check)
    check_orders(page, check)
    check_paging(page, check)
    check_loading(page, check)
    check_clock(page, check)
    check_failures(page, check)
    check_pressing(page, check)
    check_leaving(page, check)
    check_webhooks(page, check)
    check_round_trips(page, check)
    check_tokens(page, check)
    page.send("Emulation.setTimezoneOverride", timezoneId="")
