import Glibc
import Synchronization

@testable import Spool

/// Real files on a disk that fails on request.
final class FaultyFileLayer: FileLayer {
    struct Faults {
        /// Number of writes that still work before all fail with this error; nil for no limit.
        var writesLeft: Int?
        var writeError = ENOSPC
        /// The longest write that is done whole.
        var longestWrite = Int.max
        var failsSync = false
        /// Error number with which directories cannot be opened; 0 for none.
        var directoryError: Int32 = 0
        var freeSpace: Int?
    }

    private let system = SystemFileLayer()
    private let faults = Mutex(Faults())

    func set(_ change: @Sendable (inout Faults) -> Void) {
        faults.withLock { change(&$0) }
    }

    func open(_ path: String, _ flags: Int32) -> Int32 {
        let error = faults.withLock(\.directoryError)
        return error != 0 && flags & O_DIRECTORY != 0 ? -error : system.open(path, flags)
    }

    func close(_ descriptor: Int32) -> Int32 { system.close(descriptor) }
    func size(_ descriptor: Int32) -> Int { system.size(descriptor) }
    func unlink(_ path: String) -> Int32 { system.unlink(path) }
    func makeDirectory(_ path: String) -> Int32 { system.makeDirectory(path) }
    func syncMapping(_ memory: UnsafeMutableRawBufferPointer, of path: String) -> Int32 {
        system.syncMapping(memory, of: path)
    }
    func allocate(_ descriptor: Int32, _ octets: Int) -> Int32 { system.allocate(descriptor, octets) }

    func read(_ descriptor: Int32, _ bytes: UnsafeMutableRawBufferPointer, at offset: Int) -> Int {
        system.read(descriptor, bytes, at: offset)
    }

    func write(_ descriptor: Int32, _ bytes: UnsafeRawBufferPointer, at offset: Int) -> Int {
        let (error, longest): (Int32, Int) = faults.withLock { faults in
            guard let left = faults.writesLeft else { return (0, faults.longestWrite) }
            faults.writesLeft = max(0, left - 1)
            return (left == 0 ? faults.writeError : 0, faults.longestWrite)
        }
        guard error == 0 else { return -Int(error) }
        return system.write(descriptor, UnsafeRawBufferPointer(rebasing: bytes.prefix(longest)), at: offset)
    }

    func sync(_ descriptor: Int32) -> Int32 {
        faults.withLock(\.failsSync) ? -EIO : system.sync(descriptor)
    }

    func freeSpace(_ path: String) -> Int {
        faults.withLock(\.freeSpace) ?? system.freeSpace(path)
    }
}
