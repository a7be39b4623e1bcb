import Alerts
import Foundation
import Mail
import NIOPosix
import Outbound
import TestKit
import Testing

@testable import Notifiers

@Suite("Telling by HTTP")
struct WebNotifierTests {
    private let now = Timestamp(milliseconds: 1_700_000_000_000)

    private func client(timeout: Duration = .seconds(10)) throws -> any WebClient {
        let moment = now
        return try NIOWebClient(
            group: MultiThreadedEventLoopGroup.singleton, timeout: timeout, allowPrivate: true, clock: { moment })
    }

    private func failure(_ notifier: any Notifier) async -> NotifierFailure? {
        do {
            try await notifier.tell(.example())
            return nil
        } catch {
            return NotifierFailure(error)
        }
    }

    private func webhook(_ url: String, secret: String? = nil, timeout: Duration = .seconds(10)) throws
        -> WebhookNotifier
    {
        let moment = now
        return WebhookNotifier(
            client: try client(timeout: timeout), url: url, secretFile: secret, now: { moment })
    }

    @Test("a webhook gets the JSON, without a signature where there is no secret")
    func webhook() async throws {
        let receiver = try WebReceiver(.status(204))
        #expect(await failure(try webhook(receiver.url)) == nil)
        let request = try #require(receiver.requests.first)
        #expect(request.path == "/alerts" && request.fields["content-type"] == "application/json")
        #expect(request.body == String(decoding: WebhookBody(.example()).octets, as: UTF8.self))
        #expect(request.fields["webhook-id"] == "alert_1" && request.fields["webhook-signature"] == nil)
    }

    @Test("a signature is that of Standard Webhooks, with the secret that is in the file by then")
    func signature() async throws {
        let (receiver, directory) = (try WebReceiver(.status(200)), try TestKit.TemporaryDirectory())
        let file = directory.path + "/secret"
        let notifier = try webhook(receiver.url, secret: file)
        #expect(await failure(notifier)?.reason.contains("\(file) cannot be read: ") == true)
        try "plain\n".write(toFile: file, atomically: true, encoding: .utf8)
        #expect(await failure(notifier)?.reason.contains("does not begin with whsec_") == true)
        #expect(receiver.requests.isEmpty)
        let secret = "whsec_" + String(repeating: "A", count: 43) + "="
        try "\(secret)\n".write(toFile: file, atomically: true, encoding: .utf8)
        #expect(await failure(notifier) == nil)
        let request = try #require(receiver.requests.first)
        let expected = try WebhookSignature.headers(
            id: "alert_1", timestamp: 1_700_000_000, body: Array(request.body.utf8),
            secrets: [try WebhookSecret(secret)])
        for field in expected { #expect(request.fields[field.name] == field.value) }
        #expect(expected.count == 3)
    }

    @Test(
        "what is no success is a failure, with what was said; some are final",
        arguments: [(400, true), (410, true), (413, true), (422, true), (302, false), (404, false), (500, false)])
    func statuses(status: Int, isFinal: Bool) async throws {
        let receiver = try WebReceiver(.status(status, body: "no such thing\nsecond line"))
        let failure = await failure(try webhook(receiver.url))
        #expect(failure?.reason == "http://127.0.0.1:\(receiver.port) answered \(status): no such thing")
        #expect(failure?.isFinal == isFinal && failure?.wait == nil)
    }

    @Test("whoever asks for patience gets it")
    func retryAfter() async throws {
        let receiver = try WebReceiver(.status(503, fields: ["Retry-After: 120"]))
        #expect(await failure(try webhook(receiver.url))?.wait == .seconds(120))
    }

    @Test("a receiver that hangs up, says nothing, or is not there is a failure that is tried again")
    func faults() async throws {
        let hangingUp = try WebReceiver(.hangUp)
        #expect(await failure(try webhook(hangingUp.url))?.isFinal == false)
        let silent = try WebReceiver(.silence)
        #expect(await failure(try webhook(silent.url, timeout: .milliseconds(200)))?.isFinal == false)
        let gone = try WebReceiver(.status(200))
        gone.close()
        #expect(await failure(try webhook(gone.url))?.isFinal == false)
    }

    @Test("whoever may have got it nevertheless has not said no")
    func doubtful() async throws {
        let hangingUp = try WebReceiver(.hangUp)
        #expect(await failure(try webhook(hangingUp.url))?.mayHaveArrived == true)
        let silent = try WebReceiver(.silence)
        #expect(await failure(try webhook(silent.url, timeout: .milliseconds(200)))?.mayHaveArrived == true)
        let refusing = try WebReceiver(.status(503))
        #expect(await failure(try webhook(refusing.url))?.mayHaveArrived == false)
        let gone = try WebReceiver(.status(200))
        gone.close()
        #expect(await failure(try webhook(gone.url))?.mayHaveArrived == false)
    }

    @Test("Slack gets a text, at the URL that is in the file")
    func slack() async throws {
        let (receiver, directory) = (try WebReceiver(.status(200, body: "ok")), try TestKit.TemporaryDirectory())
        let file = directory.path + "/url"
        let notifier = SlackNotifier(client: try client(), urlFile: file)
        try "not a url".write(toFile: file, atomically: true, encoding: .utf8)
        #expect(await failure(notifier)?.reason.contains("there is no URL in \(file)") == true)
        try "\(receiver.url)\n".write(toFile: file, atomically: true, encoding: .utf8)
        #expect(await failure(notifier) == nil)
        #expect(receiver.requests.map(\.body) == [String(decoding: SlackBody(.example()).octets, as: UTF8.self)])
    }

    @Test("PagerDuty gets an event for each subject, and all again if one fails")
    func pagerDuty() async throws {
        let receiver = try WebReceiver(.status(202), .status(500), .status(202))
        let directory = try TestKit.TemporaryDirectory()
        let file = directory.path + "/key"
        try "key\n".write(toFile: file, atomically: true, encoding: .utf8)
        let notifier = PagerDutyNotifier(client: try client(), url: receiver.url, keyFile: file)
        let notification = AlertNotification.example(subjects: ["a", "b"])
        let failure = await #expect(throws: NotifierFailure.self) { try await notifier.tell(notification) }
        #expect(failure?.mayHaveArrived == true)
        try await notifier.tell(notification)
        let keys = receiver.requests.map { request in
            request.body.firstMatch(of: /"dedup_key":"([^"]*)"/).map { String($0.1) } ?? ""
        }
        let (a, b) = ("posthorse/relay.test/upstream_open/a", "posthorse/relay.test/upstream_open/b")
        #expect(keys == [a, b, a, b] && receiver.requests.allSatisfy { $0.body.contains(#""routing_key":"key""#) })
    }

    @Test("a maker makes each kind, and a mail is handed in as it is")
    func maker() async throws {
        let posted = Posted()
        let maker = NotifierMaker(
            client: { [now] in
                try NIOWebClient(
                    group: MultiThreadedEventLoopGroup.singleton, timeout: $0.timeout, allowPrivate: true,
                    clock: { now })
            }, post: { try await posted.add($0, $1) }, now: { [now] in now })
        for kind in NotifySettings.Kind.allCases {
            let notifier = try maker.notifier(NotifySettings(name: "ops", kind: kind))
            #expect("\(type(of: notifier))".lowercased() == "\(kind.rawValue)notifier")
        }
        var settings = NotifySettings(name: "ops", kind: .email)
        settings.to = ["ann@example.com"]
        let notifier = try maker.notifier(settings)
        try await notifier.tell(.example())
        #expect(await posted.all.map(\.text) == ["ann@example.com"])
        await posted.refuse()
        #expect(await failure(notifier)?.reason == "the mail cannot be stored: the disk is full")
    }
}

/// What was handed in.
private actor Posted {
    private(set) var all: [Address] = []
    private var isFull = false

    func refuse() { isFull = true }

    func add(_ notification: AlertNotification, _ to: [Address]) throws {
        if isFull { throw NotifierFailure("the disk is full") }
        all += to
    }
}

extension AlertNotification {
    /// One that fires.
    static func example(subjects: [String] = ["ses"]) -> AlertNotification {
        let now = Timestamp(milliseconds: 1_700_000_000_000)
        let rule = AlertRule(name: "upstream_open", kind: .upstreamOpen)
        let notice = AlertNotice(
            rule, .firing,
            subjects.map { AlertNotice.Subject(name: $0, since: now, report: AlertReport("\($0) takes no mail")) })
        return AlertNotification(notice, id: "alert_1", relay: "relay.test", now: now, lead: .zero)
    }
}
