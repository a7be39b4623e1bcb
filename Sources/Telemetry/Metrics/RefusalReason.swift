/// The reason for a refusal, as a label: a small fixed set, independent of reply texts.
package enum RefusalReason: String, CaseIterable, Sendable {
    case stopping, timeout, abuse, limit, storage, line_end, size, loop, key, not_allowed, security, address, syntax,
        other

    /// Derived from the reply's code and enhanced status code (RFC 3463) only.
    init(reply: String) {
        self =
            switch reply.prefix(9) {
            case "421 4.3.2": .stopping
            case "421 4.4.2": .timeout
            case "421 4.7.0": .abuse
            case "450 4.7.1", "451 4.3.2", "452 4.5.3": .limit
            case "451 4.3.0", "452 4.3.1": .storage
            case "550 5.6.0": .line_end
            case "552 5.3.4": .size
            case "554 5.4.6": .loop
            case "554 5.6.0": .key
            case "554 5.7.1", "550 5.7.1": .not_allowed
            case "530 5.7.0", "535 5.7.8", "454 4.7.0", "538 5.7.11", "534 5.7.9": .security
            case "501 5.1.3", "501 5.1.7", "553 5.6.7": .address
            case "501 5.5.2", "501 5.5.4", "555 5.5.4": .syntax
            default: .other
            }
    }
}
