/// Sends requests; tests have their own.
package protocol WebClient: Sendable {
    /// Sends a request, once, and waits for the answer.
    ///
    /// - Throws: ``WebError``. Unless its code is `url`, `request`, `resolve`, `refused_address` or `connect`, the server
    ///   may have received the request.
    func send(_ request: WebRequest) async throws -> WebReply
}
