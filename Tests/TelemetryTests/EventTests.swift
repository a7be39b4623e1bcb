import Delivery
import Ingress
import Logging
import Mail
import Spool
import Telemetry
import Testing
import Upstreams

@Suite("Events as log lines")
struct EventTests {
    static let id = QueueID(rawValue: 1)
    static let a = Address(unchecked: "a@b.example")
    static let head = "2026-11-21T10:00:00.123Z "

    @Test("Listener events")
    func ingress() {
        let lines = LogLineTests.lines(.text) { log in
            log.record(.listening(address: "127.0.0.1:2525"))
            log.record(
                .accepted(
                    Self.id, client: "x [::1]", sender: ReversePath(address: Self.a), recipients: 2, size: 99,
                    messageID: "<m@x>", took: .milliseconds(3)))
            log.record(
                .resubmitted(
                    Self.id, client: "x [::1]", sender: ReversePath(address: Self.a), messageID: "<m@x>"))
            log.record(.refused(client: "[::1]", reply: "550 5.7.1 no", reason: "relay denied"))
        }
        #expect(
            lines == [
                Self.head + "notice listening address=127.0.0.1:2525",
                Self.head + "info accepted id=0000000000001 from=<a@b.example> recipients=2 size=99 message_id=<m@x> "
                    + #"client="x [::1]""#,
                Self.head + "notice resubmitted id=0000000000001 from=<a@b.example> message_id=<m@x> "
                    + #"client="x [::1]""#,
                Self.head + #"notice refused client=[::1] reply="550 5.7.1 no" reason="relay denied""#,
            ])
    }

    @Test("Events of a probe name its round trip")
    func probe() {
        let lines = LogLineTests.lines(.text) { log in
            let failed = DeliveryEvent.failed(
                Self.id, recipients: [Self.a], upstream: "ses", phase: "rcpt", reply: "550 no", .policy)
            log.record(.ofProbe("my box", failed))
        }
        #expect(lines.count == 1 && lines[0].contains(" failed "))
        #expect(lines[0].hasSuffix(#"class=policy probe="my box""#))
    }

    @Test("Delivery events")
    func delivery() {
        let lines = LogLineTests.lines(.text) { log in
            log.record(
                .delivered(
                    Self.id, recipients: [Self.a], upstream: "ses", reply: "250 ok", took: .milliseconds(12),
                    delay: .milliseconds(20), wait: .milliseconds(5), tls: "TLSv1.3 X"))
            log.record(
                .deferred(
                    Self.id, recipients: [Self.a], upstream: "ses", phase: "connect", reply: "refused", next: "mg",
                    retryAt: nil, tls: nil))
            log.record(
                .deferred(
                    Self.id, recipients: [Self.a], upstream: "ses", phase: "dot", reply: "451 x", next: nil,
                    retryAt: LogLineTests.now, tls: nil))
            log.record(.failed(Self.id, recipients: [Self.a], upstream: nil, phase: "rcpt", reply: "550 no", .policy))
            log.record(
                .inDoubt(
                    Self.id, recipients: [Self.a], upstream: "ses", error: "reset", policy: "hold",
                    holdUntil: LogLineTests.now))
            log.record(
                .inDoubt(
                    Self.id, recipients: [Self.a], upstream: "ses", error: "reset", policy: "hold", holdUntil: nil))
            log.record(
                .deferred(
                    Self.id, recipients: [Self.a], upstream: nil, phase: nil, reply: "later", next: nil,
                    retryAt: LogLineTests.now, tls: nil))
            log.record(.tlsFailed(upstream: "ses", reason: "wrong version"))
            log.record(
                .circuit(
                    upstream: "ses", from: .closed, to: .open, share: 0, cause: "5 failures", until: LogLineTests.now)
            )
            log.record(.circuit(upstream: "ses", from: .open, to: .halfOpen, share: 0, cause: "timer", until: nil))
            log.record(.paused("disk"))
            log.record(.resumed)
        }
        let to = "id=0000000000001 to=<a@b.example> "
        #expect(
            lines == [
                Self.head + "info delivered \(to)upstream=ses reply=\"250 ok\" took=12ms delay=20ms tls=\"TLSv1.3 X\"",
                Self.head + "notice deferred \(to)upstream=ses phase=connect reply=refused next=mg",
                Self.head + "notice deferred \(to)upstream=ses phase=dot reply=\"451 x\" "
                    + "retry_at=2026-11-21T10:00:00.123Z",
                Self.head + "warning failed \(to)phase=rcpt reply=\"550 no\" class=policy",
                Self.head + "warning in_doubt \(to)upstream=ses error=reset policy=hold "
                    + "hold_until=2026-11-21T10:00:00.123Z",
                Self.head + "warning in_doubt \(to)upstream=ses error=reset policy=hold",
                Self.head + "notice deferred \(to)reply=later retry_at=2026-11-21T10:00:00.123Z",
                Self.head + "warning tls_failed upstream=ses reason=\"wrong version\"",
                Self.head + "warning circuit upstream=ses old=closed new=open share=0.0 cause=\"5 failures\" "
                    + "until=2026-11-21T10:00:00.123Z",
                Self.head + "notice circuit upstream=ses old=open new=halfOpen share=0.0 cause=timer",
                Self.head + "error deliveries_paused reason=disk",
                Self.head + "notice deliveries_resumed",
            ])
    }

    @Test("Events of streams: what the relay pauses is a warning")
    func streams() {
        let lines = LogLineTests.lines(.text) { log in
            let pause = StreamPause(by: .relay, reason: "bounce rate", since: LogLineTests.now)
            log.record(.stream("spring", .paused(pause)))
            log.record(
                .stream("spring", .paused(StreamPause(by: .operator, reason: nil, since: LogLineTests.now))))
            log.record(.stream("spring", .resumed(reason: "new list")))
            log.record(.stream("spring", .canaryStepped(to: 25)))
            log.record(.stream("spring", .canaryPassed))
        }
        #expect(
            lines == [
                Self.head + "warning stream_paused stream=spring by=relay reason=\"bounce rate\"",
                Self.head + "notice stream_paused stream=spring by=operator",
                Self.head + "notice stream_resumed stream=spring reason=\"new list\"",
                Self.head + "notice stream_canary stream=spring percent=25",
                Self.head + "notice stream_canary stream=spring percent=100",
            ])
    }

    @Test("Events of tokens")
    func tokens() {
        let lines = LogLineTests.lines(.text) { log in
            log.record(.tokenRenewed(upstream: "m365", expires: LogLineTests.now))
            log.record(.tokenFailed(upstream: "m365", reason: "no token: x answers 401", expires: nil))
            log.record(.tokenFailed(upstream: "m365", reason: "full", expires: LogLineTests.now))
        }
        #expect(
            lines.map { $0.dropFirst(Self.head.count) } == [
                "info token_renewed upstream=m365 expires=\(LogLineTests.now.rfc3339)",
                "warning token_failed upstream=m365 reason=\"no token: x answers 401\"",
                "warning token_failed upstream=m365 reason=full expires=\(LogLineTests.now.rfc3339)",
            ])
    }

    @Test("Events of control, probes and rates")
    func control() {
        let probe = ProbeResult(at: LogLineTests.now, took: .milliseconds(12), failedPhase: "auth", text: "535 no")
        let good = ProbeResult(at: LogLineTests.now, took: .milliseconds(9), failedPhase: nil, text: "235 ok")
        let lines = LogLineTests.lines(.text) { log in
            log.record(
                .circuit(upstream: "ses", from: .closed, to: .closed, share: 0.25, cause: "ramp", until: nil))
            log.record(.slowedDown(upstream: "ses", rate: 12.5201234, reply: "454 4.7.0 slow down"))
            log.record(
                .paceLowered(pace: "*", domain: "a.test", rate: 2.50001, reply: "451 4.7.28 unusual rate"))
            log.record(.paceRestored(pace: "*", domain: "a.test", rate: 5))
            log.record(.paceRestored(pace: "*", domain: "a.test", rate: nil))
            log.record(.habit(upstream: "ses", .sessions(3), reply: "421 too many"))
            log.record(.habit(upstream: "ses", .usefulSessions(12), reply: nil))
            log.record(.habit(upstream: "ses", .messagesPerSession(nil), reply: nil))
            log.record(.probe(upstream: "ses", probe))
            log.record(.probe(upstream: "ses", good))
            log.record(
                .upstreamControl(
                    upstream: "ses", action: "disable", reason: "why\nso", until: LogLineTests.now, expired: nil))
            log.record(
                .upstreamControl(upstream: "ses", action: "enable", reason: nil, until: nil, expired: .disabled))
            log.record(.resolved(Self.id, recipients: [Self.a], resolution: "retry"))
            log.record(
                .secondOpinion(
                    Self.id, recipients: [Self.a], upstream: "ses", by: "mg", isConfirmed: false, reply: "550 no"))
            log.record(
                .secondOpinion(
                    Self.id, recipients: [Self.a], upstream: "ses", by: "mg", isConfirmed: true, reply: "550 no"))
        }
        #expect(
            lines.map { $0.dropFirst(Self.head.count) } == [
                "notice circuit upstream=ses old=closed new=closed share=0.25 cause=ramp",
                "warning slowed_down upstream=ses rate=12.5 reply=\"454 4.7.0 slow down\"",
                "warning pace_lowered pace=* domain=a.test rate=2.5 reply=\"451 4.7.28 unusual rate\"",
                "notice pace_restored pace=* domain=a.test rate=5.0",
                "notice pace_restored pace=* domain=a.test",
                "notice habit upstream=ses habit=sessions limit=3 reply=\"421 too many\"",
                "notice habit upstream=ses habit=useful_sessions limit=12",
                "notice habit upstream=ses habit=messages_per_session",
                "warning probe upstream=ses phase=auth reply=\"535 no\" took=12ms",
                "notice probe upstream=ses reply=\"235 ok\" took=9ms",
                "notice upstream_control upstream=ses action=disable reason=\"why\\nso\" until=2026-11-21T10:00:00.123Z",
                "notice upstream_control upstream=ses action=enable",
                "notice resolved id=0000000000001 to=<a@b.example> resolution=retry",
                "notice second_opinion id=0000000000001 to=<a@b.example> upstream=ses by=mg result=refuted "
                    + "reply=\"550 no\"",
                "info second_opinion id=0000000000001 to=<a@b.example> upstream=ses by=mg result=confirmed "
                    + "reply=\"550 no\"",
            ])
    }

    @Test("Events of quotas")
    func quotas() throws {
        let quota = try #require(Quota("100/d"))
        let near = QuotaReport(quota: quota, used: 80, left: 20, resetsAt: LogLineTests.now)
        let spent = QuotaReport(quota: quota, used: 100, left: 0, freeAt: LogLineTests.now)
        let lines = LogLineTests.lines(.text) { log in
            log.record(.quota(upstream: "ses", .near(near)))
            log.record(.quota(upstream: "ses", .spent(spent)))
            log.record(.quotaCorrected(upstream: "ses", spent, by: "upstream", reason: "454 quota"))
            log.record(.quotasUnwritable(reason: "full"))
            log.record(QuotaStore.Event.unreadable(path: "/s/q.json", reason: "bad", keptAt: "/s/q.json.broken"))
        }
        let now = "2026-11-21T10:00:00.123Z"
        #expect(
            lines.map { $0.dropFirst(Self.head.count) } == [
                "warning quota_near upstream=ses quota=100/d used=80 left=20 until=\(now)",
                "warning quota_used_up upstream=ses quota=100/d used=100 left=0 until=\(now)",
                "notice quota_corrected upstream=ses quota=100/d used=100 by=upstream reason=\"454 quota\"",
                "error quotas_unwritable reason=full",
                "error quotas_unreadable path=/s/q.json reason=bad kept_at=/s/q.json.broken",
            ])
    }

    @Test("Events of operators' overrides")
    func marks() {
        let lines = LogLineTests.lines(.text) { log in
            log.record(
                AdminOverrideStore.Event.unreadable(path: "/s/u.json", reason: "bad", keptAt: "/s/u.json.broken"))
            log.record(AdminOverrideStore.Event.unreadable(path: "/s/u.json", reason: "bad", keptAt: nil))
            log.record(AdminOverrideStore.Event.unknownUpstream("ses", state: .draining))
            log.record(AdminOverrideStore.Event.unwritable(path: "/s/u.json", reason: "full"))
        }
        #expect(
            lines.map { $0.dropFirst(Self.head.count) } == [
                "error overrides_unreadable path=/s/u.json reason=bad kept_at=/s/u.json.broken",
                "error overrides_unreadable path=/s/u.json reason=bad",
                "notice overrides_unknown_upstream upstream=ses state=draining",
                "error overrides_unwritable path=/s/u.json reason=full",
            ])
    }

    @Test("Spool events")
    func spool() {
        let lines = LogLineTests.lines(.text) { log in
            log.record(SpoolEvent.opened(messages: 3, interrupted: 0, took: .milliseconds(5)))
            log.record(SpoolEvent.opened(messages: 3, interrupted: 1, took: .milliseconds(5)))
            log.record(SpoolEvent.unwritable(SpoolError(.inputOutput, "no")))
            log.record(SpoolEvent.full(SpoolError(.full, "full")))
            log.record(SpoolEvent.recovered)
            log.record(SpoolEvent.quarantined("it"))
            log.record(SpoolEvent.notice("slow"))
        }
        #expect(
            lines.map { $0.dropFirst(Self.head.count) } == [
                "notice spool_opened messages=3 interrupted=0 took=5ms",
                "warning spool_opened messages=3 interrupted=1 took=5ms",
                "error spool_unwritable reason=no", "error spool_full reason=full", "notice spool_recovered",
                "error quarantined what=it", "notice spool_notice what=slow",
            ])
    }

    @Test("Every recipient of a large message is logged, a fixed number per line", arguments: [0, 1, 50, 51, 120])
    func manyRecipients(count: Int) {
        let recipients = (0..<count).map { Address(unchecked: "r\($0)@b.example") }
        let lines = LogLineTests.lines(.text) { log in
            log.record(.failed(Self.id, recipients: recipients, upstream: "u", phase: "rcpt", reply: "550 no", .policy))
        }
        #expect(lines.count == max(1, (count + 49) / 50))
        let text = lines.joined()
        #expect(recipients.allSatisfy { text.contains("<\($0.text)>") })
    }

    @Test("swift-log messages go to the same log, and cannot forge lines or fields")
    func swiftLog() {
        let lines = LogLineTests.lines(.json) { log in
            var logger = log.logger(label: "http")
            logger[metadataKey: "ti\"me"] = "x\ny"
            logger.info("not shown")
            logger.error("hello\nworld", metadata: ["time": "never", "b": "2"])
            logger.critical("dead")
        }
        let head = #"{"time":"2026-11-21T10:00:00.123Z","level":"error","event":"log","logger":"http","message":"#
        #expect(
            lines == [
                head + #""hello\nworld","b":"2","ti_me":"x\ny","meta_time":"never"}"#,
                head + #""dead","ti_me":"x\ny"}"#,
            ])
    }
}
