package import Mail

/// What happens to a probe of a round trip on its way out.
package enum ProbeNews: Hashable, Sendable {
    /// An attempt begins.
    case handedOver(ProbeMark)
    /// An upstream has said 250 for every recipient.
    case took(ProbeMark, upstream: String)
    /// It was refused permanently, or has expired; no upstream has it.
    ///
    /// - Parameter upstream: which one has refused it; nil if it has expired.
    case failed(ProbeMark, upstream: String?, reply: String)
    /// It leaves the queue with nothing known: by an order, since its upstream is gone, or since nobody knows whether its
    /// upstream has it. It is not sent again.
    case dropped(ProbeMark)
}
