internal import Upstreams

/// Changes of the configuration.
extension UpstreamPool {
    /// Other settings apply from now on.
    ///
    /// - Parameters:
    ///   - change: what is different.
    ///   - access: for new sessions; nil to keep the present one.
    ///   - limits: times for new sessions.
    func replace(
        _ settings: UpstreamSettings, _ change: UpstreamChange, access: UpstreamAccess?,
        limits: SessionWatchdog.Limits
    ) {
        if settings.pipelining != self.settings.pipelining || change.contains(.address) {
            pipelining = PipeliningUse(settings.pipelining)
        }
        exchange(settings, access: access, limits: limits, isElsewhere: change.contains(.address))
        dismiss(beyond: settings)
        if change.contains(.sessions) { renew() }
    }

    /// Sessions finish what they have and end, connections being made are given up, and new ones have the settings of now.
    func renew() {
        abandonConnections()
        for session in dismissAll() { dismiss(session) }
    }

    /// Ends sessions that are not needed, since fewer carry as much.
    func dismissSurplus() {
        for session in takeSurplus() { dismiss(session) }
    }

    private func dismiss(beyond settings: UpstreamSettings) {
        for session in resize(to: settings) { dismiss(session) }
        for session in sessions { quitIfDone(session, isWanted: true) }
    }

    /// A session that has not greeted has nothing to finish.
    private func dismiss(_ session: UpstreamSession) {
        guard session.isGreeted || session.jobCount > 0 else {
            session.abandon()
            return remove(session)
        }
        session.retire()
        if session.isIdle { quit(session) }
    }
}
