/// What went wrong with the database.
package struct PostgresError: Error, Hashable, Sendable, CustomStringConvertible {
    package enum Code: Hashable, Sendable {
        /// libpq cannot be loaded.
        case library
        /// The connection string, or a file that it names, is of no use.
        case settings
        /// No host of the list has let us in.
        case unreachable
        /// No answer in time.
        case timeout
        /// The connection broke; nobody knows what the server has done with what it was sent last.
        case connection
        /// The server has refused a statement; see ``PostgresError/state``.
        case server
    }

    package let code: Code
    /// For people, without a password.
    package let message: String
    /// SQLSTATE, five characters; nil unless the server has said it (PostgreSQL, appendix A).
    package let state: String?

    package init(_ code: Code, _ message: String, state: String? = nil) {
        self.code = code
        self.message = message
        self.state = state
    }

    package var description: String { message }

    /// Whether the connection is of no more use.
    package var isFatal: Bool { code != .server || state.map { $0.hasPrefix("57P") || $0.hasPrefix("08") } ?? true }

    /// Class 53: disk full, too many connections, out of memory.
    package var isLackOfResources: Bool { state?.hasPrefix("53") ?? false }
}
