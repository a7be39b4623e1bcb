import Admin
import Delivery
import Mail
import Synchronization
import Upstreams

/// Upstreams that obey orders and record them.
final class ControlledUpstreams: Sendable {
    private let details: Mutex<[UpstreamDetail]>
    private let taken = Mutex<[(name: String, order: UpstreamControl)]>([])

    init(_ names: String...) {
        details = Mutex(names.enumerated().map { .example($1, priority: $0 + 1) })
    }

    /// Resolves every message but those whose number selects an error.
    func resolve(_ id: QueueID, _ recipients: [Address]?, _ answer: InDoubtResolution) -> InDoubtResolutionResult {
        let address = Address(unchecked: "r@b.example")
        switch id.rawValue {
        case 404: return .noSuchMessage
        case 1: return .notInDoubt(nil)
        case 2: return .notInDoubt(address)
        case 3: return .noSuchRecipient(address)
        case 4: return .busy
        case 5: return .stopping
        case 6: return .unreadable("the disk has failed")
        case 7: return .unrecorded("the disk is full")
        case 8: return .noOtherUpstream(address)
        default: return .resolved(recipients ?? [address])
        }
    }

    private let ordered = Mutex<[(order: QueueOrder, ids: [QueueID], wait: Duration)]>([])
    private let reported = Mutex<[AdminEvent]>([])

    /// Obeys for every message but those whose number selects another result; number 4 is busy without a wait.
    func order(_ order: QueueOrder, _ ids: [QueueID], _ wait: Duration) -> [QueueOrderResult] {
        ordered.withLock { $0.append((order, ids, wait)) }
        return ids.map { id in
            switch id.rawValue {
            case 404: .missing
            case 1: .unchanged("it is held: release it")
            case 2: .busy
            case 3: .unrecorded("the disk is full")
            case 4: wait == .zero ? .busy : .done
            case 5: .stopping
            case 6: .ended(delivered: true)
            case 7: .doneAndTold
            default: .done
            }
        }
    }

    func record(_ event: AdminEvent) { reported.withLock { $0.append(event) } }
    var queueOrders: [(order: QueueOrder, ids: [QueueID], wait: Duration)] { ordered.withLock { $0 } }
    var events: [AdminEvent] { reported.withLock { $0 } }

    var statuses: [UpstreamStatus] { details.withLock { $0.map(\.status) } }
    var orders: [(name: String, order: UpstreamControl)] { taken.withLock { $0 } }

    func detail(_ name: String) -> UpstreamDetail? {
        details.withLock { $0.first { $0.status.name == name } }
    }

    func control(_ name: String, _ order: UpstreamControl) -> UpstreamDetail? {
        guard detail(name) != nil else { return nil }
        taken.withLock { $0.append((name, order)) }
        return details.withLock { details in
            guard let index = details.firstIndex(where: { $0.status.name == name }) else { return nil }
            details[index].obey(order)
            return details[index]
        }
    }
}

extension UpstreamDetail {
    static func example(_ name: String, priority: Int = 1) -> UpstreamDetail {
        let now = RunningAdmin.now
        return UpstreamDetail(
            status: UpstreamStatus(name: name, priority: priority, address: "h:25", since: now),
            reason: "it works", routes: ["default"],
            history: [Change(at: now, .circuit(from: .open, to: .closed), share: 0.1, cause: "trial succeeded")],
            answers: [Answer(at: now, phase: "mail", text: "451 4.7.1 later", verdict: "account, failover")])
    }

    mutating func obey(_ order: UpstreamControl) {
        let until = order.duration.map { RunningAdmin.now + $0 }
        switch order.action {
        case .enable:
            status.adminOverride = AdminOverride(state: .enabled, reason: order.reason, since: RunningAdmin.now)
        case .disable:
            status.adminOverride = AdminOverride(
                state: .disabled, reason: order.reason, since: RunningAdmin.now, until: until)
        case .drain:
            status.adminOverride = AdminOverride(
                state: .draining, reason: order.reason, since: RunningAdmin.now, until: until)
        case .trip: (status.circuit, nextStepAt) = (.open, until)
        case .reset: (status.circuit, nextStepAt) = (.closed, nil)
        case .probe:
            lastProbe = ProbeResult(at: RunningAdmin.now, took: .milliseconds(12), failedPhase: "auth", text: "535 no")
        }
    }
}
