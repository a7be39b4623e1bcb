internal import Access
import Glibc
internal import Mail

/// The group whose members may use the admin socket: `[admin] socket_group`.
struct AdminGroup: Sendable {
    let name: String
    private let number: gid_t

    /// - Throws: ``AdminError`` if there is no such group.
    init(_ name: String) throws(AdminError) {
        guard let number = Self.number(of: name) else {
            throw AdminError(.socket, "[admin] socket_group: there is no group \(name) on this machine")
        }
        (self.name, self.number) = (name, number)
    }

    /// - Parameter name: or a number.
    private static func number(of name: String) -> gid_t? {
        var (entry, found) = (group(), UnsafeMutablePointer<group>?.none)
        var buffer = [CChar](repeating: 0, count: 64 << 10)
        let code = getgrnam_r(name, &entry, &buffer, buffer.count, &found)
        if code == 0, let found { return found.pointee.gr_gid }
        return gid_t(name)
    }

    /// Gives a file to the group. Throws ``AdminError``.
    func own(_ path: String) throws(AdminError) {
        guard chown(path, uid_t.max, number) == 0 else {
            throw AdminError(
                .socket,
                "[admin] socket_group: cannot give \(path) to the group \(name): \(Self.reason()); the relay's user must "
                    + "be a member of it, for example by SupplementaryGroups= of its unit")
        }
    }

    /// Lets members of the group pass a directory, if they may not yet; they cannot list what is in it.
    func open(_ directory: String) throws(AdminError) {
        guard let access = DirectoryAccess(of: directory) else { throw failure(directory) }
        let (mode, owner) = (access.mode, access.group)
        let passes = mode & S_IXOTH != 0 || (owner == number && mode & S_IXGRP != 0)
        guard !passes else { return }
        if owner != number {
            try own(directory)
            // What the former group may do there is not for this one.
            guard chmod(directory, mode & ~(S_IRWXG) | S_IXGRP) == 0 else { throw failure(directory) }
        } else {
            guard chmod(directory, mode | S_IXGRP) == 0 else { throw failure(directory) }
        }
    }

    private func failure(_ path: String) -> AdminError {
        AdminError(.socket, "[admin] socket_group: cannot open \(path) to the group \(name): \(Self.reason())")
    }

    private static func reason() -> String { String(cString: strerror(errno)) }
}
