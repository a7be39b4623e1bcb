import Admin
import Delivery
import Foundation
import Mail
import NIOCore
import Testing

@Suite("Upstreams are controlled through the admin interface")
struct UpstreamControlRouteTests {
    private typealias Order = UpstreamControlDocument

    private static func refusal(_ body: () async throws -> Void) async throws -> (status: Int, message: String)? {
        do {
            try await body()
            return nil
        } catch AdminClientError.refused(let status, let message) {
            return (status, message)
        }
    }

    @Test("An upstream is shown with all details")
    func show() async throws {
        let controlled = ControlledUpstreams("ses", "mg")
        try await RunningAdmin.with(controlled: controlled) { (admin) async throws in
            let detail = try await admin.client.document(UpstreamDetailDocument.self, at: AdminPath.upstream("mg"))
            #expect(try detail == UpstreamDetailDocument(#require(controlled.detail("mg"))))
            #expect(detail.history.map(\.cause) == ["trial succeeded"])
            #expect(detail.answers.map(\.verdict) == ["account, failover"])
        }
    }

    @Test(
        "Every action reaches the delivery with its reason and its duration", arguments: UpstreamControl.Action.allCases
    )
    func orders(action: UpstreamControl.Action) async throws {
        let controlled = ControlledUpstreams("ses")
        try await RunningAdmin.with(controlled: controlled) { (admin) async throws in
            let order = Order(reason: "why \"so\"", forSeconds: action.takesDuration ? 1800.25 : nil)
            let answer = try await admin.client.post(
                order, to: AdminPath.control("ses", action.rawValue), for: UpstreamDetailDocument.self)
            #expect(try answer == UpstreamDetailDocument(#require(controlled.detail("ses"))))
            #expect(controlled.orders.map(\.name) == ["ses"])
            let expected = UpstreamControl(
                action, reason: "why \"so\"", duration: action.takesDuration ? .milliseconds(1_800_250) : nil)
            #expect(controlled.orders.map(\.order) == [expected])
        }
    }

    @Test("The operator's order and its duration are in the answer")
    func answer() async throws {
        try await RunningAdmin.with(controlled: ControlledUpstreams("ses")) { (admin) async throws in
            let answer = try await admin.client.post(
                Order(reason: "quota", forSeconds: 60), to: AdminPath.control("ses", "disable"),
                for: UpstreamDetailDocument.self)
            #expect(answer.upstream.adminState == .disabled)
            #expect(answer.upstream.adminReason == "quota")
            #expect(answer.upstream.adminUntil == (RunningAdmin.now + .seconds(60)).rfc3339)
            let probe = try await admin.client.post(
                Order(), to: AdminPath.control("ses", "probe"), for: UpstreamDetailDocument.self)
            #expect(probe.lastProbe?.isHealthy == false)
            #expect(probe.lastProbe?.failedPhase == "auth")
            #expect(probe.lastProbe?.tookMilliseconds == 12)
        }
    }

    @Test("An unknown name is answered with the known ones")
    func unknownName() async throws {
        try await RunningAdmin.with(controlled: ControlledUpstreams("ses", "mg")) { (admin) async throws in
            for path in [AdminPath.upstream("sse"), AdminPath.upstream("a/../b c")] {
                let refusal = try await Self.refusal {
                    _ = try await admin.client.document(UpstreamDetailDocument.self, at: path)
                }
                #expect(refusal?.status == 404)
                #expect(refusal?.message.contains("there are ses, mg") == true)
            }
            let refusal = try await Self.refusal {
                _ = try await admin.client.post(
                    Order(), to: AdminPath.control("sse", "drain"), for: UpstreamDetailDocument.self)
            }
            #expect(refusal?.status == 404)
            #expect(refusal?.message == "no upstream sse in relay.conf; there are ses, mg")
        }
    }

    @Test("An unknown action is answered with the known ones, and nothing happens")
    func unknownAction() async throws {
        let controlled = ControlledUpstreams("ses")
        try await RunningAdmin.with(controlled: controlled) { (admin) async throws in
            let refusal = try await Self.refusal {
                _ = try await admin.client.post(
                    Order(), to: AdminPath.control("ses", "explode"), for: UpstreamDetailDocument.self)
            }
            #expect(refusal?.status == 404)
            #expect(refusal?.message.contains("enable, disable, drain, trip, reset, probe") == true)
        }
        #expect(controlled.orders.isEmpty)
    }

    @Test("Reading is GET and control is POST; the reverse changes nothing")
    func methods() async throws {
        let controlled = ControlledUpstreams("ses")
        try await RunningAdmin.with(controlled: controlled) { (admin) async throws in
            let cases: [(path: String, isPost: Bool, words: String)] = [
                (AdminPath.control("ses", "disable"), false, "POST only"),
                (AdminPath.upstream("ses"), true, "GET only"), (AdminPath.upstreams, true, "GET only"),
                (AdminPath.statistics(ListingQuestion()), true, "GET only"),
            ]
            for (path, isPost, words) in cases {
                let refusal = try await Self.refusal {
                    if isPost {
                        _ = try await admin.client.post(Order(), to: path, for: HealthDocument.self)
                    } else {
                        _ = try await admin.client.document(HealthDocument.self, at: path)
                    }
                }
                #expect(refusal?.status == 405, "\(path)")
                #expect(refusal?.message.contains(words) == true, "\(path)")
            }
        }
        #expect(controlled.orders.isEmpty)
    }

    @Test("A body that is too large is refused, and nothing happens")
    func largeBody() async throws {
        let controlled = ControlledUpstreams("ses")
        try await RunningAdmin.with(controlled: controlled) { (admin) async throws in
            let refusal = try await Self.refusal {
                _ = try await admin.client.post(
                    Order(reason: String(repeating: "x", count: 9000)), to: AdminPath.control("ses", "disable"),
                    for: UpstreamDetailDocument.self)
            }
            #expect(refusal?.status == 413)
            #expect(refusal?.message == "the body is too large")
        }
        #expect(controlled.orders.isEmpty)
    }

    @Test(
        "Invalid bodies are explained",
        arguments: [
            ("{", "must be JSON"), ("[]", "must be JSON"), (#"{"reason":5}"#, "must be JSON"),
            (#"{"for_second":5}"#, "unknown name for_second"), (#"{"for_seconds":0}"#, "more than 0"),
            (#"{"for_seconds":-5}"#, "more than 0"), (#"{"for_seconds":1e99}"#, "at most"),
            (#"{"reason":"\#(String(repeating: "x", count: 501))"}"#, "longer than 500"),
        ])
    func badBody(text: String, words: String) {
        let error = #expect(throws: AdminError.self) {
            try UpstreamControlDocument(ByteBuffer(string: text)).order(.disable)
        }
        #expect(error?.message.contains(words) == true)
    }

    @Test("An empty body, or an empty reason, means nothing", arguments: ["", "{}", #"{"reason":" "}"#])
    func emptyBody(text: String) throws {
        #expect(try UpstreamControlDocument(ByteBuffer(string: text)).order(.disable) == UpstreamControl(.disable))
    }

    @Test("A duration is refused if it makes no sense", arguments: [UpstreamControl.Action.enable, .reset, .probe])
    func noTime(action: UpstreamControl.Action) {
        let error = #expect(throws: AdminError.self) { try UpstreamControlDocument(forSeconds: 5).order(action) }
        #expect(error?.message == "\(action.rawValue) takes no duration")
    }

    @Test("The JSON has all its names, whether known or not")
    func names() throws {
        let document = UpstreamDetailDocument(.example("ses"))
        var listed = try DocumentTests.names(document.upstream)
        listed.formUnion([
            "reason", "admin_since", "unsaved", "next_step_at", "last_probe", "token",
            "addresses", "greeting_ms", "greeting_patience_ms", "routes", "history", "answers",
        ])
        #expect(try DocumentTests.names(document) == listed)
        #expect(listed.isSuperset(of: ["admin_reason", "admin_until", "rate"]))
        #expect(try DocumentTests.names(document.history[0]) == ["at", "from", "to", "share", "cause"])
        #expect(try DocumentTests.names(document.answers[0]) == ["at", "phase", "text", "verdict", "rule"])
        let probe = ProbeDocument(ProbeResult(at: RunningAdmin.now, took: .zero, failedPhase: nil, text: "250 ok"))
        #expect(try DocumentTests.names(probe) == ["at", "took_ms", "healthy", "failed_phase", "text"])
        let data = try AdminJSON.data(document)
        #expect(try JSONDecoder().decode(UpstreamDetailDocument.self, from: data) == document)
    }
}
