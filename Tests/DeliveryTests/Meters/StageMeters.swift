import Mail
import Synchronization

@testable import Delivery

/// Meters whose times can be read back exactly, as long as each lasts whole milliseconds.
final class StageMeters: Sendable {
    private struct Contents {
        var upstreams: [String: UpstreamMeter] = [:]
        var routes: [String: RouteMeter] = [:]
        /// In the order of their making.
        var made: [String] = []
        /// `first failed over: failures`.
        var words: [String] = []
    }

    private let contents = Mutex(Contents())

    /// A bucket for each millisecond up to half a second.
    private static func histogram() -> Histogram { Histogram((0...500).map { $0 * 1000 }) }

    var meters: DeliveryMeters {
        DeliveryMeters(upstream: { self.make(upstream: $0) }, route: { self.make(route: $0) })
    }

    private func add(_ word: String) { contents.withLock { $0.words.append(word) } }

    func make(upstream name: String) -> UpstreamMeter {
        contents.withLock { contents in
            contents.made.append(name)
            if let meter = contents.upstreams[name] { return meter }
            let meter = UpstreamMeter(
                { _ in Self.histogram() },
                shookHands: { self.add("\(name) handshake: \($0 ?? "none")") },
                failedOver: { self.add("\(name) failed over: \($0)") },
                failedBack: { self.add("\(name) failed back: \($0)") })
            contents.upstreams[name] = meter
            return meter
        }
    }

    private func make(route name: String) -> RouteMeter {
        contents.withLock { contents in
            contents.made.append("route \(name)")
            if let meter = contents.routes[name] { return meter }
            let meter = RouteMeter(wait: Self.histogram(), acceptToTaken: Self.histogram())
            contents.routes[name] = meter
            return meter
        }
    }

    var words: [String] { contents.withLock { $0.words } }
    var made: [String] { contents.withLock { $0.made } }

    /// The times of a phase in milliseconds, shortest first.
    func phase(_ phase: KeyPath<UpstreamMeter, Histogram>, of upstream: String = "first") -> [Int] {
        contents.withLock { $0.upstreams[upstream] }?[keyPath: phase].times ?? []
    }

    func route(_ time: KeyPath<RouteMeter, Histogram>, of route: String = "default") -> [Int] {
        contents.withLock { $0.routes[route] }?[keyPath: time].times ?? []
    }
}

extension Histogram {
    /// Every value up to half a second by the bound of its bucket, in milliseconds.
    var times: [Int] {
        zip(bounds, reading.counts).flatMap { bound, count in Array(repeating: bound / 1000, count: count) }
    }
}
