internal import Mail
internal import Outbound

extension WebClient {
    /// Posts JSON.
    ///
    /// - Throws: ``NotifierFailure`` unless it was taken.
    func post(_ body: [UInt8], to url: WebURL, _ fields: [(name: String, value: String)] = []) async throws {
        let reply: WebReply
        do {
            let headers = [(name: "content-type", value: "application/json")] + fields
            reply = try await send(WebRequest(url: url, headers: headers, body: body))
        } catch let error as WebError {
            throw NotifierFailure("\(error)", mayHaveArrived: !Self.early.contains(error.code))
        }
        guard !reply.isSuccess else { return }
        throw NotifierFailure(
            "\(url) answered \(reply.status)" + Self.words(of: reply.body), wait: reply.retryAfter,
            isFinal: Self.finals.contains(reply.status))
    }

    /// Before the request was sent.
    private static var early: Set<WebError.Code> { [.url, .request, .resolve, .refusedAddress, .connect] }

    /// The same request would get the same answer: bad request, gone, too large, not processable (RFC 9110 section 15.5).
    private static var finals: Set<Int> { [400, 410, 413, 422] }

    /// The beginning of what a stranger said, on one line.
    private static func words(of body: [UInt8]) -> String {
        let text = String(decoding: body.prefix(200), as: UTF8.self).split(whereSeparator: \.isNewline).first ?? ""
        return text.isEmpty ? "" : ": \(text)"
    }
}
