import Admin
import Synchronization
import Telemetry
import Testing

@testable import Relay

@Suite("The log of the API over TCP")
struct AccessLogTests {
    private final class Lines: LogOutput {
        private let text = Mutex("")

        func write(_ lines: UnsafeRawBufferPointer) {
            text.withLock { $0 += String(decoding: lines, as: UTF8.self) }
        }

        var all: [String] { text.withLock { $0.split(separator: "\n").map(String.init) } }
    }

    private final class Clock: Sendable {
        private let moment = Mutex(ContinuousClock.now)

        var now: ContinuousClock.Instant { moment.withLock { $0 } }

        func advance(by duration: Duration) { moment.withLock { $0 += duration } }
    }

    @Test(
        "Strangers cannot fill it: a client's first refusal has a line, then one a second has, with the number left out"
    )
    func flood() {
        let (output, clock, store) = (Lines(), Clock(), MetricStore())
        let log = EventLog(output: output)
        let access = AccessLog(log, store, now: { clock.now })
        func refuse(_ reason: AccessRefusal, _ client: String, times: Int = 1) {
            for _ in 0..<times { access.record(.refused(reason, client: client, token: nil)) }
        }
        refuse(.rate, "192.0.2.1", times: 5000)
        refuse(.noToken, "192.0.2.1", times: 10)
        clock.advance(by: .seconds(1))
        refuse(.rate, "192.0.2.1", times: 2)
        refuse(.token, "192.0.2.1")
        refuse(.rate, "192.0.2.2")
        log.close()
        let fields = output.all.map { String($0.split(separator: " api_refused ").last ?? "") }
        #expect(
            fields == [
                "client=192.0.2.1 reason=rate", "client=192.0.2.1 reason=rate count=4999",
                "client=192.0.2.1 reason=token", "client=192.0.2.2 reason=rate count=1",
            ])
        #expect(store.sample(.apiRefusals, "rate").value == 5003)
        #expect(store.sample(.apiRefusals, "no_token").value == 10)
    }

    @Test("More clients than can be remembered have one line a second for each reason, until there is room again")
    func crowd() {
        let start = ContinuousClock.now
        var lines = RefusalLines(capacity: 2)
        #expect(lines.add(.host, of: "a", at: start) == 0)
        #expect(lines.add(.host, of: "b", at: start) == 0)
        #expect(lines.add(.host, of: "c", at: start) == nil)
        #expect(lines.add(.rate, of: "c", at: start) == 0)
        #expect(lines.add(.host, of: "d", at: start + .seconds(1)) == 1)
        #expect(lines.add(.host, of: "e", at: start + .seconds(1)) == nil)
        let later = start + .seconds(61)
        #expect(lines.add(.host, of: "f", at: later) == 1)
        #expect(lines.add(.host, of: "g", at: later) == 0)
        #expect(lines.add(.host, of: "h", at: later) == nil)
        var many = RefusalLines()
        let count = (0..<10_000).count { many.add(.network, of: "\($0)", at: start) != nil }
        #expect(count == 64)
    }
}
