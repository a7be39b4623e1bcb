internal import NIOCore
import NIOHTTP1

/// Receives one answer, and distinguishes the body of a success from an error message.
struct AdminAnswer {
    let place: String
    private(set) var isComplete = false
    private var status: HTTPResponseStatus?
    private var errorBody = ByteBuffer()

    /// Longer error bodies are truncated.
    private static let maxErrorLength = 1 << 20

    init(place: String) {
        self.place = place
    }

    /// Octets of the requested content in this part, if any.
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

    /// Throws ``AdminClientError`` unless the answer is complete and successful.
    func check() throws(AdminClientError) {
        guard let status, isComplete else { throw .noAnswer(place: place) }
        guard status.code >= 300 else { return }
        if let problem = try? AdminJSON.decode(ProblemDocument.self, from: errorBody), let problems = problem.problems {
            throw .unusable(problem.detail, problems)
        }
        let document = try? AdminJSON.decode(ErrorDocument.self, from: errorBody)
        throw .refused(status: Int(status.code), message: document?.error ?? status.reasonPhrase)
    }
}
