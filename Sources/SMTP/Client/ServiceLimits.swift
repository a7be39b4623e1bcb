/// A server's limits per session (RFC 9422 section 4); nil if it named none.
package struct ServiceLimits: Hashable, Sendable {
    /// Transactions per session: MAILMAX, section 4.1.
    package var transactions: Int?
    /// Recipients per transaction: RCPTMAX, section 4.2.
    package var recipients: Int?
    /// Distinct recipient domains per transaction: RCPTDOMAINMAX, section 4.3.
    package var domains: Int?

    package init() {}

    /// Reads one word of the keyword's value, `RCPTMAX=100`. Unknown or malformed limits are ignored (section 3.1).
    mutating func add(_ word: Substring) {
        let parts = word.split(separator: "=", maxSplits: 1)
        guard parts.count == 2, (1...6).contains(parts[1].utf8.count), let value = Int(parts[1]), value > 0 else {
            return
        }
        switch parts[0].uppercased() {
        case "MAILMAX": transactions = value
        case "RCPTMAX": recipients = value
        case "RCPTDOMAINMAX": domains = value
        default: break
        }
    }

    /// Number of leading recipients that fit in one transaction; at least one.
    package func prefix(of recipients: some RandomAccessCollection<Substring>) -> Int {
        let most = min(self.recipients ?? .max, recipients.count)
        guard let domains, domains < most else { return most }
        var seen: Set<String> = []
        for (index, domain) in recipients.prefix(most).enumerated() {
            seen.insert(domain.lowercased())
            if seen.count > domains { return index }
        }
        return most
    }
}
