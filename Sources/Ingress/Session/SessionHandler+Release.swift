internal import Mail
internal import SMTP

/// When the client wants its message sent.
extension SessionHandler {
    /// What MAIL says, or else the header; nil if the message is to be sent at once.
    var release: ReleaseRequest? { session.envelope.release ?? message.filter.sendAt.date.map { .at($0) } }

    /// Why the header's date cannot be obeyed; nil if it can. It does not count where MAIL says when.
    ///
    /// - Parameter wall: the system's clock.
    func refusalOfRelease(at wall: Timestamp) -> ServerReply? {
        guard session.envelope.release == nil, message.filter.sendAt.count > 0 else { return nil }
        guard let release else { return .badSendAt }
        return release.wait(at: wall) > ReleaseRequest.limit ? .sendAtTooLate : nil
    }
}

extension TakenField {
    /// Its value as a date-time of RFC 3339 or RFC 5322; nil if it is not one.
    fileprivate var date: Timestamp? {
        value.flatMap { Timestamp(dateTime: $0) ?? Timestamp(mailDate: $0) }
    }
}
