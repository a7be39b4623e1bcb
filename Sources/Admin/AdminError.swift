package import Mail

/// Why the admin interface cannot serve, or will not answer.
package typealias AdminError = CodedError<AdminDomain>

/// The domain of ``AdminError``.
package enum AdminDomain {}

extension AdminError.Code {
    /// The query or the body of a request is invalid.
    package static var badRequest: Self { Self(rawValue: "bad_request") }
    /// The socket cannot be created.
    package static var socket: Self { Self(rawValue: "socket") }
}
