import Glibc
import TestKit

/// An in-memory file system of a few MiB; mounting it needs root.
final class SmallDisk {
    private let directory: TemporaryDirectory
    var path: String { directory.path }

    init(mebibytes: Int) throws {
        directory = try TemporaryDirectory()
        guard mount("tmpfs", directory.path, "tmpfs", 0, "size=\(mebibytes)m") == 0 else {
            throw ScenarioError("mount: \(String(cString: strerror(errno)))")
        }
    }

    deinit {
        umount2(directory.path, Int32(MNT_DETACH))
    }

    /// Takes all remaining space, as another program would.
    func fill() throws {
        let file = open(path + "/filler", O_WRONLY | O_CREAT | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw ScenarioError("filler: \(String(cString: strerror(errno)))") }
        defer { close(file) }
        let block = [UInt8](repeating: 1, count: 4096)
        while write(file, block, block.count) > 0 {}
        guard errno == ENOSPC else { throw ScenarioError("filler: \(String(cString: strerror(errno)))") }
    }

    /// Octets that are left.
    var free: Int {
        var status = statvfs()
        return statvfs(path, &status) == 0 ? Int(status.f_bavail) * Int(status.f_frsize) : -1
    }

    func makeRoom() {
        unlink(path + "/filler")
    }
}
