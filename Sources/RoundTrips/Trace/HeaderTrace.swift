/// What the header of an arrived message tells of its way.
package struct HeaderTrace: Hashable, Sendable {
    /// In the order of the way: what stands lowest is the first.
    package var hops: [ReceivedHop]
    /// nil if the provider says nothing.
    package var authentication: AuthenticationResults?
    /// Bodies of the fields that a ``ProbeToken`` may stand in, topmost first.
    package var tokens: [[UInt8]]
    /// Body of the Message-ID, which may have the token too.
    package var messageID: [UInt8]?

    package init(
        hops: [ReceivedHop] = [], authentication: AuthenticationResults? = nil, tokens: [[UInt8]] = [],
        messageID: [UInt8]? = nil
    ) {
        self.hops = hops
        self.authentication = authentication
        self.tokens = tokens
        self.messageID = messageID
    }

    /// - Parameter fields: bodies by name in lower case, topmost first.
    init(_ fields: [String: [[UInt8]]]) {
        hops = (fields["received"] ?? []).reversed().map { ReceivedHop(parsing: $0) }
        authentication = AuthenticationResults(fields["authentication-results"] ?? [])
        tokens = fields["x-posthorse-probe"] ?? []
        messageID = fields["message-id"]?.first
    }

    /// A header, or the beginning of a message.
    package init(parsing header: some Sequence<UInt8>) {
        var reader = HeaderTraceReader()
        reader.read(header)
        self = reader.trace()
    }

    /// The token of the probe that the message is; nil if it is none of this relay.
    package func token(_ key: ProbeKey) -> ProbeToken? {
        tokens.lazy.compactMap { ProbeToken(fieldValue: $0, key) }.first
            ?? messageID.flatMap { ProbeToken(messageID: $0, key) }
    }
}
