package import Mail
package import NIOCore
internal import NIOPosix
package import TLS

/// HTTP/1.1 over our own TLS, one connection per request.
///
/// Redirects are not followed. An address is checked after resolution, and the one that was checked is connected to. The
/// whole request has one time limit; at most 64 KiB of an answer are read.
package final class NIOWebClient: WebClient {
    private let group: any EventLoopGroup
    private let means: WebExchange.Means

    /// - Parameters:
    ///   - timeout: for everything from the query for the name to the answer.
    ///   - trust: for `https`.
    ///   - bodyLimit: octets of an answer's body that are kept, at most 48 KiB.
    ///   - allowPrivate: whether private, loopback and link-local addresses may be connected to.
    ///   - clock: the system's; for dates in `Retry-After`.
    /// - Throws: ``WebError`` `tls` if the authorities cannot be read.
    package init(
        group: any EventLoopGroup, timeout: Duration = .seconds(10), trust: TLSClientSettings = TLSClientSettings(),
        bodyLimit: Int = WebReply.bodyLimit, allowPrivate: Bool = false,
        resolver: any NameResolver = SystemResolver.shared, clock: @escaping @Sendable () -> Timestamp
    ) throws(WebError) {
        precondition(bodyLimit <= 48 << 10, "the gauge would end an answer that is to be kept")
        self.group = group
        do {
            means = WebExchange.Means(
                tls: try TLSClientContext(trust), rule: AddressRule(allowsPrivate: allowPrivate), resolver: resolver,
                timeout: timeout, bodyLimit: bodyLimit, clock: clock)
        } catch {
            throw WebError(.tls, error.message, causes: error.causes)
        }
    }

    package func send(_ request: WebRequest) async throws -> WebReply {
        try request.check()
        let eventLoop = group.next()
        let promise = eventLoop.makePromise(of: WebReply.self)
        let exchange = try await eventLoop.submit { [means] in
            NIOLoopBound(WebExchange(request, means, on: eventLoop, promise), eventLoop: eventLoop)
        }.get()
        return try await withTaskCancellationHandler {
            eventLoop.execute { exchange.value.start() }
            return try await promise.futureResult.get()
        } onCancel: {
            eventLoop.execute { exchange.value.cancel() }
        }
    }
}
