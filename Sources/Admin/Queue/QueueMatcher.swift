package import Mail
package import Spool
internal import Upstreams

/// A ``QueueFilter``, prepared to decide about many messages.
package struct QueueMatcher: Sendable {
    private let state: String?
    private let sender: AddressPart?
    private let recipient: AddressPart?
    private let domain, upstream, route, stream, user: Glob?
    private let failureClass: String?
    private let receivedBefore, receivedAfter: Timestamp?
    private let lastReply: ReplyPattern?
    private let ids: Set<QueueID>?
    private let places: QueuePlaces
    private let looksAtRecipients: Bool

    /// - Throws: ``AdminError`` for a bad regular expression.
    package init(_ filter: QueueFilter, places: QueuePlaces, now: Timestamp) throws(AdminError) {
        state = filter.state
        sender = filter.sender.map(AddressPart.init)
        recipient = filter.recipient.map(AddressPart.init)
        domain = filter.domain.map { Glob($0) }
        upstream = filter.upstream.map { Glob($0) }
        route = filter.route.map { Glob($0) }
        stream = filter.stream.map { Glob($0) }
        user = filter.user.map { Glob($0) }
        failureClass = filter.failureClass?.rawValue
        receivedBefore = filter.olderThan.map { now + (.zero - $0) }
        receivedAfter = filter.newerThan.map { now + (.zero - $0) }
        if let text = filter.lastReply { lastReply = try ReplyPattern(text) } else { lastReply = nil }
        ids = filter.ids
        self.places = places
        looksAtRecipients =
            state != nil || recipient != nil || domain != nil || upstream != nil || route != nil || stream != nil
            || lastReply != nil || failureClass != nil
    }

    package func matches(_ message: MessageGlance) -> Bool {
        guard matchesItself(message) else { return false }
        guard looksAtRecipients else { return true }
        var isFound = false
        let place = places.finder(for: message)
        message.forEachRecipient { recipient in
            isFound = matches(recipient, place)
            return !isFound
        }
        return isFound
    }

    /// Calls `body` with each recipient that matches, if its message does.
    package func forEachMatch(in message: MessageGlance, _ body: (RecipientGlance, QueuePlaces.Finder) -> Void) {
        guard matchesItself(message) else { return }
        let place = places.finder(for: message)
        message.forEachRecipient { recipient in
            if matches(recipient, place) { body(recipient, place) }
            return true
        }
    }

    private func matchesItself(_ message: MessageGlance) -> Bool {
        if let receivedBefore, message.receivedAt > receivedBefore { return false }
        if let receivedAfter, message.receivedAt < receivedAfter { return false }
        if let ids, !ids.contains(message.id) { return false }
        if let sender, !sender.matches(message.sender) { return false }
        if let user { return message.user.map { user.matches(octets: $0) } ?? false }
        return true
    }

    private func matches(_ recipient: RecipientGlance, _ place: QueuePlaces.Finder) -> Bool {
        if let state, recipient.state != state { return false }
        if let failureClass, recipient.failureClass != failureClass { return false }
        if let part = self.recipient, !part.matches(recipient.address) { return false }
        if let domain, !domain.matches(octets: recipient.address.afterAt) { return false }
        if let upstream, !upstream.matches(recipient.upstream) { return false }
        if let lastReply, !(recipient.lastReply.map(lastReply.matches) ?? false) { return false }
        if let route, !route.matches(place.route(of: recipient)) { return false }
        if let stream, !stream.matches(place.stream(of: recipient)) { return false }
        return true
    }
}

extension UnsafeRawBufferPointer {
    /// The domain of an address; empty if there is none.
    var afterAt: UnsafeRawBufferPointer {
        guard let at = lastIndex(of: UInt8(ascii: "@")) else { return UnsafeRawBufferPointer(start: nil, count: 0) }
        return UnsafeRawBufferPointer(rebasing: self[(at + 1)...])
    }
}
