internal import Mail
internal import NIOCore
internal import NIOHTTP1

/// Collects an answer part by part, up to what is kept of it. A value without IO; `now` is passed in.
struct ReplyCollector {
    /// Octets of the body that are kept.
    let limit: Int
    private var state = State.waiting

    private enum State {
        /// No head yet. Becomes `reading` with the head of a final answer.
        case waiting
        /// The head is whole, and its status stands: the body may be cut. Becomes `ended`.
        case reading(WebReply)
        case ended
    }

    init(limit: Int = WebReply.bodyLimit) {
        self.limit = limit
    }

    /// - Parameter now: by the system's clock.
    /// - Returns: the answer, once, as soon as all of it that is kept has come.
    mutating func received(_ part: HTTPClientResponsePart, now: Timestamp) -> WebReply? {
        switch part {
        case .head(let head): begin(head, now)
        case .body(let octets): return add(octets)
        case .end: return end()
        }
        return nil
    }

    /// Nothing more comes, or nobody waits for more.
    ///
    /// - Returns: the answer as far as it came; nil if there is no head.
    mutating func end() -> WebReply? {
        defer { state = .ended }
        switch state {
        case .waiting, .ended: return nil
        case .reading(let reply): return reply
        }
    }

    private mutating func begin(_ head: HTTPResponseHead, _ now: Timestamp) {
        switch state {
        case .waiting:
            let wish = head.headers.first(name: "retry-after").flatMap { RetryAfter.read($0, now: now) }
            state = .reading(WebReply(status: Int(head.status.code), retryAfter: wish))
        // A second head is a second answer, which nobody has asked for.
        case .reading, .ended: return
        }
    }

    private mutating func add(_ octets: ByteBuffer) -> WebReply? {
        switch state {
        case .waiting, .ended: return nil
        case .reading(let reply):
            let body = reply.body + octets.readableBytesView.prefix(limit - reply.body.count)
            state = .reading(WebReply(status: reply.status, retryAfter: reply.retryAfter, body: body))
            return body.count == limit ? end() : nil
        }
    }
}
