package import Mail

/// Why the audit log could not be read or written.
package typealias AuditError = CodedError<AuditDomain>

/// The domain of ``AuditError``.
package enum AuditDomain {}

extension AuditError.Code {
    /// A system call, or the database, failed.
    package static var system: Self { Self(rawValue: "system") }
    /// The key of a log is missing, or is none.
    package static var key: Self { Self(rawValue: "key") }
    /// There is no log, although there is a key.
    package static var missing: Self { Self(rawValue: "missing") }
    /// Nobody knows whether it was written.
    package static var unsettled: Self { Self(rawValue: "unsettled") }
    /// The relay is stopping.
    package static var closed: Self { Self(rawValue: "closed") }
}
