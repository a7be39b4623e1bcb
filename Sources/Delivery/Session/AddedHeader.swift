internal import Mail
internal import NIOCore
internal import Spool

/// The header fields of relay.conf that a message gets at hand-over, in wire form: those of its route, then those of its
/// upstream. None is there twice, and none that the application has set itself.
struct AddedHeader {
    static let none = AddedHeader()

    /// Lower-case names of the fields.
    private(set) var names: Set<String> = []
    private(set) var wire = ByteBuffer()

    /// Fields of the relay's own notices that relay.conf could add to other mail.
    private static let ofNotices: Set = ["auto-submitted", "x-failed-recipients"]

    private init() {}

    /// Costs nothing without such fields.
    init(_ message: borrowing SpooledMessage, route: [AddedField], upstream: [AddedField]) {
        guard !route.isEmpty || !upstream.isEmpty else { return }
        for field in route + upstream where Self.lacks(field.lowerName, message) && !names.contains(field.lowerName) {
            names.insert(field.lowerName)
            wire.writeString(field.wire)
        }
    }

    /// Counted by SIZE (RFC 1870 section 6).
    var octets: Int { wire.readableBytes }

    /// Whether it is known that a message has no field of this name. Nobody has looked in mail from before relay.conf had
    /// it; what the relay's own notices have is known.
    private static func lacks(_ name: String, _ message: borrowing SpooledMessage) -> Bool {
        guard message.notice == nil else { return !ofNotices.contains(name) }
        return message.routing.sought.contains(name) && message.routing.headers[name] == nil
    }
}
