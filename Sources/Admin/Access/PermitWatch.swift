internal import NIOCore

/// Asks from time to time whether a reader may still have what it gets. A value without a clock.
struct PermitWatch {
    static let interval = TimeAmount.seconds(2)

    /// nil for the socket, whose file says who may.
    private let permit: AccessPermit?
    private var due: NIODeadline

    init(_ permit: AccessPermit?, at now: NIODeadline) {
        self.permit = permit
        due = now + Self.interval
    }

    /// Whether the reader may go on: it may until it is found out that it may not.
    mutating func isAllowed(at now: NIODeadline) -> Bool {
        guard let permit, now >= due else { return true }
        due = now + Self.interval
        return permit.isValid
    }
}
