import Mail
import RoundTrips
import Testing

@Suite("Witnesses")
struct TripWitnessTests {
    private let mailbox = "m@example.net"

    /// Two upstreams, and what becomes of their probes, second by second.
    private struct Stage {
        var ledger = TripLedger(hostname: "relay")
        var orders: [TripOrder] = []
        let mailbox: String

        func moment(_ second: Int) -> TripMoment {
            TripMoment(wall: .sample + .seconds(second), steady: Timestamp(milliseconds: 0) + .seconds(second))
        }

        /// - Parameter patience: `missing_after` of each upstream, in seconds.
        init(_ mailbox: String, patience: [String: Int]) {
            self.mailbox = mailbox
            let settings = patience.map { upstream, seconds in
                (
                    TripPath(trip: "t", upstream: upstream, mailbox: mailbox),
                    TripSettings(every: .seconds(60), lateAfter: .seconds(5), missingAfter: .seconds(seconds))
                )
            }
            orders = ledger.replace(Dictionary(uniqueKeysWithValues: settings), now: moment(0))
        }

        /// A probe that is taken at once, and arrives a second later, or does not.
        mutating func probe(_ upstream: String, at second: Int, arrives: Bool) {
            let path = TripPath(trip: "t", upstream: upstream, mailbox: mailbox)
            guard let token = ledger.begin(path, now: moment(second))?.token else { return }
            orders += ledger.took(token.number, by: upstream, now: moment(second))
            guard arrives else { return }
            let sighting = TripSighting(token: token, mailbox: mailbox, place: "\(token.number)", folder: .inbox)
            orders += ledger.found(sighting, now: moment(second + 1)).orders
        }

        mutating func look(at second: Int) {
            orders += ledger.looked(mailbox, from: moment(second).steady, now: moment(second))
        }

        var blamed: [String] { ledger.blamed.map(\.upstream) }
    }

    @Test("mail of another upstream between the losses and behind them shows that the mailbox took mail")
    func witness() {
        var stage = Stage(mailbox, patience: ["p": 10, "w": 10])
        stage.probe("p", at: 10, arrives: false)
        stage.probe("w", at: 40, arrives: true)
        stage.probe("p", at: 70, arrives: false)
        stage.look(at: 90)
        #expect(stage.blamed.isEmpty)
        stage.probe("w", at: 100, arrives: true)
        #expect(stage.blamed == ["p"])
    }

    @Test("mail that only came behind the losses shows nothing: the mailbox may have been down before")
    func behind() {
        var stage = Stage(mailbox, patience: ["p": 10, "w": 10])
        stage.probe("w", at: 0, arrives: false)
        stage.probe("p", at: 3, arrives: false)
        stage.probe("p", at: 51, arrives: false)
        stage.probe("w", at: 55, arrives: true)
        stage.look(at: 75)
        stage.probe("w", at: 103, arrives: true)
        #expect(stage.blamed.isEmpty)
    }

    @Test("a witness with a probe that is still missed is not believed beyond it")
    func unsettled() {
        var stage = Stage(mailbox, patience: ["p": 10, "w": 600])
        stage.probe("p", at: 3, arrives: false)
        stage.probe("w", at: 20, arrives: true)
        stage.probe("p", at: 63, arrives: false)
        stage.probe("w", at: 70, arrives: false)
        stage.look(at: 80)
        stage.probe("w", at: 120, arrives: true)
        #expect(stage.blamed.isEmpty)
    }

    @Test("a witness that has lost mail meanwhile is none")
    func loser() {
        var stage = Stage(mailbox, patience: ["p": 10, "w": 10])
        stage.probe("p", at: 3, arrives: false)
        stage.probe("w", at: 20, arrives: true)
        stage.probe("w", at: 50, arrives: false)
        stage.probe("p", at: 63, arrives: false)
        stage.look(at: 80)
        stage.probe("w", at: 90, arrives: true)
        #expect(stage.blamed.isEmpty)
    }

    @Test("a loss that another probe of the same upstream has overtaken is in no row")
    func overtaken() {
        var stage = Stage(mailbox, patience: ["p": 10, "w": 10])
        stage.probe("w", at: 1, arrives: true)
        stage.probe("p", at: 3, arrives: false)
        stage.probe("w", at: 4, arrives: true)
        stage.probe("p", at: 5, arrives: false)
        stage.probe("p", at: 8, arrives: true)
        stage.look(at: 30)
        stage.probe("w", at: 31, arrives: true)
        #expect(stage.blamed.isEmpty)
        #expect(stage.orders.contains { if case .count(let fact) = $0 { fact.kind == .missing } else { false } })
    }
}
