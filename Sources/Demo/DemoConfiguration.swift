package import Access

/// relay.conf of a demo or a drill. Retries, circuits and round trips have short times, so that there is something to see.
package struct DemoConfiguration {
    /// Times of round trips, in seconds.
    package struct RoundTrips: Hashable, Sendable {
        package var every: Double
        package var missingAfter: Double
        package var missingThreshold: Int

        package init(every: Double, missingAfter: Double, missingThreshold: Int) {
            self.every = every
            self.missingAfter = missingAfter
            self.missingThreshold = missingThreshold
        }
    }

    /// Whose mailbox the probes go to.
    static let probed = "probe@example.net"

    /// Where mail is taken.
    package var listener: String
    /// Where the API and the page are, and who may use them; nil for the socket only.
    package var api: (address: String, token: TokenHash)?
    package var roundTrips: RoundTrips

    package init(listener: String, api: (address: String, token: TokenHash)? = nil, roundTrips: RoundTrips) {
        self.listener = listener
        self.api = api
        self.roundTrips = roundTrips
    }

    /// - Parameter directory: for everything.
    func text(_ directory: DemoDirectory, _ sinks: DemoSinks) -> String {
        ([head(directory)] + sinks.upstreams.map(Self.upstream) + [roundTrip(directory, sinks.mailbox)])
            .joined(separator: "\n")
    }

    private func head(_ directory: DemoDirectory) -> String {
        """
        hostname = "demo.posthorse.example"

        [spool]
        path = "\(directory.path)/spool"
        min_free_space = "1MiB"

        [admin]
        socket = "\(directory.socket)"
        \(api.map { Self.access($0.address, $0.token) } ?? "")
        [log]
        format = "json"

        [circuit]
        consecutive_failures = 3
        open_duration = "3s"

        [recovery]
        step_duration = "2s"

        [retry]
        initial = "2s"
        max = "10s"

        [[listener]]
        address = "\(listener)"

        """
    }

    private static func access(_ address: String, _ token: TokenHash) -> String {
        """
        http = "\(address)"

        [[admin.token]]
        name = "demo"
        hash = "\(token.text)"
        role = "operate"

        """
    }

    private static func upstream(_ sink: DemoSink) -> String {
        """
        [[upstream]]
        name = "\(sink.name)"
        address = "\(sink.address)"

        """
    }

    private func roundTrip(_ directory: DemoDirectory, _ mailbox: DemoSink) -> String {
        """
        [[round_trip]]
        name = "demo"
        sender = "probe@demo.posthorse.example"
        every = "\(Self.text(roundTrips.every))"
        late_after = "\(Self.text(roundTrips.missingAfter))"
        missing_after = "\(Self.text(roundTrips.missingAfter))"
        missing_threshold = \(roundTrips.missingThreshold)
        action = "open"

        [round_trip.mailbox]
        address = "\(mailbox.mailboxes ?? "")"
        tls = "off"
        username = "\(Self.probed)"
        password_file = "\(directory.passwordFile)"

        """
    }

    private static func text(_ seconds: Double) -> String { "\(Int((seconds * 1000).rounded()))ms" }
}
