internal import NIOCore
import NIOHTTP1

/// Brings each request into the form that the types of HTTP know, which have neither its version nor the host in its
/// target, and each answer into the form that the version of its request knows. Confined to its event loop.
///
/// * After the answer to HTTP/1.0 the connection ends, which tells where the answer does.
/// * The host of a target such as `http://relay.example/livez` replaces that of Host.
/// * What was no request gets a problem detail as well.
final class HTTPRequestForm: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias InboundOut = HTTPServerRequestPart
    typealias OutboundIn = HTTPServerResponsePart
    typealias OutboundOut = HTTPServerResponsePart

    /// Those of the requests whose answers have not ended, in their order.
    private var versions: [HTTPVersion] = []

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head):
            versions.append(head.version)
            context.fireChannelRead(wrapInboundOut(.head(Self.usual(head))))
        case .body, .end: context.fireChannelRead(data)
        }
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        switch unwrapOutboundIn(data) {
        case .head(let head): write(head, context, promise)
        case .body: context.write(data, promise: promise)
        case .end:
            if !versions.isEmpty { versions.removeFirst() }
            context.write(data, promise: promise)
        }
    }

    // MARK: Requests

    private static func usual(_ head: HTTPRequestHead) -> HTTPRequestHead {
        var head = head
        if head.version == .http1_0 { makeComplete(&head) }
        if !head.isKeepAlive { head.headers.replaceOrAdd(name: "connection", value: "close") }
        guard let (host, path) = split(target: head.uri) else { return head }
        head.uri = path
        // A request without Host, or with two, must stay one.
        if head.headers["host"].count == 1 { head.headers.replaceOrAdd(name: "host", value: host) }
        return head
    }

    /// HTTP/1.0 need not name a host, and knows no interim answers.
    private static func makeComplete(_ head: inout HTTPRequestHead) {
        if !head.headers.contains(name: "host") { head.headers.add(name: "host", value: "") }
        head.headers.remove(name: "expect")
        head.headers.replaceOrAdd(name: "connection", value: "close")
    }

    /// `relay.example` and `/livez`, of `http://relay.example/livez`; nil for a target without a host.
    private static func split(target: String) -> (host: String, path: String)? {
        guard target.utf8.first != UInt8(ascii: "/"), let scheme = target.firstRange(of: "://") else { return nil }
        let rest = target[scheme.upperBound...]
        let path = rest.drop { $0 != "/" && $0 != "?" && $0 != "#" }
        return (String(rest[..<path.startIndex]), path.first == "/" ? String(path) : "/\(path)")
    }

    // MARK: Answers

    private func write(
        _ head: HTTPResponseHead, _ context: ChannelHandlerContext, _ promise: EventLoopPromise<Void>?
    ) {
        var head = head
        if versions.first == .http1_0 {
            head.version = .http1_0
            head.headers.replaceOrAdd(name: "connection", value: "close")
        }
        guard head.isBare else { return context.write(wrapOutboundOut(.head(head)), promise: promise) }
        head.headers.replaceOrAdd(name: "content-length", value: "\(Self.problem.readableBytes)")
        head.headers.replaceOrAdd(name: "content-type", value: "application/problem+json")
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        context.write(wrapOutboundOut(.body(.byteBuffer(Self.problem))), promise: promise)
    }

    private static let problem: ByteBuffer = {
        let document = ProblemDocument(
            status: 400, title: "Bad Request", detail: "this is no request of HTTP/1.1, or its header is too large")
        return ByteBuffer(string: (try? AdminJSON.line(document)) ?? "")
    }()
}

extension HTTPResponseHead {
    /// Whether this is the answer to what could not be read: all others that say 400 say why.
    fileprivate var isBare: Bool { status == .badRequest && headers.first(name: "content-length") == "0" }
}
