/// Options a client may request for a message at MAIL.
public struct MessageOptions: Hashable, Sendable {
    /// How much of the message a failure report returns (RFC 3461 section 4.3).
    public enum ReturnContent: String, Sendable, CaseIterable {
        case full = "FULL"
        case headers = "HDRS"
    }

    /// SMTPUTF8: an address or the header contains UTF-8 (RFC 6531 section 3.4).
    public var usesUTF8 = false
    /// The header actually contains non-ASCII octets. With ``usesUTF8`` these are UTF-8, and go only to servers that
    /// accept it (RFC 6531 section 3.2).
    public var hasUTF8Header = false
    /// REQUIRETLS: only over TLS with a verified certificate, and only to servers that promise the same (RFC 8689
    /// section 2).
    public var requiresTLS = false
    /// MT-PRIORITY, -9 to 9 (RFC 6710 section 6); nil if not given.
    public var transferPriority: Int?
    /// RET.
    public var returnContent: ReturnContent?
    /// ENVID, in xtext form as received (RFC 3461 section 4.4): visible ASCII, at most 100 octets.
    public var envelopeID: String?

    public static let none = MessageOptions()

    public init() {}

    /// The options as parameters of MAIL, in a fixed order, separated by spaces; empty if there are none. A UTF-8
    /// header is not a parameter of MAIL, and is represented by `X-UTF8-HEADER`.
    public var parameters: String {
        var words: [String] = []
        if usesUTF8 { words.append("SMTPUTF8") }
        if hasUTF8Header { words.append("X-UTF8-HEADER") }
        if requiresTLS { words.append("REQUIRETLS") }
        if let transferPriority { words.append("MT-PRIORITY=\(transferPriority)") }
        if let returnContent { words.append("RET=\(returnContent.rawValue)") }
        if let envelopeID { words.append("ENVID=\(envelopeID)") }
        return words.joined(separator: " ")
    }

    /// Parses the output of ``parameters``; nil for anything else.
    public init?(parameters: some StringProtocol) {
        for word in parameters.split(separator: " ") {
            let parts = word.split(separator: "=", maxSplits: 1)
            let value = parts.count == 2 ? parts[1] : ""
            switch parts[0] {
            case "SMTPUTF8": usesUTF8 = true
            case "X-UTF8-HEADER": hasUTF8Header = true
            case "REQUIRETLS": requiresTLS = true
            case "MT-PRIORITY":
                guard let number = Int(value), (-9...9).contains(number) else { return nil }
                transferPriority = number
            case "RET":
                guard let content = ReturnContent(rawValue: String(value)) else { return nil }
                returnContent = content
            case "ENVID":
                guard !value.isEmpty else { return nil }
                envelopeID = String(value)
            default: return nil
            }
        }
    }
}

/// Options a client may request for a recipient at RCPT (RFC 3461).
public struct RecipientOptions: Hashable, Sendable {
    /// When the sender wants a report (RFC 3461 section 4.1); the empty set is NEVER.
    public struct Notify: OptionSet, Hashable, Sendable {
        public let rawValue: UInt8

        public init(rawValue: UInt8) {
            self.rawValue = rawValue
        }

        public static let success = Notify(rawValue: 1)
        public static let failure = Notify(rawValue: 2)
        public static let delay = Notify(rawValue: 4)
    }

    /// NOTIFY; nil if not given, which means failure and, at the relay's discretion, delay.
    public var notify: Notify?
    /// ORCPT, `addr-type;xtext` as received (RFC 3461 section 4.2): visible characters, at most 500 octets.
    public var originalRecipient: String?

    public static let none = RecipientOptions()

    public init(notify: Notify? = nil, originalRecipient: String? = nil) {
        self.notify = notify
        self.originalRecipient = originalRecipient
    }

    /// The options as parameters of RCPT, separated by spaces; empty if there are none.
    public var parameters: String {
        var words: [String] = []
        if let notify { words.append("NOTIFY=\(notify.text)") }
        if let originalRecipient { words.append("ORCPT=\(originalRecipient)") }
        return words.joined(separator: " ")
    }

    /// Parses the output of ``parameters``; nil for anything else.
    public init?(parameters: some StringProtocol) {
        for word in parameters.split(separator: " ") {
            let parts = word.split(separator: "=", maxSplits: 1)
            guard parts.count == 2 else { return nil }
            switch parts[0] {
            case "NOTIFY":
                guard let notify = Notify(text: parts[1]) else { return nil }
                self.notify = notify
            case "ORCPT": originalRecipient = String(parts[1])
            default: return nil
            }
        }
    }
}

extension RecipientOptions.Notify {
    /// The value of NOTIFY: `NEVER`, or a list of the others.
    public var text: String {
        guard !isEmpty else { return "NEVER" }
        var words: [String] = []
        if contains(.success) { words.append("SUCCESS") }
        if contains(.failure) { words.append("FAILURE") }
        if contains(.delay) { words.append("DELAY") }
        return words.joined(separator: ",")
    }

    /// Parses the value of NOTIFY, case-insensitively; nil if invalid. `NEVER` must stand alone.
    public init?(text: some StringProtocol) {
        self = []
        let words = text.uppercased().split(separator: ",", omittingEmptySubsequences: false)
        if words == ["NEVER"] { return }
        for word in words {
            switch word {
            case "SUCCESS": insert(.success)
            case "FAILURE": insert(.failure)
            case "DELAY": insert(.delay)
            default: return nil
            }
        }
    }
}
