import Hummingbird
import HummingbirdCore
internal import Logging
internal import NIOCore
import NIOHTTP1
internal import TLS

/// Sets up each connection: TLS by the relay's own layer, then HTTP, all of it bounded.
struct HTTPConnection: ServerChildChannel {
    typealias Value = HTTP1Channel.Value

    private static let handshakeTimeout = TimeAmount.seconds(10)

    private let http: HTTP1Channel
    private let door: HTTPDoor

    init(_ responder: @escaping HTTPChannelHandler.Responder, _ door: HTTPDoor) {
        self.door = door
        let configuration = HTTP1Channel.Configuration(
            additionalChannelHandlers: [ConnectionWarden(door.register, limits: door.bounds.warden)],
            idleTimeout: door.bounds.idle,
            httpDecoderConfiguration: .init(
                maxHeaderFieldSize: 16 << 10, maxHeaderListSize: 32 << 10, maxHeaderFieldCount: 100))
        http = HTTP1Channel(responder: responder, configuration: configuration)
    }

    func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Value> {
        channel.eventLoop.makeCompletedFuture {
            if let tls = door.tls {
                try channel.pipeline.syncOperations.addHandler(
                    TLSHandler(server: tls, handshakeTimeout: Self.handshakeTimeout))
            }
        }.flatMap {
            http.setup(channel: channel, logger: logger)
        }.flatMapThrowing { value in
            // Before the types of HTTP that all its versions share.
            let pipeline = channel.pipeline.syncOperations
            let decoder = try pipeline.handler(type: ByteToMessageHandler<HTTPRequestDecoder>.self)
            try pipeline.addHandler(HTTPRequestForm(), position: .after(decoder))
            if !door.welcomes(channel) { channel.close(promise: nil) }
            return value
        }
    }

    func handle(value: Value, logger: Logger) async {
        await http.handle(value: value, logger: logger)
    }
}
