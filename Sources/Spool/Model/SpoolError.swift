package import Mail

/// Why the spool could not do something.
package typealias SpoolError = CodedError<SpoolDomain>

/// The domain of ``SpoolError``.
package enum SpoolDomain {}

extension SpoolError.Code {
    /// The disk, or the limit `max_bytes`, is full, or less than `min_free_space` is left.
    package static var full: Self { Self(rawValue: "full") }
    /// The disk reported an error.
    package static var inputOutput: Self { Self(rawValue: "io") }
    /// The data read differs from what was written.
    package static var corrupt: Self { Self(rawValue: "corrupt") }
    /// Another process uses this spool.
    package static var locked: Self { Self(rawValue: "locked") }
    /// The spool was written by a newer release.
    package static var schema: Self { Self(rawValue: "schema") }
    /// The message is not (or no longer) in the spool.
    package static var missing: Self { Self(rawValue: "missing") }
    /// The message's key was used for another message.
    package static var contradiction: Self { Self(rawValue: "contradiction") }
    /// The spool is closing or closed.
    package static var closed: Self { Self(rawValue: "closed") }
}

extension SpoolError {
    package static let closed = SpoolError(.closed, "the spool is closed")
}
