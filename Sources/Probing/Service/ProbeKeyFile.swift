internal import Delivery
internal import Glibc
package import RoundTrips
internal import TLS

/// The file `round-trips.key` beside the spool: 32 octets that nobody else knows, made when there is none. Whoever has it
/// can make messages that the relay deletes from its mailboxes, and nothing else.
package enum ProbeKeyFile {
    package static let name = "round-trips.key"
    private static let size = 32

    /// Blocks on the disk.
    ///
    /// - Parameter directory: exists, and belongs to this process.
    /// - Throws: ``SystemFileError``, or `TLSError` if the system has no randomness.
    package static func key(in directory: String) throws -> ProbeKey {
        let octets = try read("\(directory)/\(name)") ?? make(in: directory)
        return ProbeKey { try? HMAC.authenticate($0, key: octets, .sha256) }
    }

    /// nil if there is none, or one of another size: probes that are under way with that one are lost sight of.
    private static func read(_ path: String) throws(SystemFileError) -> [UInt8]? {
        do throws(SystemFileError) {
            let octets = try SystemFile.read(path, limit: size, flags: O_NOFOLLOW)
            return octets.count == size ? octets : nil
        } catch .call(ENOENT, _) {
            return nil
        } catch .tooLong {
            return nil
        }
    }

    private static func make(in directory: String) throws -> [UInt8] {
        let octets = try SecureRandom.octets(size)
        try SystemFile.replace(name, in: directory, with: octets)
        return octets
    }
}
