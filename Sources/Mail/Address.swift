/// A mailbox in the envelope: `local-part@domain`, without angle brackets (RFC 5321 section 4.1.2).
///
/// The text is kept exactly as the client wrote it; the parser guarantees that it contains no control character, no
/// line end, and no unquoted space.
public struct Address: Hashable, Sendable, CustomStringConvertible {
    public let text: String

    /// - Parameter text: an address accepted by a parser, or read back from the spool.
    public init(unchecked text: String) {
        self.text = text
    }

    /// Everything after the last `@`; empty for a bare `postmaster`.
    public var domain: Substring {
        guard let at = text.utf8.lastIndex(of: UInt8(ascii: "@")) else { return "" }
        return text[text.utf8.index(after: at)...]
    }

    /// Everything before the last `@`; the whole text if there is none.
    public var localPart: Substring {
        text[..<(text.utf8.lastIndex(of: UInt8(ascii: "@")) ?? text.endIndex)]
    }

    public var description: String { text }
}

/// The argument of MAIL FROM: an address, or `<>` for messages that must never cause a bounce.
public struct ReversePath: Hashable, Sendable, CustomStringConvertible {
    public let address: Address?

    public static let null = ReversePath(address: nil)

    public init(address: Address?) {
        self.address = address
    }

    /// The address without brackets; empty for the null path.
    public var description: String { address?.text ?? "" }
}
