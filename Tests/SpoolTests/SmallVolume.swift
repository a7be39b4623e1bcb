import Foundation
import Glibc

@testable import Spool

/// Real files on a volume that is as small as a test wants it: what it counts is what their sizes leave.
final class SmallVolume: FileLayer {
    private let system = SystemFileLayer()
    private let path: String
    let capacity: Int

    init(_ path: String, capacity: Int) {
        self.path = path
        self.capacity = capacity
    }

    /// Octets of all files.
    var used: Int {
        let names = FileManager.default.enumerator(atPath: path)?.allObjects.compactMap { $0 as? String } ?? []
        return names.reduce(0) { sum, name in
            var status = stat()
            guard lstat(path + "/" + name, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return sum }
            return sum + Int(status.st_size)
        }
    }

    func freeSpace(_ path: String) -> Int { max(0, capacity - used) }
    func totalSpace(_ path: String) -> Int { capacity }

    func allocate(_ descriptor: Int32, _ octets: Int) -> Int32 {
        octets - system.size(descriptor) > capacity - used ? -ENOSPC : system.allocate(descriptor, octets)
    }

    func open(_ path: String, _ flags: Int32) -> Int32 { system.open(path, flags) }
    func close(_ descriptor: Int32) -> Int32 { system.close(descriptor) }
    func size(_ descriptor: Int32) -> Int { system.size(descriptor) }
    func unlink(_ path: String) -> Int32 { system.unlink(path) }
    func makeDirectory(_ path: String) -> Int32 { system.makeDirectory(path) }
    func sync(_ descriptor: Int32) -> Int32 { system.sync(descriptor) }

    func syncMapping(_ memory: UnsafeMutableRawBufferPointer, of path: String) -> Int32 {
        system.syncMapping(memory, of: path)
    }

    func read(_ descriptor: Int32, _ bytes: UnsafeMutableRawBufferPointer, at offset: Int) -> Int {
        system.read(descriptor, bytes, at: offset)
    }

    func write(_ descriptor: Int32, _ bytes: UnsafeRawBufferPointer, at offset: Int) -> Int {
        system.write(descriptor, bytes, at: offset)
    }
}
