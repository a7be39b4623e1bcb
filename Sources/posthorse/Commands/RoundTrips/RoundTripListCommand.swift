import Admin
import ArgumentParser
import Console
import NIOCore
import Telemetry

/// `posthorse round-trip list`.
struct RoundTripListCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "List all round trips: for each upstream whether mail arrives, how long it takes, and where.",
        discussion: """
            LAST is the time of the last probe that arrived; the columns behind it are about the last 24 hours: AVAIL is \
            the share of probes that arrived, INBOX that of them which were not put elsewhere, such as into junk. STATE is \
            empty before the first verdict.

            Exits with 0 whatever it shows.
            """)

    @OptionGroup var options: RelayOptions
    @OptionGroup var output: JSONOption

    func run() async throws {
        var standardOutput = Output()
        var trips: [RoundTripDocument] = []
        try await RelayClient(options).forEachLine(at: AdminPath.roundTrips) { line in
            if output.json {
                standardOutput.write(octets: line.readableBytesView)
                standardOutput.write("\n")
                return
            }
            trips.append(try AdminJSON.decode(RoundTripDocument.self, from: line))
        }
        if !output.json { show(trips, &standardOutput) }
        standardOutput.flush()
    }

    private func show(_ trips: [RoundTripDocument], _ standardOutput: inout Output) {
        guard !trips.isEmpty else { return standardOutput.line("No round trips: relay.conf has no [[round_trip]].") }
        let table = RoundTripTable(of: trips, terminal: .current(), now: EventLog.wallClock())
        standardOutput.line(table.header)
        for trip in trips {
            for row in table.rows(of: trip) { standardOutput.line(row) }
        }
    }
}
