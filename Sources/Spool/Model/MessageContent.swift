package import NIOCore
internal import Synchronization

/// The content of a message in wire form: the relay's header fields, then the client's content, dot-stuffed, without
/// the final dot.
package enum MessageContent: Sendable {
    /// In memory.
    case resident(ResidentContent)
    /// On disk; read it part by part with ``MessageSpool/read(_:receive:)``, from the start.
    case stored(ContentReader)

    /// Octets of the wire form.
    package var octets: Int {
        switch self {
        case .resident(let content): content.octets
        case .stored(let reader): reader.octets
        }
    }
}

/// Content in memory, counted against the budget while it is held.
package final class ResidentContent: Sendable {
    package let parts: [ByteBuffer]
    package let octets: Int
    /// Octets of memory occupied by the parts.
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

/// Counts the octets of content in memory; `memory_budget` of relay.conf.
package final class MemoryBudget: Sendable {
    private let most: Atomic<Int>
    private let octets = Atomic<Int>(0)

    package init(limit: Int) {
        most = Atomic(limit)
    }

    package var limit: Int { most.load(ordering: .relaxed) }

    /// Later content is kept or not by this limit.
    package func replace(limit: Int) {
        most.store(limit, ordering: .relaxed)
    }

    package var used: Int { octets.load(ordering: .relaxed) }

    /// Whether this many more octets would fit.
    package func allows(_ more: Int) -> Bool { used + more <= limit }

    package func add(_ count: Int) {
        octets.add(count, ordering: .relaxed)
    }

    package func remove(_ count: Int) {
        octets.subtract(count, ordering: .relaxed)
    }
}

/// A part of content read back from disk.
package struct ContentPart: Sendable {
    package let bytes: ByteBuffer
    /// Whether this is the last part; the checksum of the whole has then been verified.
    package let isLast: Bool

    package init(bytes: ByteBuffer, isLast: Bool) {
        self.bytes = bytes
        self.isLast = isLast
    }
}

/// A position in content on disk. Subclassed by the spool that created it; used by one reader at a time.
///
/// While it exists, the files it reads from are not reused for other content.
open class ContentReader: @unchecked Sendable {
    // Safety: only subclasses have mutable state, which is accessed only by the spool's reader thread, one `read` at a
    // time.

    /// Octets of the whole wire form.
    package let octets: Int

    package init(octets: Int) {
        self.octets = octets
    }

    /// Another reader of the same content, from its start.
    open func fromStart() -> ContentReader {
        preconditionFailure("a reader must know its content")
    }
}

/// Reads content part by part.
package protocol ContentPartSource: Sendable {
    /// Content in wire form, dot-stuffed.
    ///
    /// - Throws: ``SpoolError`` with the code `corrupt` if a checksum does not match.
    func nextPart(of reader: ContentReader) async throws -> ContentPart
}

extension MessageSpool {
    /// The next part of content on disk.
    package func nextPart(of reader: ContentReader) async throws -> ContentPart {
        try await withCheckedThrowingContinuation { continuation in
            read(reader) { continuation.resume(with: $0) }
        }
    }
}
