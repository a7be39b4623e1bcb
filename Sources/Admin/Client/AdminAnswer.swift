internal import NIOCore
import NIOHTTP1

/// Takes the parts of one answer and tells octets of a good one from the sentence of an error.
struct AdminAnswer {
    let socketPath: String
    private(set) var isComplete = false
    private var status: HTTPResponseStatus?
    private var errorBody = ByteBuffer()

    /// An error's body that is longer is cut.
    private static let maxErrorLength = 64 << 10

    init(socketPath: String) {
        self.socketPath = socketPath
    }

    /// Octets of what was asked for, if this part has some.
    mutating func received(_ part: HTTPClientResponsePart) -> ByteBuffer? {
        switch part {
        case .head(let head):
            status = head.status
            return nil
        case .body(let octets):
            guard let status, status.code >= 300 else { return octets }
            if errorBody.readableBytes < Self.maxErrorLength { errorBody.writeImmutableBuffer(octets) }
            return nil
        case .end:
            isComplete = true
            return nil
        }
    }

    /// Throws ``AdminClientError`` unless the answer is whole and good.
    func check() throws(AdminClientError) {
        guard let status, isComplete else { throw .noAnswer(socket: socketPath) }
        guard status.code >= 300 else { return }
        let document = try? AdminJSON.decode(ErrorDocument.self, from: errorBody)
        throw .refused(status: Int(status.code), message: document?.error ?? status.reasonPhrase)
    }
}
