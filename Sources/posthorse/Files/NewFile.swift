import Console
import Glibc

/// A file that appears under its name when it is whole and on disk, readable by its owner only; never in place of another.
struct NewFile: ~Copyable {
    let path: String
    private let temporary: String
    private let directory: String
    private let descriptor: Int32

    /// - Throws: ``Failure`` if it cannot be made.
    init(_ name: String, in directory: String) throws(Failure) {
        let (path, temporary) = ("\(directory)/\(name)", "\(directory)/.\(name).new")
        descriptor = try Self.made(temporary, for: path)
        (self.path, self.temporary, self.directory) = (path, temporary, directory)
    }

    private static func made(_ temporary: String, for path: String) throws(Failure) -> Int32 {
        guard access(path, F_OK) != 0 else { throw Failure(.badInput, "\(path) is there already") }
        // What an export that was interrupted has left.
        unlink(temporary)
        let descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw failure("make", temporary) }
        return descriptor
    }

    deinit {
        close(descriptor)
        unlink(temporary)
    }

    func write(_ octets: some Sequence<UInt8>) throws(Failure) {
        var rest = Array(octets)[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw Self.failure("write", temporary) }
            rest = rest.dropFirst(count)
        }
    }

    /// Puts the file in its place: on return it is on disk.
    func finish() throws(Failure) {
        guard fsync(descriptor) == 0 else { throw Self.failure("sync", temporary) }
        guard link(temporary, path) == 0 else { throw Self.failure("make", path) }
        unlink(temporary)
        let parent = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard parent >= 0 else { throw Self.failure("open", directory) }
        defer { close(parent) }
        guard fsync(parent) == 0 else { throw Self.failure("sync", directory) }
    }

    private static func failure(_ what: String, _ path: String) -> Failure {
        Failure(.tryAgain, "cannot \(what) \(path): \(String(cString: strerror(errno)))")
    }
}
