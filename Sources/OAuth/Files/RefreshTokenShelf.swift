internal import Mail
internal import Synchronization

/// The refresh tokens that servers have given, until they are on disk: on a full disk the newest must not be lost, nor
/// used before it is written.
///
/// Its calls read and write files. There is one at a time for a file.
final class RefreshTokenShelf: Sendable {
    /// Of the files, in relay.conf.
    static let key = "refresh_token_file"

    private struct Unsaved {
        /// What the file has.
        let used: String
        let next: String
    }

    private struct State {
        /// By path.
        var unsaved: [String: Unsaved] = [:]
        /// Paths from which a token has been used.
        var known: Set<String> = []
    }

    private let state = Mutex(State())

    /// The token to use; one that is not on disk yet is written first.
    ///
    /// - Throws: ``TokenError`` `file` or `unsaved`.
    func token(in path: String) throws(TokenError) -> String {
        let present = try TokenFile.read(path, Self.key)
        let (waiting, isFirst) = state.withLock { ($0.unsaved[path], $0.known.insert(path).inserted) }
        guard let waiting else {
            // Whoever has put it there may have been killed before it was on disk. It is the only one that there is.
            if isFirst { try? TokenFile.settle(path) }
            return present
        }
        // The new one may be in its place already without being on disk. Any other has been put there by somebody.
        let isOurs = present == waiting.used || present == waiting.next
        if isOurs { try TokenFile.replace(path, with: waiting.next) }
        state.withLock { $0.unsaved[path] = nil }
        return isOurs ? waiting.next : present
    }

    /// The server has given another token for one that was used.
    ///
    /// - Returns: why it is not on disk; nil if it is, or if somebody has put another one there meanwhile.
    func replace(_ used: String, with next: String, in path: String) -> TokenError? {
        do throws(TokenError) {
            guard try TokenFile.read(path, Self.key) == used else { return nil }
            try TokenFile.replace(path, with: next)
            return nil
        } catch {
            state.withLock { $0.unsaved[path] = Unsaved(used: used, next: next) }
            return error
        }
    }
}
