/// Which paths an operator means.
package struct TripFilter: Hashable, Sendable {
    /// Of round trips; empty for all.
    package var names: [String]
    /// Empty for all, and for what goes as routed; otherwise only what is pinned to one of these.
    package var upstreams: [String]

    package init(names: [String] = [], upstreams: [String] = []) {
        (self.names, self.upstreams) = (names, upstreams)
    }

    package func matches(_ path: TripPath) -> Bool {
        (names.isEmpty || names.contains(path.trip))
            && (upstreams.isEmpty || path.upstream.map { upstreams.contains($0) } ?? false)
    }
}
