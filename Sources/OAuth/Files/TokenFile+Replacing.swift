internal import Glibc
internal import Mail

extension TokenFile {
    /// Replaces the secret in a file that exists, atomically, with the same owner and permissions; on return it is on disk.
    ///
    /// - Throws: ``TokenError`` `unsaved`; the file then has the former secret, or already the new one.
    static func replace(_ path: String, with secret: String) throws(TokenError) {
        let target = target(of: path)
        let (directory, name) = parts(of: target)
        let temporary = "\(directory)/.\(name).new"
        unlink(temporary)
        do throws(TokenError) {
            try write(Array((secret + "\n").utf8), to: temporary, like: target)
            guard rename(temporary, target) == 0 else { throw unsaved(path, "put in its place") }
        } catch {
            unlink(temporary)
            throw error
        }
        try sync(directory, of: path)
    }

    /// Has on disk what a relay may have put there just before it was killed.
    ///
    /// - Throws: ``TokenError`` `unsaved`.
    static func settle(_ path: String) throws(TokenError) { try sync(parts(of: target(of: path)).directory, of: path) }

    private static func parts(of target: String) -> (directory: String, name: Substring) {
        guard let slash = target.lastIndex(of: "/") else { return (".", target[...]) }
        let directory = slash == target.startIndex ? "/" : String(target[..<slash])
        return (directory, target[target.index(after: slash)...])
    }

    /// Behind symbolic links, which stay.
    private static func target(of path: String) -> String {
        guard let resolved = realpath(path, nil) else { return path }
        defer { free(resolved) }
        return String(cString: resolved)
    }

    private static func write(_ octets: [UInt8], to path: String, like target: String) throws(TokenError) {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw unsaved(target, "written") }
        defer { close(descriptor) }
        try allow(descriptor, like: target)
        var rest = octets[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw unsaved(target, "written") }
            rest = rest.dropFirst(count)
        }
        guard fsync(descriptor) == 0 else { throw unsaved(target, "synced") }
    }

    /// Gives the new file the owner and permissions of the old one. Where it cannot have the same group, no group may
    /// read it: that of the relay is another one.
    private static func allow(_ descriptor: Int32, like target: String) throws(TokenError) {
        var status = stat()
        guard stat(target, &status) == 0 else { throw unsaved(target, "found") }
        let isSame = fchown(descriptor, status.st_uid, status.st_gid) == 0
        let mode = status.st_mode & (isSame ? 0o770 : 0o700)
        guard fchmod(descriptor, mode) == 0 else { throw unsaved(target, "given its permissions") }
    }

    private static func sync(_ directory: String, of path: String) throws(TokenError) {
        let descriptor = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw unsaved(path, "synced") }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw unsaved(path, "synced") }
    }

    private static func unsaved(_ path: String, _ what: String) -> TokenError {
        TokenError(.unsaved, "the new refresh token cannot be \(what): \(path): \(reason(errno))")
    }
}
