import Mail
import NIOCore
import Spool
import Upstreams

@testable import Delivery

/// Operators load another relay.conf.
extension Simulation {
    func reload(_ edits: [PlannedEdit]) {
        var next = settings
        for edit in edits { edit.apply(to: &next, all: plan.settings.upstreams, chance) }
        guard next != settings else { return }
        trace.note {
            "relay.conf has \(next.upstreams.map(\.name)), routes \(next.routes.map { "\($0.name) \($0.upstreams)" }): \(edits)"
        }
        let names = Set(next.upstreams.map(\.name))
        for (index, nature) in plan.natures.enumerated() where !names.contains(nature.name) {
            if settings.upstreams.contains(where: { $0.name == nature.name }) { remove(index) }
        }
        for (index, nature) in plan.natures.enumerated() where names.contains(nature.name) { oracle.returned(index) }
        exchange(next)
        guard let life else { return }
        defer { trips?.reloaded(next.upstreams.map(\.name)) }
        guard life.dispatcher.replace(with: next) else { return }
        // Read meanwhile.
        let (schedule, loop) = (SpoolSchedule(disk.schedule), life.loop)
        timeline.after(.milliseconds(chance.number(0...30))) { [unowned self] in
            if self.life?.loop === loop { self.life?.dispatcher.renew(by: schedule) }
        }
    }

    /// What its sessions have by now may still be finished there.
    private func remove(_ index: Int) {
        guard let life, let upstream = life.dispatcher.upstreams[plan.natures[index].name] else {
            return oracle.removed(index, finishing: nil)
        }
        var finishing: Set<QueueID> = []
        for session in upstream.pool.sessions { session.forEachJob { finishing.insert($0.id) } }
        oracle.removed(index, finishing: finishing)
    }
}
