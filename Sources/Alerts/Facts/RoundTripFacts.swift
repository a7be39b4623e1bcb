package import RoundTrips

/// How a path stands: whether the mail of an upstream arrives in a mailbox.
package struct RoundTripFacts: Hashable, Sendable {
    package var path: TripPath
    /// nil before the first.
    package var verdict: TripVerdict?
    /// Why, as a sentence without its end: may have words of the mailbox's server.
    package var cause: String?

    package init(_ path: TripPath, _ verdict: TripVerdict?, cause: String? = nil) {
        (self.path, self.verdict, self.cause) = (path, verdict, cause)
    }
}

extension RoundTripFacts {
    /// As a subject: `gmail through ses`, `gmail as routed`.
    var subject: String { path.upstream.map { "\(path.trip) through \($0)" } ?? "\(path.trip) as routed" }

    /// Whose mail it is.
    private var mail: String { path.upstream.map { "mail through \($0)" } ?? "mail as it is routed" }

    /// What is told, without the cause; nil while there is nothing to tell.
    var trouble: String? {
        switch verdict {
        case .ok, nil: nil
        case .late: "\(mail) arrives late in \(path.mailbox)"
        case .missing: "\(mail) does not arrive in \(path.mailbox)"
        case .mailboxUnreachable: "nobody can tell whether \(mail) arrives in \(path.mailbox)"
        case .upstreamFailed:
            path.upstream.map { "\($0) takes no mail to \(path.mailbox)" }
                ?? "no upstream takes mail to \(path.mailbox)"
        }
    }

    var arrival: String { "\(mail) arrives in \(path.mailbox)" }
}
