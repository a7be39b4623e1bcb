internal import Glibc
internal import Synchronization

/// What the connections of a TLS server share: certificates, trusted authorities and ticket keys.
///
/// Versions 1.2 and 1.3, without renegotiation, compression or early data. Used from all event loops at once.
package final class TLSServerContext: Sendable {
    private struct State {
        var identities: ServerIdentities
        /// State of the files before they were last read, even if that failed.
        var stamps: [FileStamp?]
        var settings: TLSServerSettings
    }

    private let ticketKeys: TicketKeyRing
    private let state: Mutex<State>
    private let now: @Sendable () -> Int
    /// One reload at a time, so that the latest read is the one in use.
    private let reloading = Mutex(())

    /// Loads all files. Errors name the file and the problem: missing, unreadable, not PEM, key and certificate that do
    /// not match, or an expired certificate.
    ///
    /// - Parameter now: seconds since 1970; determines expiry and the age of ticket keys.
    package init(
        _ settings: TLSServerSettings,
        now: @escaping @Sendable () -> Int = { time(nil) }
    ) throws(TLSError) {
        self.now = now
        ticketKeys = TicketKeyRing(now: now)
        let stamps = Self.stamps(settings)
        let identities = try ServerIdentities(settings, ticketKeys: ticketKeys, now: now())
        state = Mutex(State(identities: identities, stamps: stamps, settings: settings))
    }

    /// Uses other files for new connections. After an error nothing changes.
    package func replace(with settings: TLSServerSettings) throws(TLSError) {
        try reloading.withLock { _ throws(TLSError) in
            guard state.withLock({ $0.settings != settings }) else { return }
            let stamps = Self.stamps(settings)
            let identities = try ServerIdentities(settings, ticketKeys: ticketKeys, now: now())
            state.withLock { $0 = State(identities: identities, stamps: stamps, settings: settings) }
        }
    }

    private var settings: TLSServerSettings { state.withLock { $0.settings } }

    /// Reloads all files; new connections use them. After an error nothing changes.
    package func reload() throws(TLSError) {
        try reloading.withLock { _ throws(TLSError) in try load(Self.stamps(settings)) }
    }

    /// Reloads all files if any has changed since the last read. A file that could not be used is not read again until
    /// it changes.
    ///
    /// - Returns: whether anything was new.
    package func reloadIfChanged() throws(TLSError) -> Bool {
        try reloading.withLock { _ throws(TLSError) -> Bool in
            let stamps = Self.stamps(settings)
            guard state.withLock({ $0.stamps != stamps }) else { return false }
            try load(stamps)
            return true
        }
    }

    /// The stamps are taken before reading, so that a change in between is noticed next time.
    private func load(_ stamps: [FileStamp?]) throws(TLSError) {
        state.withLock { $0.stamps = stamps }
        let identities = try ServerIdentities(settings, ticketKeys: ticketKeys, now: now())
        state.withLock { $0.identities = identities }
    }

    private static func stamps(_ settings: TLSServerSettings) -> [FileStamp?] {
        let files =
            settings.certificates.flatMap { [$0.certificate, $0.privateKey] } + [settings.clientCA].compactMap(\.self)
        return files.map(FileStamp.init(of:))
    }

    /// The certificates for a connection that starts now.
    var identities: ServerIdentities { state.withLock { $0.identities } }
}
