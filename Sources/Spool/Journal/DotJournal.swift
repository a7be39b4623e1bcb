internal import Glibc
package import Mail
internal import Synchronization

/// The messages whose final dot may have been sent and whose outcome is not durable yet, in a small memory-mapped file.
///
/// Recording a message is a store into shared memory: it costs no system call, and survives the death of the process,
/// because the kernel keeps the page. It does not survive that of the machine; then all that is known is which attempts
/// had started. So a process crash leaves exactly the right mail in doubt, and a power cut no less.
///
/// Layout, in 64-bit words: magic, a hash of the machine's boot ID, the state, five reserved words, then the slots: a
/// queue ID each, or 0.
package final class DotJournal: @unchecked Sendable {
    // Safety: the mapping is written only under the lock of `state`, and lives as long as the object.

    /// The journal's evidence at start.
    package enum Evidence: Equatable {
        /// The machine was restarted, or the file is not trustworthy: every open attempt may have reached its dot.
        case none
        /// Only these may have.
        case exactly(Set<QueueID>)

        package func allowsDot(of id: QueueID) -> Bool {
            switch self {
            case .none: true
            case .exactly(let ids): ids.contains(id)
            }
        }
    }

    private enum Mark {
        static let running: UInt64 = 1
        /// Closed cleanly.
        static let clean: UInt64 = 2
        /// More messages than slots: the slots are incomplete.
        static let overflowed: UInt64 = 3
    }

    private struct State {
        var free: [Int]
        var slots: [QueueID: Int] = [:]
    }

    private static let magic: UInt64 = 0x3153_544F_4448_5350
    private static let header = 8
    package static let capacity = 16384
    private static let octets = (header + capacity) * 8

    private let path: String
    private let files: any FileLayer
    private let words: UnsafeMutablePointer<UInt64>
    private let state: Mutex<State>

    /// Starts a new journal in place of the old one.
    ///
    /// - Returns: nil if the file cannot be created, for example on a full disk; then there will be no evidence.
    package init?(path: String, files: any FileLayer = SystemFileLayer()) {
        _ = files.unlink(path)
        let descriptor = files.open(path, O_RDWR | O_CREAT)
        guard descriptor >= 0 else { return nil }
        defer { _ = files.close(descriptor) }
        // Without reserved disk space, a store into the mapping could kill the process.
        guard files.allocate(descriptor, Self.octets) == 0,
            let memory = mmap(nil, Self.octets, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0), memory != MAP_FAILED
        else {
            _ = files.unlink(path)
            return nil
        }
        self.path = path
        self.files = files
        words = memory.bindMemory(to: UInt64.self, capacity: Self.header + Self.capacity)
        state = Mutex(State(free: Array((0..<Self.capacity).reversed())))
        words[1] = Self.bootHash()
        words[2] = Mark.running
        words[0] = Self.magic
        sync()
        // So that no power cut restores the old journal, which may have been closed cleanly.
        try? files.syncDirectory(SystemFileLayer.parent(of: path))
    }

    private func sync() {
        _ = files.syncMapping(UnsafeMutableRawBufferPointer(start: words, count: Self.octets), of: path)
    }

    deinit {
        munmap(words, Self.octets)
    }

    /// The final dot of this message is about to be written.
    package func note(_ id: QueueID) {
        state.withLock { state in
            guard state.slots[id] == nil else { return }
            guard let slot = state.free.popLast() else {
                words[2] = Mark.overflowed
                return
            }
            state.slots[id] = slot
            words[Self.header + slot] = UInt64(id.rawValue)
        }
    }

    /// The messages that have a slot; nil if there were more than slots.
    package var noted: Set<QueueID>? {
        let slots: [QueueID: Int]? = state.withLock { words[2] == Mark.overflowed ? nil : $0.slots }
        return slots.map { Set($0.keys) }
    }

    /// The outcome of this message is durable.
    package func forget(_ id: QueueID) {
        state.withLock { state in
            guard let slot = state.slots.removeValue(forKey: id) else { return }
            words[Self.header + slot] = 0
            state.free.append(slot)
        }
    }

    /// Every attempt that reached its dot has its outcome on disk.
    package func closeCleanly() {
        state.withLock { _ in
            guard words[2] == Mark.running else { return }
            words[2] = Mark.clean
            sync()
        }
    }

    // MARK: Evidence

    /// Reads what an earlier process has left.
    package static func evidence(path: String) -> Evidence {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return .none }
        defer { close(descriptor) }
        var words = [UInt64](repeating: 0, count: header + capacity)
        guard pread(descriptor, &words, octets, 0) == octets, words[0] == magic else { return .none }
        switch words[2] {
        case Mark.clean: break
        case Mark.running where words[1] == bootHash(): break
        default: return .none
        }
        return .exactly(Set(words[header...].filter { $0 != 0 }.map { QueueID(rawValue: Int64(bitPattern: $0)) }))
    }

    /// Hash of the ID that the kernel assigns to each boot; without one, it matches no other.
    private static func bootHash() -> UInt64 {
        let descriptor = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return UInt64.random(in: 1...UInt64.max) }
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: 64)
        let count = read(descriptor, &bytes, bytes.count)
        guard count > 0 else { return UInt64.random(in: 1...UInt64.max) }
        var hash = XXH64()
        bytes.withUnsafeBytes { hash.update(UnsafeRawBufferPointer(rebasing: $0[..<count])) }
        return hash.finish()
    }
}
