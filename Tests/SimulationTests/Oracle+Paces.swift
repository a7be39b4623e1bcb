import Mail
import Upstreams

@testable import Delivery

/// Whether mail goes at the pace of its recipients' domains.
extension Oracle {
    /// A final dot has reached a server.
    func handOver(_ message: Int, _ recipients: [Int]) {
        guard !settings.paces.isEmpty else { return }
        let table = PaceTable(settings.paces)
        var counts: [String: Int] = [:]
        for recipient in recipients {
            guard let key = table.key(of: domain(message, recipient)) else { continue }
            counts[key.name, default: 0] += 1
        }
        for (name, count) in counts { handOvers[name, default: []].append((now(), count)) }
    }

    /// Whether a recipient may have to wait for its pace, for as long as that takes.
    func isPaced(_ message: Int, _ recipient: Int) -> Bool {
        guard !settings.paces.isEmpty else { return false }
        return PaceTable(settings.paces).key(of: domain(message, recipient)) != nil
    }

    private func domain(_ message: Int, _ recipient: Int) -> Substring {
        Address(unchecked: messages[message].recipients[recipient]).domain
    }

    /// The most recipients that a domain had in a time of this length.
    func most(_ name: String, in length: Duration) -> Int {
        let all = handOvers[name] ?? []
        var (first, count, most) = (0, 0, 0)
        for entry in all {
            count += entry.count
            while entry.at - all[first].at > length {
                count -= all[first].count
                first += 1
            }
            most = max(most, count)
        }
        return most
    }
}
