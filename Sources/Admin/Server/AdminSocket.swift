import Glibc
internal import Mail

/// The file of the admin socket.
///
/// The socket is bound in a directory that only its owner may enter, gets its group and mode there and is then renamed into
/// place, so that it is never accessible to others, even briefly, and nobody connects to a socket that is not ready.
///
/// With a group, the socket has mode 0660, and its directory lets members of the group pass, but not look around.
struct AdminSocket: Sendable {
    /// Where clients find it.
    let path: String
    /// Where it is bound.
    var bindPath: String { directory + "/s" }
    private let directory: String
    private let parent: String
    private let group: AdminGroup?

    /// Octets of `sun_path`, without the terminating zero.
    private static let maxPathLength = MemoryLayout.size(ofValue: sockaddr_un().sun_path) - 1

    /// Creates the directory to bind in. A socket file left by a dead process is not an obstacle: it is replaced later.
    ///
    /// Throws ``AdminError`` if another process listens at `path`, if something other than a socket is there, or if the
    /// directory is not writable; if there is no such group, or this process may not give files to it.
    init(path: String, group name: String? = nil) throws(AdminError) {
        guard path.utf8.count <= Self.maxPathLength else {
            throw AdminError(.socket, "admin socket \(path): the path is longer than \(Self.maxPathLength) octets")
        }
        try Self.checkIsFree(path)
        self.path = path
        let slash = path.lastIndex(of: "/")
        parent = slash.map { String(path[..<$0]) } ?? "."
        if let name { group = try AdminGroup(name) } else { group = nil }
        var template = Array("\(parent)/.XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else {
            throw AdminError(.socket, "admin socket \(path): cannot write its directory: \(Self.reason(errno))")
        }
        directory = template.withUnsafeBufferPointer { String(cString: $0.baseAddress!) }
        guard bindPath.utf8.count <= Self.maxPathLength else {
            rmdir(directory)
            throw AdminError(.socket, "admin socket \(path): the path is too long")
        }
    }

    /// Moves the bound socket into place.
    func publish() throws(AdminError) {
        if let group {
            try group.own(bindPath)
            try group.open(parent)
        }
        guard chmod(bindPath, group == nil ? 0o600 : 0o660) == 0, rename(bindPath, path) == 0 else {
            throw AdminError(.socket, "admin socket \(path): cannot create it: \(Self.reason(errno))")
        }
        rmdir(directory)
    }

    /// Removes the socket and the directory.
    func remove(published: Bool) {
        unlink(published ? path : bindPath)
        rmdir(directory)
    }

    private static func checkIsFree(_ path: String) throws(AdminError) {
        // Only a socket cannot be opened like a file: that gives ENXIO.
        let descriptor = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)
        let code = errno
        if descriptor >= 0 { close(descriptor) }
        if descriptor < 0, code == ENOENT { return }
        guard descriptor < 0, code == ENXIO else {
            throw AdminError(
                .socket,
                "admin socket \(path): the existing file is not a socket of a relay; remove it or choose another path")
        }
        guard !isListening(path) else {
            throw AdminError(.socket, "admin socket \(path): another relay is running there")
        }
    }

    /// Whether a process answers at the socket; a refused connection means that it is dead.
    private static func isListening(_ path: String) -> Bool {
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        guard descriptor >= 0 else { return true }
        defer { close(descriptor) }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        let result = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        return result == 0 || (errno != ECONNREFUSED && errno != ENOENT)
    }

    private static func reason(_ code: Int32) -> String {
        String(cString: strerror(code))
    }
}
