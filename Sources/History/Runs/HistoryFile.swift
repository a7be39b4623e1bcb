internal import Glibc
internal import Mail
internal import Spool

/// An open file of the history; closed with its last user.
final class HistoryFile: RunSource, RunSink {
    package let path: String
    private let files: any FileLayer
    private let descriptor: Int32

    /// Opens an existing file for reading.
    init(reading path: String, _ files: any FileLayer) throws(SpoolError) {
        self.path = path
        self.files = files
        descriptor = files.open(path, O_RDONLY)
        guard descriptor >= 0 else { throw Self.error(descriptor, "open \(path)") }
    }

    /// Creates a file, in place of one that a crash has left.
    init(creating path: String, _ files: any FileLayer) throws(SpoolError) {
        self.path = path
        self.files = files
        _ = files.unlink(path)
        descriptor = files.open(path, O_RDWR | O_CREAT | O_EXCL)
        guard descriptor >= 0 else { throw .system(descriptor, "create \(path)") }
    }

    deinit {
        _ = files.close(descriptor)
    }

    private static func error(_ number: Int32, _ doing: String) -> SpoolError {
        number == -ENOENT ? SpoolError(.missing, "cannot \(doing): it is gone") : .system(number, doing)
    }

    package func write(_ bytes: [UInt8], at offset: Int) throws(SpoolError) {
        let result: Result<Void, SpoolError> = bytes.withUnsafeBytes { bytes in
            do throws(SpoolError) {
                return .success(try files.writeAll(bytes, to: descriptor, at: offset, of: path))
            } catch {
                return .failure(error)
            }
        }
        try result.get()
    }

    func read(_ bytes: UnsafeMutableRawBufferPointer, at offset: Int) throws(SpoolError) {
        try files.fill(bytes, from: descriptor, at: offset, of: path)
    }

    package func read(_ count: Int, at offset: Int) throws(SpoolError) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        let result: Result<Void, SpoolError> = bytes.withUnsafeMutableBytes { room in
            do throws(SpoolError) {
                return .success(try read(room, at: offset))
            } catch {
                return .failure(error)
            }
        }
        try result.get()
        return bytes
    }

    package func sync() throws(SpoolError) {
        let result = files.sync(descriptor)
        guard result >= 0 else { throw .system(result, "sync \(path)") }
    }
}
