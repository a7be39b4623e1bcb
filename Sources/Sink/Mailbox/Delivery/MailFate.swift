/// What becomes of a message behind its 250: what the faults of the phase `delivery` say.
struct MailFate: Equatable, Sendable {
    /// Nil for at once.
    var delay: Duration?
    var isJunk = false
    /// 0 for a message that is lost.
    var copies = 1

    init(_ fault: SinkFault.Kind?, delay: Duration?) {
        self.delay = delay
        switch fault {
        case .discard: copies = 0
        case .junk: isJunk = true
        case .twice: copies = 2
        case .none, .fail, .say, .endless, .hang, .drop, .takeAndDrop, .takeAndSay, .takeAndClose, .deaf, .delay, .slow,
            .refuse, .down, .cut:
            break
        }
    }
}
