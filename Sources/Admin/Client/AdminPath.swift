package import Audit

/// Paths of the admin interface.
package enum AdminPath {
    package static let health = "/v1/health"
    package static let metrics = "/metrics"
    package static let upstreams = "/v1/upstreams"
    package static let paces = "/v1/paces"
    package static let users = "/v1/users"
    package static let userTrust = "/v1/users/trust"
    private static let statistics = "/v1/queue/stats"

    package static func queue(_ question: ListingQuestion) -> String { "/v1/queue" + query(question) }
    package static func queueCount(_ question: ListingQuestion) -> String { "/v1/queue/count" + query(question) }
    package static func statistics(_ question: ListingQuestion) -> String { statistics + query(question) }

    package static func history(_ question: HistoryQuestion) -> String { "/v1/history" + query(question.query) }
    package static func historyStatistics(_ question: HistoryQuestion) -> String {
        "/v1/history/stats" + query(question.query)
    }
    package static func historyEntry(_ id: String) -> String { "/v1/history/\(encoded(id))" }
    package static func historyContent(_ id: String) -> String { "/v1/history/\(encoded(id))/content" }
    package static let historyErasure = "/v1/history/erase"

    private static func query(_ question: ListingQuestion) -> String { query(question.query) }

    private static func query(_ words: [(name: String, value: String)]) -> String {
        query(words.map { (name: $0.name, value: Optional($0.value)) })
    }

    package static func upstream(_ name: String) -> String { "\(upstreams)/\(encoded(name))" }
    /// - Parameter action: raw value of an ``UpstreamControl/Action``.
    package static func control(_ name: String, _ action: String) -> String {
        "\(upstreams)/\(encoded(name))/\(encoded(action))"
    }

    package static func quota(_ name: String) -> String { "\(upstreams)/\(encoded(name))/quota" }

    package static func message(_ id: String) -> String { "/v1/queue/\(encoded(id))" }
    package static func resolution(_ id: String) -> String { "/v1/queue/\(encoded(id))/resolve" }
    package static let resolutions = "/v1/queue/resolve"
    package static func order(_ verb: QueueVerb) -> String { "/v1/queue/\(verb.rawValue)" }
    package static func order(_ verb: QueueVerb, _ id: String) -> String { "/v1/queue/\(encoded(id))/\(verb.rawValue)" }
    package static func importing(reason: String?) -> String {
        "/v1/queue/import" + (reason.map { "?reason=\(encoded($0))" } ?? "")
    }
    package static func export(_ id: String) -> String { "/v1/queue/\(encoded(id))/export" }
    package static func content(_ id: String) -> String { "/v1/queue/\(encoded(id))/content" }

    package static func audit(_ filter: AuditFilter) -> String {
        let query = filter.query.map { "\($0.name)=\(encoded($0.value))" }.joined(separator: "&")
        return query.isEmpty ? "/v1/audit" : "/v1/audit?\(query)"
    }
    package static func auditVerification(head: AuditHash?) -> String {
        "/v1/audit/verify" + (head.map { "?head=\($0)" } ?? "")
    }

    package static func events(_ question: EventQuestion) -> String { "/v1/events" + query(question.query) }
    package static func trace(_ question: TraceQuestion) -> String { "/v1/trace" + query(question.query) }

    package static let alerts = "/v1/alerts"
    package static func alert(_ name: String, _ action: AlertOrderDocument.Action) -> String {
        "\(alerts)/\(encoded(name))/\(action.rawValue)"
    }

    package static let roundTrips = "/v1/round-trips"
    package static let roundTripRun = "/v1/round-trips/run"
    package static func roundTripReport(_ question: RoundTripQuestion) -> String {
        "/v1/round-trips/report" + query(question.query)
    }

    package static let reload = "/v1/reload"
    package static let suppressionAddition = "/v1/suppressions/add"
    package static let suppressionRemoval = "/v1/suppressions/remove"

    /// - Parameter words: names of the query, with values; those without are left out.
    package static func suppressions(_ words: [(name: String, value: String?)]) -> String {
        "/v1/suppressions" + query(words)
    }

    package static func suppressionCheck(of address: String) -> String {
        "/v1/suppressions/check" + query([("address", address)])
    }

    package static func suppressionImport(_ words: [(name: String, value: String?)]) -> String {
        "/v1/suppressions/import" + query(words)
    }

    package static let webhooks = "/v1/webhooks"
    /// - Parameter state: `dead` or `waiting`.
    package static func webhookEvents(_ name: String, state: String, limit: Int?) -> String {
        "\(webhooks)/\(encoded(name))/events" + query([("state", state), ("limit", limit.map { "\($0)" })])
    }
    package static func webhookOrder(_ name: String, _ verb: WebhookVerb) -> String {
        "\(webhooks)/\(encoded(name))/\(verb.rawValue)"
    }

    package static let streams = "/v1/streams"
    package static func stream(_ name: String) -> String { "\(streams)/\(encoded(name))" }
    package static func streamOrder(_ name: String, _ verb: StreamVerb) -> String {
        "\(streams)/\(encoded(name))/\(verb.rawValue)"
    }

    private static func query(_ words: [(name: String, value: String?)]) -> String {
        let query = words.compactMap { name, value in value.map { "\(name)=\(encoded($0))" } }.joined(separator: "&")
        return query.isEmpty ? "" : "?\(query)"
    }

    /// The text that a part of a path stands for; nil if its percent-encoding is broken, or it is not UTF-8.
    static func decoded(_ part: String) -> String? {
        var octets: [UInt8] = []
        var rest = part.utf8[...]
        while let octet = rest.popFirst() {
            guard octet == UInt8(ascii: "%") else {
                octets.append(octet)
                continue
            }
            guard let high = rest.popFirst().flatMap(digit), let low = rest.popFirst().flatMap(digit) else {
                return nil
            }
            octets.append(high << 4 | low)
        }
        return String(validating: octets, as: UTF8.self)
    }

    private static func digit(_ octet: UInt8) -> UInt8? {
        Character(Unicode.Scalar(octet)).hexDigitValue.map { UInt8($0) }
    }

    /// Everything but unreserved characters is percent-encoded (RFC 3986 section 2.3).
    private static func encoded(_ text: String) -> String {
        var result = ""
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
                UInt8(ascii: "~"):
                result.unicodeScalars.append(Unicode.Scalar(byte))
            default:
                let hex = String(byte, radix: 16, uppercase: true)
                result += "%" + (hex.count == 1 ? "0" + hex : hex)
            }
        }
        return result
    }
}
