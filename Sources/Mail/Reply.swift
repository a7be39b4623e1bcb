/// An SMTP reply: a three-digit code, an optional enhanced status code, and lines of text (RFC 5321 section 4.2).
public struct Reply: Hashable, Sendable, CustomStringConvertible {
    /// Meaning of the first digit.
    public enum Kind: Sendable {
        /// 2yz: completed.
        case positive
        /// 3yz: continue.
        case intermediate
        /// 4yz: temporary failure.
        case transient
        /// 5yz: permanent failure.
        case permanent
    }

    /// 200 to 599.
    public let code: UInt16
    public let enhancedCode: EnhancedStatusCode?
    /// Text of each line, without code, enhanced code and line end; never empty.
    public let lines: [String]

    public init(_ code: UInt16, _ enhancedCode: EnhancedStatusCode? = nil, lines: [String]) {
        precondition((200...599).contains(code), "a reply code must be from 200 to 599")
        self.code = code
        self.enhancedCode = enhancedCode
        self.lines = lines.isEmpty ? [""] : lines
    }

    public init(_ code: UInt16, _ enhancedCode: EnhancedStatusCode? = nil, _ text: String) {
        self.init(code, enhancedCode, lines: [text])
    }

    public var kind: Kind {
        switch code / 100 {
        case 2: .positive
        case 3: .intermediate
        case 4: .transient
        default: .permanent
        }
    }

    /// The reply on one line, with its lines joined by a space: `451 4.3.0 try later`.
    public var description: String {
        var description = String(code)
        if let enhancedCode { description += " \(enhancedCode)" }
        for line in lines where !line.isEmpty {
            description += " "
            description += line
        }
        return description
    }
}
