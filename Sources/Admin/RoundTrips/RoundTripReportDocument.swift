/// What commands read of a report; property names match the JSON, which has more.
package struct RoundTripReportDocument: Decodable, Hashable, Sendable {
    package struct Trip: Decodable, Hashable, Sendable {
        package let name: String
        package let upstream: String?
        package let sent: Int
        package let availability: Double?
        package let inbox_share: Double?
        package let junk_share: Double?
        package let total_p50_seconds: Double?
        package let total_p95_seconds: Double?
        package let total_p99_seconds: Double?
    }

    package struct Incident: Decodable, Hashable, Sendable {
        package let name: String
        package let upstream: String?
        package let state: String
        package let cause: String
        package let began_at: String
        /// nil while it lasts.
        package let seconds: Double?
    }

    package let from: String
    package let until: String
    package let round_trips: [Trip]
    package let incidents: [Incident]
}
