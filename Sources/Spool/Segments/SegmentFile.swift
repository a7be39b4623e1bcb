internal import Mail
internal import Glibc

/// An open file `segments/<number>.seg`; closed when its last user releases it.
final class SegmentFile: Sendable {
    let number: Int
    let path: String
    /// Octets reserved, or the size found at the start.
    let size: Int
    /// Nil for a file that is not there.
    private let identity: FileEntry.Identity?
    private let descriptor: Int32
    private let files: any FileLayer

    /// Opens an existing file.
    init(
        existing number: Int, directory: String, files: any FileLayer, writable: Bool = true
    ) throws(SpoolError) {
        self.number = number
        self.files = files
        path = Self.path(number, directory)
        descriptor = files.open(path, writable ? O_RDWR : O_RDONLY)
        identity = files.entry(path)?.identity
        guard descriptor >= 0 else { throw .system(descriptor, "open \(path)") }
        size = max(0, files.size(descriptor))
    }

    /// Creates a file, reserves its space and syncs its directory entry; leaves no file behind if one of these fails.
    init(creating number: Int, directory: String, size: Int, files: any FileLayer) throws(SpoolError) {
        self.number = number
        self.files = files
        self.size = size
        path = Self.path(number, directory)
        descriptor = files.open(path, O_RDWR | O_CREAT | O_EXCL)
        identity = files.entry(path)?.identity
        guard descriptor >= 0 else { throw .system(descriptor, "create \(path)") }
        do throws(SpoolError) {
            try prepare(directory)
        } catch {
            _ = files.unlink(path)
            throw error
        }
        SpoolStep.reached(.afterSegmentCreation)
    }

    deinit {
        _ = files.close(descriptor)
    }

    static func path(_ number: Int, _ directory: String) -> String {
        "\(directory)/\(number).seg"
    }

    private func prepare(_ directory: String) throws(SpoolError) {
        let reserved = files.allocate(descriptor, size)
        guard reserved >= 0 || -reserved == EOPNOTSUPP else { throw .system(reserved, "reserve room in \(path)") }
        try files.syncDirectory(directory)
    }

    /// Writes all octets.
    func write(_ bytes: UnsafeRawBufferPointer, at offset: Int) throws(SpoolError) {
        try files.writeAll(bytes, to: descriptor, at: offset, of: path)
    }

    /// Fills the whole buffer.
    func read(_ bytes: UnsafeMutableRawBufferPointer, at offset: Int) throws(SpoolError) {
        try files.fill(bytes, from: descriptor, at: offset, of: path)
    }

    /// Makes what was written durable, for the reader that opens the file by its path.
    func sync() throws(SpoolError) {
        let result = files.sync(descriptor)
        guard result >= 0 else { throw .system(result, "sync \(path)") }
        guard files.entry(path)?.identity == identity else {
            throw SpoolError(.inputOutput, "\(path) was removed or replaced under the relay")
        }
    }

    func unlink() {
        _ = files.unlink(path)
    }
}
