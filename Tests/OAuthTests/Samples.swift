import Mail
import Upstreams

@testable import OAuth

extension BearerToken {
    static func named(_ text: String) -> BearerToken {
        guard let token = BearerToken(text) else { preconditionFailure("\(text) is a token") }
        return token
    }
}

extension TokenGrant {
    static func sample(_ name: String = "one", _ seconds: Int64 = 3600, unsaved: TokenError? = nil) -> TokenGrant {
        TokenGrant(.named(name), lifetime: .seconds(seconds), unsaved: unsaved)
    }
}

extension TokenFailure {
    static func sample(_ text: String = "no", retryAfter: Duration? = nil) -> TokenFailure {
        TokenFailure(TokenError(.unavailable, text), retryAfter: retryAfter)
    }
}

extension MonotonicInstant {
    static let start = MonotonicInstant(nanoseconds: 0)

    static func at(_ seconds: Double) -> MonotonicInstant { start + .milliseconds(Int64(seconds * 1000)) }
}
