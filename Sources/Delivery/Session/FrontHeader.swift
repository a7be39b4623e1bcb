internal import Mail
internal import NIOCore
internal import Spool
internal import Upstreams

/// Everything that is prepended to a message's frozen content in one transaction: the fields of relay.conf, and those by
/// which the provider recognizes it.
struct FrontHeader {
    private let added: AddedHeader
    private let identity: IdentityHeader?

    /// - Parameter limit: octets that the server accepts; those of its provider are left out beyond it.
    init(_ message: SpooledMessage, _ added: AddedHeader, for provider: Provider?, limit: Int?) {
        self.added = added
        identity = IdentityHeader(
            message, for: provider, limit: limit.map { $0 - added.octets }, besides: added.names)
    }

    /// Known before the accepted recipients are, because SIZE is announced with MAIL.
    var octets: Int { added.octets + (identity?.octets ?? 0) }

    /// - Parameter recipients: those accepted by the server; asked for only if need be.
    /// - Returns: lines with their ends, none of which begins with a dot; nil if there are none.
    func wireForm(for recipients: @autoclosure () -> [Address]) -> ByteBuffer? {
        guard let identity else { return added.octets > 0 ? added.wire : nil }
        let fields = identity.wireForm(for: recipients())
        guard added.octets > 0 else { return fields }
        var all = added.wire
        all.writeImmutableBuffer(fields)
        return all
    }
}
