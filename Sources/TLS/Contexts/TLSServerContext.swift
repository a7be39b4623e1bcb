internal import Glibc
internal import Synchronization

/// What the connections of a TLS server share: certificates, trusted authorities and ticket keys.
///
/// Versions 1.2 and 1.3, without renegotiation, compression or early data. Used from all event loops at once.
package final class TLSServerContext: Sendable {
    private struct State {
        var identities: ServerIdentities
        /// The files as they were before they were read last, even if that failed.
        var stamps: [FileStamp?]
    }

    private let settings: TLSServerSettings
    private let ticketKeys: TicketKeyRing
    private let state: Mutex<State>
    private let now: @Sendable () -> Int
    /// One at a time, so that what was read last is what is used.
    private let reloading = Mutex(())

    /// Reads all files. Errors name the file and what is wrong with it: missing, unreadable, not PEM, key and certificate that do
    /// not fit, or a certificate that has expired.
    ///
    /// - Parameter now: the clock, in seconds since 1970; decides about expiry and the age of ticket keys.
    package init(
        _ settings: TLSServerSettings,
        now: @escaping @Sendable () -> Int = { time(nil) }
    ) throws(TLSError) {
        self.settings = settings
        self.now = now
        ticketKeys = TicketKeyRing(now: now)
        let stamps = Self.stamps(settings)
        let identities = try ServerIdentities(settings, ticketKeys: ticketKeys, now: now())
        state = Mutex(State(identities: identities, stamps: stamps))
    }

    /// Reads all files again; connections that are made from now on use them. After an error everything is as it was.
    package func reload() throws(TLSError) {
        try reloading.withLock { _ throws(TLSError) in try load(Self.stamps(settings)) }
    }

    /// Reads all files again if one is not as it was at the last reading. What could not be used is not read again until it changes.
    ///
    /// - Returns: whether there was anything new.
    package func reloadIfChanged() throws(TLSError) -> Bool {
        try reloading.withLock { _ throws(TLSError) -> Bool in
            let stamps = Self.stamps(settings)
            guard state.withLock({ $0.stamps != stamps }) else { return false }
            try load(stamps)
            return true
        }
    }

    /// The stamps are older than what is read, so that a change in between is seen the next time.
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

    /// The certificates for a connection that begins now.
    var identities: ServerIdentities { state.withLock { $0.identities } }
}
