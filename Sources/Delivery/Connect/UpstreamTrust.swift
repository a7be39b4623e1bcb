package import TLS

/// What an upstream's certificate is verified against, as read from disk, and the resumable sessions that come of it.
package struct UpstreamTrust: Sendable {
    private let settings: TLSClientSettings
    /// The file with the authorities as it was read; nil for those of the system.
    private let stamp: FileStamp?
    /// Fails if the authorities cannot be read.
    package let context: Result<TLSClientContext, TLSError>

    /// Reads the authorities, which takes a while: those of the system about 45 ms.
    ///
    /// - Returns: `former` if it has the same settings, and its file is the same as before.
    package static func read(_ settings: TLSClientSettings, after former: UpstreamTrust?) -> UpstreamTrust {
        let stamp = settings.caFile.flatMap { FileStamp(of: $0) }
        if let former, former.holds(for: settings, stamp) { return former }
        return UpstreamTrust(settings: settings, stamp: stamp, context: context(settings))
    }

    private static func context(_ settings: TLSClientSettings) -> Result<TLSClientContext, TLSError> {
        Result { () throws(TLSError) in try TLSClientContext(settings) }
    }

    /// Whether it serves these settings without a look at the disk: the system's authorities are read once.
    func holds(for settings: TLSClientSettings) -> Bool { holds(for: settings, nil) }

    private func holds(for settings: TLSClientSettings, _ stamp: FileStamp?) -> Bool {
        guard case .success = context else { return false }
        return self.settings == settings && self.stamp == stamp
    }
}
