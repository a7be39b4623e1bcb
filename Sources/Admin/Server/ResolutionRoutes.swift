internal import Delivery
import HTTPTypes
import Hummingbird
internal import Mail
internal import NIOCore

/// The route for resolving doubts.
struct ResolutionRoutes: Sendable {
    let sources: AdminServer.Sources

    /// Enough for the recipients of one message, and more.
    private static let maxBody = 4 << 20

    func resolve(_ request: Request, _ id: QueueID) async throws -> Response {
        let order = try ResolutionDocument(try await request.body.collect(upTo: Self.maxBody))
        let answer = try order.answer()
        let result = await sources.resolve(id, order.recipients?.map { Address(unchecked: $0) }, answer)
        switch result {
        case .resolved(let addresses):
            return try .json(ResolutionDocument(answer, recipients: addresses.map(\.text), queueID: id))
        case .noSuchMessage: throw HTTPError(.notFound, message: "no message \(id) in the queue")
        case .notInDoubt(let address):
            let who = address.map { "recipient \($0) of message" } ?? "no recipient of message"
            throw HTTPError(.conflict, message: "\(who) \(id) is \(address == nil ? "" : "not ")in doubt")
        case .noSuchRecipient(let address):
            throw HTTPError(.conflict, message: "message \(id) has no recipient \(address)")
        case .noOtherUpstream(let address):
            throw HTTPError(
                .conflict,
                message: "the route of recipient \(address) has no upstream but the one that may have it: say retry")
        case .busy:
            throw HTTPError(
                .serviceUnavailable, message: "an attempt of message \(id) is in progress; try again when it has ended")
        case .stopping:
            throw HTTPError(.serviceUnavailable, message: "the relay is stopping; try again when it is running")
        case .unreadable(let reason):
            throw HTTPError(.serviceUnavailable, message: "nothing has changed: \(reason)")
        case .unrecorded(let reason):
            throw HTTPError(
                .serviceUnavailable, message: "resolved, but not on disk until the spool can be written: \(reason)")
        }
    }
}
