internal import Synchronization

/// What relay.conf says about the size of the spool; may be replaced at any time.
final class SpoolLimits: Sendable {
    private let free: Atomic<Int>
    private let most: Atomic<Int>

    init(_ settings: SpoolSettings) {
        free = Atomic(settings.minFreeSpace)
        most = Atomic(settings.maxOctets)
    }

    /// Octets of the file system below which mail is refused.
    var minFreeSpace: Int { free.load(ordering: .relaxed) }
    /// Octets of messages from which on mail is refused; 0 for no limit.
    var maxOctets: Int { most.load(ordering: .relaxed) }

    func replace(with settings: SpoolSettings) {
        free.store(settings.minFreeSpace, ordering: .relaxed)
        most.store(settings.maxOctets, ordering: .relaxed)
    }
}
