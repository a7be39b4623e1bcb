internal import Delivery
internal import Glibc
package import RoundTrips
internal import Synchronization
internal import TLS

/// The file `round-trips.key` beside the spool: 32 octets that nobody else knows, made when there is none. Whoever has it
/// can make messages that the relay deletes from its mailboxes, and nothing else.
package enum ProbeKeyFile {
    package static let name = "round-trips.key"
    private static let size = 32

    /// The file is read, or made, when the key is first used. One that cannot be is told of, and a key in memory takes its
    /// place: probes that are under way when the relay stops are lost sight of then.
    ///
    /// - Parameters:
    ///   - directory: exists, and belongs to this process.
    ///   - report: called on the thread that uses the key.
    package static func key(in directory: String, report: @escaping @Sendable (TripNews) -> Void) -> ProbeKey {
        let known = KnownKey()
        return ProbeKey { text in
            guard let octets = known.octets(orElse: { find(in: directory, report) }) else { return nil }
            return try? HMAC.authenticate(text, key: octets, .sha256)
        }
    }

    private final class KnownKey: Sendable {
        private let octets = Mutex<[UInt8]?>(nil)

        func octets(orElse find: () -> [UInt8]?) -> [UInt8]? {
            octets.withLock { octets in
                octets = octets ?? find()
                return octets
            }
        }
    }

    /// Blocks on the disk; nil if the system has no randomness.
    private static func find(in directory: String, _ report: (TripNews) -> Void) -> [UInt8]? {
        let path = "\(directory)/\(name)"
        do throws(SystemFileError) {
            if let octets = try read(path) { return octets }
        } catch {
            report(.unreadable(path: path, reason: "\(error)", keptAt: path))
            return try? SecureRandom.octets(size)
        }
        guard let octets = try? SecureRandom.octets(size) else { return nil }
        do throws(SystemFileError) {
            try SystemFile.replace(name, in: directory, with: octets)
        } catch {
            report(.unwritable(path: path, reason: "\(error)"))
        }
        return octets
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
}
