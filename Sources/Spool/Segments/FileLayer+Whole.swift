internal import Glibc
internal import Mail

/// Reading and writing that goes on until all is done.
extension FileLayer {
    /// Writes all octets.
    ///
    /// - Parameter path: of the file, for errors.
    package func writeAll(
        _ bytes: UnsafeRawBufferPointer, to descriptor: Int32, at offset: Int, of path: String
    ) throws(SpoolError) {
        var done = 0
        while done < bytes.count {
            let count = write(descriptor, UnsafeRawBufferPointer(rebasing: bytes[done...]), at: offset + done)
            if count == -Int(EINTR) { continue }
            guard count > 0 else { throw .system(count == 0 ? ENOSPC : Int32(-count), "write \(path)") }
            done += count
        }
    }

    /// Fills the whole buffer.
    ///
    /// - Parameter path: of the file, for errors.
    /// - Throws: ``SpoolError``, with the code `corrupt` if the file ends before.
    package func fill(
        _ bytes: UnsafeMutableRawBufferPointer, from descriptor: Int32, at offset: Int, of path: String
    ) throws(SpoolError) {
        var done = 0
        while done < bytes.count {
            let rest = UnsafeMutableRawBufferPointer(rebasing: bytes[done...])
            let count = read(descriptor, rest, at: offset + done)
            if count == -Int(EINTR) { continue }
            guard count >= 0 else { throw .system(Int32(-count), "read \(path)") }
            guard count > 0 else { throw SpoolError(.corrupt, "\(path) ends before octet \(offset + bytes.count)") }
            done += count
        }
    }
}
