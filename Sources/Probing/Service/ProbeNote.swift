/// What becomes of a probe on its way through the relay.
package enum ProbeNote: Hashable, Sendable {
    /// The relay has begun to hand it to an upstream.
    case handedOver(UInt64)
    /// An upstream has said 250.
    case took(UInt64, upstream: String)
    /// It was refused for good, or has expired.
    case failed(UInt64)
    /// It has left the queue in a way that says nothing about anybody.
    case dropped(UInt64)
}
