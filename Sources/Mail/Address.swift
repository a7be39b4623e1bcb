/// A mailbox as the envelope names it: `local-part@domain`, without angle brackets (RFC 5321 section 4.1.2).
///
/// The text is kept exactly as the client wrote it; the parser that makes addresses guarantees that it holds no
/// control character, no line end, and no unquoted space.
public struct Address: Hashable, Sendable, CustomStringConvertible {
    public let text: String

    /// - Parameter text: an address that a parser has accepted, or one read back from the spool.
    public init(unchecked text: String) {
        self.text = text
    }

    /// What follows the last `@`; empty for `postmaster` alone.
    public var domain: Substring {
        guard let at = text.utf8.lastIndex(of: UInt8(ascii: "@")) else { return "" }
        return text[text.utf8.index(after: at)...]
    }

    /// What precedes the last `@`; all of it where there is none.
    public var localPart: Substring {
        text[..<(text.utf8.lastIndex(of: UInt8(ascii: "@")) ?? text.endIndex)]
    }

    public var description: String { text }
}

/// The argument of MAIL FROM: an address, or `<>` for messages that must never be answered by a bounce.
public struct ReversePath: Hashable, Sendable, CustomStringConvertible {
    public let address: Address?

    public static let null = ReversePath(address: nil)

    public init(address: Address?) {
        self.address = address
    }

    /// The address without brackets; the empty string for the null path.
    public var description: String { address?.text ?? "" }
}
