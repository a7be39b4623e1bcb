package import Mail

/// Why a request was not answered.
package typealias WebError = CodedError<WebDomain>

/// The domain of ``WebError``.
package enum WebDomain {}

extension WebError.Code {
    /// A text is not a URL that requests can go to.
    package static var url: Self { Self(rawValue: "url") }
    /// The request cannot be sent: a header field has octets that would end it.
    package static var request: Self { Self(rawValue: "request") }
    /// The host has no address.
    package static var resolve: Self { Self(rawValue: "resolve") }
    /// Every address of the host is private, loopback or otherwise not public.
    package static var refusedAddress: Self { Self(rawValue: "refused_address") }
    /// No address accepted a connection.
    package static var connect: Self { Self(rawValue: "connect") }
    /// The handshake failed, or the certificate is not trusted or for another name.
    package static var tls: Self { Self(rawValue: "tls") }
    /// There was no answer in time.
    package static var timeout: Self { Self(rawValue: "timeout") }
    /// The answer is not HTTP/1.1, or the connection ended before its head was whole.
    package static var `protocol`: Self { Self(rawValue: "protocol") }
    /// The head of the answer is too long.
    package static var tooLong: Self { Self(rawValue: "too_long") }
    /// The caller no longer waits.
    package static var cancelled: Self { Self(rawValue: "cancelled") }
    /// A signing secret cannot be read or is not one.
    package static var secret: Self { Self(rawValue: "secret") }
}

extension WebError {
    static func url(_ problem: String) -> WebError { WebError(.url, problem) }
}
