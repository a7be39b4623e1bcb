internal import Mail
internal import Spool

/// Probes of round trips.
extension JobMaker {
    /// Restricts the terms of a probe; those of all other mail stay.
    func restrict(_ terms: inout MessageCycle.Terms, of message: borrowing SpooledMessage) {
        guard message.notice == .probe, let mark = message.probe else { return }
        let isOver = message.recipients.contains { $0.state == .inDoubt }
        terms.restrict(to: mark, at: mark.upstream.flatMap { upstreams[$0]?.index }, isOver: isOver)
    }

    /// Why a probe is not to be sent any more; nil for one that is, and for all other mail.
    func reasonToDrop(_ message: SpooledMessage) -> String? {
        guard let mark = message.probe else { return nil }
        if message.recipients.contains(where: { $0.state == .inDoubt }) { return "its upstream may have it" }
        guard let name = mark.upstream, upstreams[name] == nil else { return nil }
        return "there is no upstream \(name) any more"
    }
}
