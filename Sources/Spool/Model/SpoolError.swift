/// Why the spool could not do something.
package struct SpoolError: Error, Hashable, Sendable, CustomStringConvertible {
    package struct Code: RawRepresentable, Hashable, Sendable {
        package let rawValue: String

        package init(rawValue: String) {
            self.rawValue = rawValue
        }

        /// The disk, or the limit `max_bytes`, is full, or less than `min_free_space` is left.
        package static let full = Code(rawValue: "full")
        /// The disk reported an error.
        package static let inputOutput = Code(rawValue: "io")
        /// The data read differs from what was written.
        package static let corrupt = Code(rawValue: "corrupt")
        /// Another process uses this spool.
        package static let locked = Code(rawValue: "locked")
        /// The spool was written by a newer release.
        package static let schema = Code(rawValue: "schema")
        /// The message is not (or no longer) in the spool.
        package static let missing = Code(rawValue: "missing")
        /// The message's key was used for another message.
        package static let contradiction = Code(rawValue: "contradiction")
        /// The spool is closing or closed.
        package static let closed = Code(rawValue: "closed")
    }

    package let code: Code
    /// A sentence for the operator: what was attempted, with the path, and the system's error.
    package let message: String

    package init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    package var description: String { message }
}
