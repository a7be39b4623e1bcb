import Mail
import Spool

@testable import Delivery

/// Whether probes of round trips keep to themselves.
extension Oracle {
    /// The relay ends a probe without a verdict: its upstream is gone, or may have it.
    func judgeDrop(_ message: Int, _ who: String) {
        let entry = messages[message]
        let pin = entry.accepted.probe?.upstream.flatMap { name in policies.firstIndex { $0.name == name } }
        let isGone = pin.map { wasAway($0, since: entry.receivedAt) } ?? false
        let mayBeThere = entry.dots.contains { $0.answer == nil || $0.doubtSince != nil } || entry.noted != nil
        if !isGone, !mayBeThere { problem("\(who): a probe is dropped for nothing") }
    }

    /// What the relay says about probes goes to nobody who counts mail.
    func heard(_ event: DeliveryEvent) {
        switch event {
        case .delivered(let id, _, _, _, _, _, _, _), .deferred(let id, _, _, _, _, _, _, _),
            .failed(let id, _, _, _, _, _, _), .inDoubt(let id, _, _, _, _, _), .notice(let id, _, _, _, _),
            .suppressed(let id, _, _, _), .secondOpinion(let id, _, _, _, _, _):
            let isProbe = index[id].map { messages[$0].accepted.probe != nil } ?? false
            if isProbe { problem("probe \(id) counts as mail: \(event)") }
        default: break
        }
    }

    func heard(_ news: ProbeNews) {
        switch news {
        case .took(let mark, let name):
            let isTrue = probes[mark.number].map { number in
                messages[number].dots.contains { $0.isTaken && policies[$0.upstream].name == name }
            }
            if !(isTrue ?? false) { problem("probe \(mark.number) is said to be at \(name), which has not taken it") }
        case .handedOver, .failed, .dropped: break
        }
    }
}
