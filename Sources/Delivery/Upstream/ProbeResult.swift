package import Mail

/// Result of a probe.
package struct ProbeResult: Hashable, Sendable {
    package var at: Timestamp
    package var took: Duration
    /// The phase that failed, such as `connect`, `auth`; nil if it succeeded.
    package var failedPhase: String?
    /// One line: the last reply, or the error.
    package var text: String
    /// Whether it failed because our account was refused.
    package var isAccountFault = false
    /// Whether this machine was short of what the probe needs, so that it shows nothing.
    package var isShortage = false

    package init(at: Timestamp, took: Duration, failedPhase: String?, text: String) {
        self.at = at
        self.took = took
        self.failedPhase = failedPhase
        self.text = text
    }
}
