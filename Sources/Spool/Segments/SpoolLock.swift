internal import Mail
internal import Glibc
internal import Synchronization

/// Holds the spool's directory for one process, by `flock` on its file `lock`; the kernel releases it when the process
/// ends.
package final class SpoolLock: Sendable {
    private let descriptor: Int32
    private let isHeld = Atomic<Bool>(true)

    private init(descriptor: Int32) {
        self.descriptor = descriptor
    }

    /// - Throws: ``SpoolError`` `locked`, with the path and the process that holds it, or `inputOutput`.
    package convenience init(directory: String) throws(SpoolError) {
        self.init(descriptor: try Self.lock(directory))
        let text = "\(getpid())\n"
        ftruncate(descriptor, 0)
        _ = text.withCString { pwrite(descriptor, $0, strlen($0), 0) }
    }

    /// Number of attempts, a tenth of a second apart.
    private static let retries = 10

    private static func lock(_ directory: String) throws(SpoolError) -> Int32 {
        let path = directory + "/lock"
        let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw .system(errno, "open \(path)") }
        var reason: Int32 = 0
        // A relay that is being restarted has a moment to release it.
        for attempt in 0..<retries {
            guard flock(descriptor, LOCK_EX | LOCK_NB) != 0 else { return descriptor }
            reason = errno
            guard reason == EWOULDBLOCK else { break }
            if attempt < retries - 1 { usleep(100_000) }
        }
        let holder = Self.holder(descriptor)
        close(descriptor)
        guard reason == EWOULDBLOCK else { throw .system(reason, "lock \(path)") }
        throw SpoolError(.locked, "the spool \(directory) is in use by process \(holder)")
    }

    deinit {
        release()
    }

    /// Releases the directory for another process.
    package func release() {
        if isHeld.exchange(false, ordering: .relaxed) { close(descriptor) }
    }

    private static func holder(_ descriptor: Int32) -> String {
        var bytes = [UInt8](repeating: 0, count: 16)
        let count = pread(descriptor, &bytes, bytes.count, 0)
        let digits = bytes.prefix(max(0, count)).prefix { $0 >= 48 && $0 <= 57 }
        return digits.isEmpty ? "unknown" : String(decoding: digits, as: UTF8.self)
    }
}
