import Admin
import ArgumentParser
import Configuration
import Console
import Delivery
import Mail

/// `posthorse queue resolve`.
struct QueueResolveCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "resolve",
        abstract: "Resolve a doubt: the connection ended after the final dot and before the reply.",
        discussion: """
            The upstream may have taken the mail; its own log or dashboard says whether it has. Applies to all \
            recipients in doubt unless --recipient names some. The answer survives a restart, and is carried out as \
            soon as the upstream takes mail, whatever in_doubt says.

            With several queue IDs, each is resolved by itself; those that cannot be are named on standard error.

            Exits with 65 if nothing named is in doubt or its route has no other upstream, 66 if there is no such \
            message, 69 if the relay is not running, and 75 while an attempt of the message is running.
            """)

    /// The resolution.
    enum Answer: EnumerableFlag {
        case delivered, retry, failover

        static func help(for value: Self) -> ArgumentHelp? {
            switch value {
            case .delivered: "The upstream has accepted it: mark the recipients as delivered."
            case .retry: "Send it again through the same upstream, with the same IDs."
            case .failover: "Send it through another upstream."
            }
        }

        var order: InDoubtResolution {
            switch self {
            case .delivered: .delivered
            case .retry: .retry
            case .failover: .failover
            }
        }
    }

    @OptionGroup var options: RelayOptions
    @OptionGroup var output: JSONOption

    @Argument(help: "Queue IDs, as queue list and the log show them.", transform: QueueID.argument)
    var ids: [QueueID]
    @Flag(help: "The resolution.")
    var answer: Answer
    @Option(
        help: ArgumentHelp(
            "Only this recipient; may be given more than once.", valueName: "address"))
    var recipient: [String] = []

    func run() async throws {
        let (order, relay) = (
            ResolutionDocument(answer.order, recipients: recipient.isEmpty ? nil : recipient), try RelayClient(options)
        )
        var failures: [Failure] = []
        for id in ids {
            do {
                try await resolve(id, order, relay)
            } catch let failure as Failure where failure.status != .notRunning && ids.count > 1 {
                Failure.report(failure.message)
                failures.append(Failure(failure.status, ""))
            }
        }
        // "Try again" before "no such message" before "not in doubt": what is left to do comes first.
        if let worst = failures.max(by: { $0.status.rawValue < $1.status.rawValue }) { throw worst }
    }

    private func resolve(_ id: QueueID, _ order: ResolutionDocument, _ relay: RelayClient) async throws {
        let result = try await relay.ask { client in
            try await client.post(order, to: AdminPath.resolution(id.description), for: ResolutionDocument.self)
        }
        var standardOutput = Output(loss: .ignored)
        standardOutput.write(output.json ? try AdminJSON.line(result) : text(result, id))
        standardOutput.flush()
    }

    private func text(_ result: ResolutionDocument, _ id: QueueID) -> String {
        let count = Quantity.count(result.recipients?.count ?? 0, "recipient")
        let done =
            switch answer {
            case .delivered: "delivered"
            case .retry: "to be sent again through the same upstream, as soon as it accepts mail"
            case .failover: "to be sent through another upstream, as soon as one accepts mail"
            }
        return "\(count) of \(id) \(done)\n"
    }
}
