import Console
import Glibc
import NIOCore

/// A file that is read from its start, part by part.
struct InputFile: ~Copyable {
    let size: Int
    private let path: String
    private let descriptor: Int32

    private static let partSize = 256 << 10

    /// - Throws: ``Failure`` unless it is a regular file that can be read.
    init(_ path: String) throws(Failure) {
        (descriptor, size) = try Self.opened(path)
        self.path = path
    }

    private static func opened(_ path: String) throws(Failure) -> (Int32, size: Int) {
        // Without waiting for a writer, in case the path is a pipe.
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        var status = stat()
        guard descriptor >= 0, fstat(descriptor, &status) == 0 else {
            throw Failure(.badInput, String(cString: strerror(errno)))
        }
        guard status.st_mode & S_IFMT == S_IFREG else {
            close(descriptor)
            throw Failure(.badInput, "it is not a file")
        }
        return (descriptor, Int(status.st_size))
    }

    deinit { close(descriptor) }

    /// nil at the end.
    func next() throws(Failure) -> ByteBuffer? {
        var part = ByteBuffer()
        var error: Int32 = 0
        let count = part.writeWithUnsafeMutableBytes(minimumWritableBytes: Self.partSize) {
            let count = read(descriptor, $0.baseAddress, Self.partSize)
            if count < 0 { error = errno }
            return max(0, count)
        }
        guard error == 0 else { throw Failure(.badInput, String(cString: strerror(error))) }
        return count > 0 ? part : nil
    }

    /// Whether the file begins with this text.
    func begins(with text: String) -> Bool {
        var octets = [UInt8](repeating: 0, count: text.utf8.count)
        return pread(descriptor, &octets, octets.count, 0) == octets.count && octets.elementsEqual(text.utf8)
    }
}
