/// How many sessions an upstream may have at a time: `max_connections` of relay.conf.
package enum ConnectionCount: Hashable, Sendable, ExpressibleByIntegerLiteral {
    /// As many as carry more mail than fewer, up to `auto_max`.
    case auto
    /// At most this many.
    case fixed(Int)

    /// The value of the key that stands for ``auto``.
    package static let autoName = "auto"

    package init(integerLiteral value: Int) { self = .fixed(value) }
}
