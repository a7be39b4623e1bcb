internal import Mail
internal import NIOCore
internal import Upstreams

/// What operators do to upstreams, and what they are told.
extension Dispatcher {
    /// - Returns: how the upstream stands when the order has been carried out, for a probe when it has ended; nil when there is
    ///   no upstream of that name.
    func steer(_ name: String, _ order: SteeringOrder) -> EventLoopFuture<UpstreamDetail?> {
        eventLoop.makeSucceededFuture(detail(of: name))
    }

    func detail(of name: String) -> UpstreamDetail? {
        guard let index = nameIndex[name] else { return nil }
        let status = statuses()[index]
        return UpstreamDetail(
            status: status, mark: AdminMark(state: .enabled, since: status.since), reason: "", routes: [], history: [],
            answers: [])
    }
}
