package import NIOCore
internal import Synchronization

/// The content of a message, in wire form: the relay's header fields, then what the client sent, dots stuffed, without
/// the final dot.
package enum MessageContent: Sendable {
    /// In memory.
    case resident(ResidentContent)
    /// On disk, to be read part by part with ``MessageSpool/read(_:receive:)``, from the start.
    case stored(ContentReader)

    /// Octets of the wire form.
    package var octets: Int {
        switch self {
        case .resident(let content): content.octets
        case .stored(let reader): reader.octets
        }
    }
}

/// Content in memory, counted against the budget for as long as somebody holds it.
package final class ResidentContent: Sendable {
    package let parts: [ByteBuffer]
    package let octets: Int
    /// Octets of the memory that the parts lie in.
    private let held: Int
    private let budget: MemoryBudget

    package init(parts: [ByteBuffer], budget: MemoryBudget) {
        self.parts = parts
        self.octets = parts.reduce(0) { $0 + $1.readableBytes }
        self.held = parts.reduce(0) { $0 + $1.storageCapacity }
        self.budget = budget
        budget.add(held)
    }

    deinit {
        budget.remove(held)
    }
}

/// Counts the octets of content that are in memory; `memory_budget` of relay.conf.
package final class MemoryBudget: Sendable {
    package let limit: Int
    private let octets = Atomic<Int>(0)

    package init(limit: Int) {
        self.limit = limit
    }

    package var used: Int { octets.load(ordering: .relaxed) }

    /// Whether so many octets more would still fit.
    package func allows(_ more: Int) -> Bool { used + more <= limit }

    package func add(_ count: Int) {
        octets.add(count, ordering: .relaxed)
    }

    package func remove(_ count: Int) {
        octets.subtract(count, ordering: .relaxed)
    }
}

/// A part of content that was read back.
package struct ContentPart: Sendable {
    package let bytes: ByteBuffer
    /// Whether this is the last part; the checksum of the whole has then been verified.
    package let isLast: Bool

    package init(bytes: ByteBuffer, isLast: Bool) {
        self.bytes = bytes
        self.isLast = isLast
    }
}

/// A position in content that lies on disk. Subclassed by the spool that made it; used by one reader at a time.
///
/// As long as it lives, the files it reads from are not used again for other content.
open class ContentReader: @unchecked Sendable {
    // Safety: the only mutable state is that of subclasses, which the spool's reader thread alone touches, one `read`
    // after the other.

    /// Octets of the whole wire form.
    package let octets: Int

    package init(octets: Int) {
        self.octets = octets
    }

    /// A reader of the same content that begins at its start.
    open func fromStart() -> ContentReader {
        preconditionFailure("a reader must know its content")
    }
}
