internal import Glibc
internal import Synchronization

/// The file `reserve`: room on the file system that only outcomes of accepted mail may use.
///
/// It is given back part by part when an outcome finds no room, because another program has filled the disk, and taken
/// again once there is room for mail. The last part is kept for the next start, which cannot read the spool without
/// some room.
final class SpoolReserve: Sendable {
    /// Octets that opening a spool takes: the journal of final dots, SQLite's log and its index.
    static let forStart = 512 << 10
    private static let smallest = 1 << 20
    private static let parts = 4

    private let path: String
    private let files: any FileLayer
    /// Octets that the file has while nothing is short.
    let target: Int
    private let held: Atomic<Int>

    init(directory: String, files: any FileLayer, most: Int) {
        path = directory + "/reserve"
        self.files = files
        let total = files.totalSpace(directory)
        target = min(most, max(Self.smallest, total / 16))
        held = Atomic(files.entry(path)?.size ?? 0)
    }

    /// Octets that are yet to be taken.
    var missing: Int { max(0, target - held.load(ordering: .relaxed)) }

    /// Before the spool is opened: gives room back if too little is left for that.
    func prepareStart(free: Int) {
        if free < Self.forStart { cut(to: max(0, held.load(ordering: .relaxed) - 2 * Self.forStart)) }
    }

    /// Takes what is missing.
    func fill() throws(SpoolError) {
        let descriptor = files.open(path, O_RDWR | O_CREAT)
        guard descriptor >= 0 else { throw .system(descriptor, "open \(path)") }
        defer { _ = files.close(descriptor) }
        let result = files.allocate(descriptor, target)
        guard result >= 0 else {
            // A part of the reservation is of no use.
            _ = files.truncate(descriptor, held.load(ordering: .relaxed))
            throw .system(result, "reserve room in \(path)")
        }
        held.store(target, ordering: .relaxed)
    }

    /// Gives a part back.
    ///
    /// - Returns: false if there was none left.
    func release() -> Bool {
        let size = held.load(ordering: .relaxed)
        guard size > Self.forStart else { return false }
        return cut(to: max(Self.forStart, size - max(target / Self.parts, Self.forStart)))
    }

    @discardableResult
    private func cut(to size: Int) -> Bool {
        let descriptor = files.open(path, O_RDWR)
        guard descriptor >= 0 else { return false }
        defer { _ = files.close(descriptor) }
        guard files.truncate(descriptor, size) >= 0 else { return false }
        held.store(size, ordering: .relaxed)
        return true
    }
}
