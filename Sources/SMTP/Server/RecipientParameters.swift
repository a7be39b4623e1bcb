internal import Mail

/// The ESMTP parameters of RCPT that may be offered: `NOTIFY` and `ORCPT` (RFC 3461).
struct RecipientParameters {
    private(set) var options = RecipientOptions.none

    /// - Parameter allowsUTF8: whether the transaction has SMTPUTF8.
    init(
        _ bytes: UnsafeRawBufferPointer, from start: Int, offer: ServerOffer, allowsUTF8: Bool
    ) throws(CommandError) {
        var reader = ParameterReader(bytes, from: start, allowsUTF8: allowsUTF8)
        while let parameter = try reader.next() {
            if offer.dsn, parameter.keyword.equalsIgnoringCase("notify") {
                try takeNotify(parameter.requiredValue())
            } else if offer.dsn, parameter.keyword.equalsIgnoringCase("orcpt") {
                try takeOriginalRecipient(parameter.requiredValue(), allowsUTF8: allowsUTF8)
            } else {
                throw CommandError(.unknownParameter)
            }
        }
    }

    /// RFC 3461 section 4.1: NEVER alone, or a list of the others without repetition.
    private mutating func takeNotify(_ value: UnsafeRawBufferPointer) throws(CommandError) {
        let text = String(decoding: value, as: UTF8.self)
        guard options.notify == nil, let notify = RecipientOptions.Notify(text: text),
            text.utf8.count == notify.text.utf8.count
        else { throw CommandError(.parameterSyntax) }
        options.notify = notify
    }

    private mutating func takeOriginalRecipient(
        _ value: UnsafeRawBufferPointer, allowsUTF8: Bool
    ) throws(CommandError) {
        guard options.originalRecipient == nil, OriginalRecipient.isValid(value, allowsUTF8: allowsUTF8) else {
            throw CommandError(.parameterSyntax)
        }
        options.originalRecipient = String(decoding: value, as: UTF8.self)
    }
}
