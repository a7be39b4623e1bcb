internal import NIOCore
internal import Upstreams

/// The addresses of one upstream: its book, the connections being made to them, and reports of those that change.
///
/// Confined to the delivery's event loop.
final class UpstreamAddresses {
    private let upstream: String
    private let clock: () -> MonotonicInstant
    private let report: @Sendable (DeliveryEvent) -> Void
    private(set) var book = AddressBook()
    private var attempts: [ObjectIdentifier: ConnectionAttempt] = [:]

    /// - Parameter upstream: its name.
    init(
        of upstream: String, clock: @escaping () -> MonotonicInstant,
        report: @escaping @Sendable (DeliveryEvent) -> Void
    ) {
        self.upstream = upstream
        self.clock = clock
        self.report = report
    }

    // MARK: - Attempts

    func began(_ attempt: ConnectionAttempt) { attempts[ObjectIdentifier(attempt)] = attempt }

    func ended(_ attempt: ConnectionAttempt) { attempts[ObjectIdentifier(attempt)] = nil }

    /// Ends all attempts without a result.
    func stop() {
        for attempt in attempts.values { attempt.cancel() }
    }

    /// Connections being made to the address.
    func attempts(at address: SocketAddress) -> Int {
        attempts.values.reduce(0) { $0 + $1.addresses.count { $0 == address } }
    }

    // MARK: - The book

    func list(_ answer: [SocketAddress]) { book.list(answer, now: clock()) }

    func next(excluding tried: Set<SocketAddress>, sessions: (SocketAddress) -> Int) -> SocketAddress? {
        book.next(excluding: tried) { sessions($0) + attempts(at: $0) }
    }

    func nextTrial() -> SocketAddress? { book.nextTrial(now: clock()) }

    func suspected(_ address: SocketAddress) { book.suspected(address) }

    func noLongerSuspected(_ address: SocketAddress) { book.noLongerSuspected(address) }

    func greeted(_ address: SocketAddress) {
        guard book.greeted(address, now: clock()), book.hasChoice else { return }
        report(.addressRecovered(upstream: upstream, address: address.hostAndPort))
    }

    func failed(_ address: SocketAddress, _ reason: String) {
        guard book.failed(address, reason, now: clock()), book.hasChoice else { return }
        report(.addressFailed(upstream: upstream, address: address.hostAndPort, reason: reason))
    }
}
