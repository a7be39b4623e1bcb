package import Mail

extension SuppressionEntry {
    /// What it makes of its address, for the audit log.
    package var state: String { Self.state(until: expiresAt) }

    package static func state(until end: Timestamp?) -> String {
        "suppressed" + (end.map { " until \($0.rfc3339)" } ?? "")
    }
}

extension SuppressionPattern {
    /// As it stands in the audit log.
    ///
    /// - Parameter form: how addresses are written there.
    package func shown(addresses form: (String) -> String) -> String {
        switch kind {
        case .address: form(text)
        case .domain, .subdomains, .localPart: text
        }
    }
}
