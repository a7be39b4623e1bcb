/// The relay.conf of a scenario: short times, a free port, a spool in the scenario's directory.
struct RelayConfig: Sendable {
    struct Upstream: Sendable {
        var name: String
        var address: String
        /// Further lines of its table.
        var lines: [String] = []
    }

    var hostname = "relay.example"
    /// Further lines before the first table.
    var top: [String] = []
    var upstreams: [Upstream]
    var listener: [String] = []
    /// Whole tables, such as `[[user]]`.
    var tables: [String] = []
    /// Further lines of `[admin]`.
    var admin: [String] = []
    var log = ["format = \"json\""]
    var spool: [String] = ["min_free_space = 0"]
    var circuit = ["consecutive_failures = 3", "open_duration = \"300ms\"", "max_open_duration = \"500ms\""]
    /// Probes are sessions too, which some scenarios count.
    var health: [String] = []
    var retry = ["initial = \"300ms\"", "max = \"500ms\""]

    init(_ upstreams: Upstream...) {
        self.upstreams = upstreams
    }

    /// - Parameter directory: where spool and socket are.
    func text(in directory: String, spoolPath: String) -> String {
        var lines = ["hostname = \"\(hostname)\""] + top + ["[spool]", "path = \"\(spoolPath)\""] + spool
        lines += ["[admin]", "socket = \"\(directory)/admin.sock\""] + admin + ["[log]"] + log
        lines += ["[circuit]"] + circuit + ["[retry]"] + retry + ["[health]"] + health
        lines += ["[[listener]]", "address = \"127.0.0.1:0\""] + listener
        lines += tables
        for upstream in upstreams {
            lines += ["[[upstream]]", "name = \"\(upstream.name)\"", "address = \"\(upstream.address)\""]
            lines += upstream.lines
        }
        return lines.joined(separator: "\n") + "\n"
    }
}
