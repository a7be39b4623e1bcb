import Mail
import Testing

@testable import Alerts

@Suite("Alerts about figures")
struct FigureTests {
    private func text(_ rule: AlertRule, _ set: (inout AlertFacts) -> Void) -> String? {
        var bench = Bench(rule, upstreams: "ses")
        set(&bench.facts)
        return bench.machine.look(bench.facts, now: bench.now).first?.subjects.first?.report.text
    }

    @Test("the age of the queue is compared with a duration")
    func age() {
        let rule = rule(.queueAge) { $0.above = .duration(.seconds(900)) }
        #expect(text(rule) { $0.queue = QueueFacts(messages: 1, oldest: .seconds(900), inDoubt: 0) } == nil)
        #expect(text(rule) { $0.queue = QueueFacts(messages: 1, oldest: nil, inDoubt: 0) } == nil)
        #expect(
            text(rule) { $0.queue = QueueFacts(messages: 1, oldest: .seconds(901), inDoubt: 0) }
                == "the oldest message has waited for 15 minutes")
    }

    @Test("counts are compared with counts", arguments: [(AlertKind.queueDepth, 10_001), (.inDoubt, 1)])
    func counts(kind: AlertKind, fewest: Int) {
        func facts(_ number: Int) -> QueueFacts {
            QueueFacts(
                messages: kind == .queueDepth ? number : 0, oldest: nil, inDoubt: kind == .inDoubt ? number : 0)
        }
        #expect(text(rule(kind)) { $0.queue = facts(fewest - 1) } == nil)
        let words = text(rule(kind)) { $0.queue = facts(fewest) }
        #expect(words == (kind == .inDoubt ? "1 recipient is in doubt" : "10001 messages are in the queue"))
    }

    @Test("a user whose mail is unusual is named, and the alert is over when that is")
    func users() {
        var bench = Bench(rule(.userSuspected))
        #expect(bench.pass() == [])
        bench.facts.suspectedUsers = ["app", "shop"]
        #expect(bench.pass(10) == ["firing user_suspected: app, shop"])
        #expect(text(rule(.userSuspected)) { $0.suspectedUsers = ["app"] }?.contains("mail of app is unusual") == true)
        bench.facts.suspectedUsers = []
        #expect(bench.pass(10) == ["resolved user_suspected: app, shop"])
    }

    @Test("latencies are those of the 95th percentile")
    func latency() {
        #expect(text(rule(.acceptLatency)) { $0.acceptLatency = .seconds(2) } == nil)
        #expect(text(rule(.acceptLatency)) { $0.acceptLatency = nil } == nil)
        #expect(
            text(rule(.acceptLatency)) { $0.acceptLatency = .milliseconds(2500) }
                == "a message waits 2.5 s for its 250, in the 95th percentile")
        #expect(
            text(rule(.deliveryLatency)) { $0.deliveryLatency = ["ses": .seconds(400), "gone": .seconds(900)] }
                == "mail needs 6 minutes until ses has taken it, in the 95th percentile")
    }

    @Test("the share of bounces is a percentage of those that have ended")
    func bounces() {
        let rule = rule(.bounceRate) { $0.above = .percent(5) }
        #expect(text(rule) { $0.outcomes = ["ses": OutcomeFacts(delivered: 95, failed: 5)] } == nil)
        #expect(
            text(rule) { $0.outcomes = ["ses": OutcomeFacts(delivered: 94, failed: 6)] }
                == "6 % of the recipients failed at ses: 6 of 100 within 15 minutes")
    }

    @Test("the share of a quota that is used is a percentage, and an upstream without one is nobody's concern")
    func quotas() {
        let rule = rule(.quota) { $0.above = .percent(90) }
        func text(_ percent: Double) -> String? {
            self.text(rule) {
                $0.upstreams[0].quota = QuotaFacts(quota: "100/d", percentUsed: percent, left: Int(100 - percent))
            }
        }
        #expect(text(89) == nil)
        #expect(text(90) == "ses has been given 90 % of its quota 100/d: 10 recipients left")
        #expect(text(99) == "ses has been given 99 % of its quota 100/d: 1 recipient left")
        #expect(self.text(rule) { _ in } == nil)
        let held = self.text(rule) {
            $0.upstreams[0].quota = QuotaFacts(quota: "100/24h", percentUsed: 40, left: 0)
        }
        let words = "ses has been given 40 % of its quota 100/24h, and says that it is used up: 0 recipients left"
        #expect(held == words)
    }

    @Test("an upstream whose quota is used up takes no mail, and that is said of its routes")
    func quotaSpent() {
        var bench = Bench(rule(.failedOver), rule(.allDown), upstreams: "ses", "mg")
        bench.set("ses") { $0.quota = QuotaFacts(quota: "100/d", percentUsed: 100, left: 0) }
        #expect(bench.pass() == ["firing failed_over: ses"])
        let text = bench.machine.groups[0].standings["ses"]?.report.text ?? ""
        #expect(text.contains("its quota 100/d is used up"), "\(text)")
        bench.set("mg") { $0.quota = QuotaFacts(quota: "5/month", percentUsed: 100, left: 0) }
        #expect(bench.pass().contains("firing all_down: default"))
    }

    @Test("an alert about a quota is over when the next period begins, or when relay.conf has no quota any more")
    func quotaEnds() {
        for next in [QuotaFacts(quota: "100/d", percentUsed: 0, left: 100), nil] {
            var bench = Bench(rule(.quota), upstreams: "ses")
            bench.set("ses") { $0.quota = QuotaFacts(quota: "100/d", percentUsed: 80, left: 20) }
            #expect(bench.pass() == ["firing quota: ses"])
            bench.set("ses") { $0.quota = next }
            #expect(bench.pass(3).contains("resolved quota: ses"))
        }
    }

    @Test(
        "a stream that the relay has paused is told of, until somebody lets it go on; not by an alert about an upstream"
    )
    func streams() {
        var bench = Bench(rule(.bounceRate, clear: 2), upstreams: "ses")
        #expect(bench.pass() == [])
        bench.facts.pausedStreams = ["spring": "bounce rate: 9 of 100 recipients failed hard within an hour"]
        #expect(bench.pass() == ["firing bounce_rate: stream spring"])
        bench.facts.pausedStreams = [:]
        #expect(bench.pass(5) == ["resolved bounce_rate: stream spring"])
        let narrow = rule(.bounceRate) { $0.upstream = "ses" }
        #expect(text(narrow) { $0.pausedStreams = ["spring": "x"] } == nil)
        #expect(text(rule(.bounceRate)) { $0.pausedStreams = ["a": "why"] } == "the relay has paused a: why")
    }

    @Test("one about a stream hears of no other, and of no upstream")
    func narrowedToStreams() {
        var bench = Bench(
            rule(.bounceRate, clear: 2) { $0.stream = "news-*" }, upstreams: "ses")
        bench.facts.outcomes["ses"] = OutcomeFacts(delivered: 1, failed: 99)
        bench.facts.pausedStreams = ["shop": "x"]
        #expect(bench.pass() == [])
        bench.facts.pausedStreams["News-May"] = "y"
        #expect(bench.pass() == ["firing bounce_rate: stream News-May"])
        bench.facts.pausedStreams = [:]
        #expect(bench.pass(5) == ["resolved bounce_rate: stream News-May"])
    }

    @Test(
        "room is compared with min_free_space, with octets left, or with a percentage used",
        arguments: [
            (nil, 199, true), (nil, 200, false), (AlertThreshold.octets(500), 499, true), (.octets(500), 500, false),
            (.percent(90), 99, true), (.percent(90), 100, false),
        ])
    func disk(above: AlertThreshold?, free: Int, isLow: Bool) {
        let rule = rule(.disk) { $0.above = above }
        let words = text(rule) { $0.disk = DiskFacts(path: "/spool", free: free, total: 1000, least: 100) }
        #expect((words != nil) == isLow)
        #expect(words?.hasPrefix("\(free) B are free at /spool, of 1000 B; mail is refused below 100 B") ?? true)
    }

    @Test("a certificate that ends soon, or has ended, each by itself")
    func certificates() {
        var bench = Bench(rule(.certificate))
        #expect(bench.pass(5) == [])
        let day = 86_400
        bench.facts.certificates = [
            CertificateFacts(path: "/a.pem", rest: .seconds(13 * day)),
            CertificateFacts(path: "/b.pem", rest: .seconds(15 * day)),
            CertificateFacts(path: "/c.pem", rest: .seconds(-1)),
        ]
        let notice = bench.machine.look(bench.facts, now: bench.now).first
        #expect(
            notice?.subjects.map(\.report.text) == [
                "/a.pem is valid for 13 days more", "/c.pem is no longer valid",
            ])
    }

    @Test("a certificate that cannot be read is told, and is no other alert when it can be again and ends soon")
    func unreadable() {
        var bench = Bench(rule(.certificate, clear: 60))
        bench.facts.certificates = [CertificateFacts(path: "/a.pem", problem: "/a.pem has no certificate")]
        let notice = bench.machine.look(bench.facts, now: bench.now).first
        #expect(
            notice?.subjects.map(\.report.text) == ["a certificate cannot be used: /a.pem has no certificate"])
        bench.facts.certificates = [CertificateFacts(path: "/a.pem", rest: .seconds(3600))]
        #expect(bench.pass(100) == [] && bench.state("/a.pem") == "firing")
        bench.facts.certificates = [CertificateFacts(path: "/a.pem", rest: .seconds(90 * 86_400))]
        #expect(bench.pass(61) == ["resolved certificate: /a.pem"])
    }

    @Test("a file of certificates that relay.conf has no longer is over at once")
    func removedFile() {
        var bench = Bench(rule(.certificate, clear: 600))
        bench.facts.certificates = [CertificateFacts(path: "/a.pem", rest: .zero)]
        #expect(bench.pass() == ["firing certificate: /a.pem"])
        bench.facts.certificates = []
        #expect(bench.pass() == ["resolved certificate: /a.pem"])
    }

    @Test("percentiles need some mail, and forget what is old")
    func tally() {
        var (tally, now) = (LatencyTally(), Timestamp(milliseconds: 0))
        for seconds in 1...4 { tally.add(.seconds(seconds), at: now) }
        #expect(tally.figure(now: now) == nil)
        for seconds in 5...100 { tally.add(.seconds(seconds), at: now) }
        #expect(tally.figure(now: now) == .seconds(95))
        now = now + LatencyTally.window
        #expect(tally.figure(now: now) == .seconds(95))
        #expect(tally.figure(now: now + .milliseconds(1)) == nil)
        for _ in 0..<5000 { tally.add(.seconds(1), at: now + .seconds(1)) }
        #expect(tally.figure(now: now + .seconds(1)) == .seconds(1))
    }

    @Test("outcomes are those of a quarter of an hour, and too few say nothing")
    func outcomes() {
        var (tally, now) = (OutcomeTally(), Timestamp(milliseconds: 1_700_000_000_000))
        tally.add(delivered: 19, at: now)
        #expect(tally.figure(now: now) == nil)
        tally.add(failed: 1, at: now)
        #expect(tally.figure(now: now) == OutcomeFacts(delivered: 19, failed: 1))
        for _ in 0..<30 {
            now = now + .seconds(60)
            tally.add(delivered: 2, at: now)
        }
        #expect(tally.figure(now: now) == OutcomeFacts(delivered: 30, failed: 0))
    }

    @Test(
        "figures are short, and never worse than they are",
        arguments: [
            (Duration.milliseconds(1999), "1.9 s"), (.seconds(59), "59 s"), (.seconds(119), "119 s"),
            (.seconds(7199), "119 minutes"), (.seconds(172_799), "47 hours"), (.seconds(9 * 86_400), "9 days"),
            (.seconds(-5), "0.0 s"),
        ])
    func durations(duration: Duration, words: String) {
        #expect(AlertWords.duration(duration) == words)
    }

    @Test("every kind has its unit or none, and every usual alert is one of a kind")
    func kinds() {
        for kind in AlertKind.allCases {
            if let threshold = kind.threshold { #expect(kind.units.contains(threshold.unit)) }
        }
        #expect(AlertRule.defaults.allSatisfy { $0.name == $0.kind.rawValue && $0.isDefault && $0.notify.isEmpty })
        var settings = AlertSettings()
        settings.defaultNotify = ["ops"]
        settings.own = [AlertRule(name: "disk", kind: .disk)]
        #expect(settings.rules.count == AlertRule.defaults.count)
        #expect(settings.rules[0].notify.isEmpty && settings.rules[1].notify == ["ops"])
        settings.usesDefaults = false
        #expect(settings.rules.map(\.name) == ["disk"])
    }
}
