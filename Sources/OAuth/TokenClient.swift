internal import Mail
internal import NIOPosix
package import Outbound
internal import Synchronization

/// Asks token endpoints over HTTP: reads the secrets from their files for each request, and puts a new refresh token on
/// disk before anybody uses it.
package final class TokenClient: TokenSource {
    /// Requests that must not be beside each other: the answer to one may end the refresh token of the other.
    fileprivate enum Line: Hashable {
        case file(String)
        case settings(OAuthSettings)
    }

    /// Octets of an answer that are read.
    package static let answerLimit = TokenAnswer.limit

    private struct State {
        /// The last request of each line.
        var requests: [Line: Task<Void, Never>] = [:]
        var isClosed = false
    }

    private let makeClient: @Sendable (OAuthSettings) throws(WebError) -> any WebClient
    private let shelf = RefreshTokenShelf()
    private let state = Mutex<State>(State())

    /// - Parameter makeClient: called off the event loops: it may read authorities from disk.
    package init(makeClient: @escaping @Sendable (OAuthSettings) throws(WebError) -> any WebClient) {
        self.makeClient = makeClient
    }

    package func request(
        for settings: OAuthSettings, done: @escaping @Sendable (Result<TokenGrant, TokenFailure>) -> Void
    ) {
        let line = Line(settings)
        let isOpen = state.withLock { state in
            guard !state.isClosed else { return false }
            let before = state.requests[line]
            // Without a parent: nobody waits for it but ``close()``, and its time is limited.
            state.requests[line] = Task { done(await self.answer(settings, after: before)) }
            return true
        }
        if !isOpen { done(.failure(Self.stopping)) }
    }

    /// Ends the requests under way; there are none afterwards. One with a refresh token has all its time: the server may
    /// have replaced the token by now, and its answer alone has the new one.
    package func close() async {
        let requests = state.withLock { state in
            state.isClosed = true
            return state.requests
        }
        for (line, request) in requests {
            if case .settings = line { request.cancel() }
        }
        for request in requests.values { await request.value }
    }

    private static let stopping = TokenFailure(TokenError(.unavailable, "no token: the relay is stopping"))

    // MARK: - One request

    /// - Parameter before: the request before it in its line, whose end it waits for.
    private func answer(
        _ settings: OAuthSettings, after before: Task<Void, Never>?
    ) async -> Result<TokenGrant, TokenFailure> {
        if let before {
            await before.value
            guard !state.withLock({ $0.isClosed }) else { return .failure(Self.stopping) }
        }
        return await answer(settings)
    }

    private func answer(_ settings: OAuthSettings) async -> Result<TokenGrant, TokenFailure> {
        do throws(TokenFailure) {
            let secrets = try await secrets(of: settings)
            let reply = try await send(settings, secrets)
            let unsaved = await keep(TokenAnswer.refreshToken(in: reply), settings, after: secrets)
            let host = settings.endpoint.map { "\($0)" } ?? "-"
            let answer = try TokenAnswer.read(reply, from: host, for: settings, hiding: secrets.filter)
            return .success(TokenGrant(answer.token, lifetime: answer.lifetime, unsaved: unsaved))
        } catch {
            return .failure(error)
        }
    }

    private func secrets(of settings: OAuthSettings) async throws(TokenFailure) -> TokenSecrets {
        let found = await onThread { [shelf] in
            Result { () throws(TokenError) -> TokenSecrets in
                var secrets = TokenSecrets()
                secrets.clientSecret = try settings.clientSecretFile.map { (path) throws(TokenError) in
                    try TokenFile.read(path, "client_secret_file")
                }
                guard settings.usedGrant == .refreshToken, let path = settings.refreshTokenFile else { return secrets }
                secrets.refreshToken = try shelf.token(in: path)
                return secrets
            }
        }
        do throws(TokenError) { return try found.get() } catch { throw TokenFailure(error) }
    }

    private func send(_ settings: OAuthSettings, _ secrets: TokenSecrets) async throws(TokenFailure) -> WebReply {
        let client = await onThread { [makeClient] in
            Result { () throws(WebError) in try makeClient(settings) }
        }
        do {
            return try await client.get().send(try TokenRequest.make(settings, secrets))
        } catch let error as TokenError {
            throw TokenFailure(error)
        } catch let error as WebError {
            throw TokenFailure(TokenError(.unavailable, "no token: \(error.message)", causes: error.causes))
        } catch {
            throw TokenFailure(TokenError(.unavailable, "no token: the request has failed", causes: ["\(error)"]))
        }
    }

    /// Stores a new refresh token. With client credentials nobody asked for one, and it is ignored.
    ///
    /// - Returns: why a new refresh token is not on disk; nil if it is, or none came.
    private func keep(
        _ next: String?, _ settings: OAuthSettings, after secrets: TokenSecrets
    ) async -> TokenError? {
        guard let used = secrets.refreshToken, let next, next != used,
            let path = settings.refreshTokenFile
        else { return nil }
        return await onThread { [shelf] in shelf.replace(used, with: next, in: path) }
    }

    /// Files are read and synced off the threads that tasks run on.
    private func onThread<Value: Sendable>(_ body: @escaping @Sendable () -> Value) async -> Value {
        do { return try await NIOThreadPool.singleton.runIfActive(body) } catch { return body() }
    }
}

extension TokenClient.Line {
    fileprivate init(_ settings: OAuthSettings) {
        switch (settings.usedGrant, settings.refreshTokenFile) {
        case (.refreshToken, let path?): self = .file(path)
        case (.refreshToken, nil), (.clientCredentials, _): self = .settings(settings)
        }
    }
}
