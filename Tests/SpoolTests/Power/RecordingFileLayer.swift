import Glibc

@testable import Spool

/// Real files; everything that changes them is logged.
struct RecordingFileLayer: FileLayer {
    let log: DiskLog
    private let system = SystemFileLayer()

    init(log: DiskLog) {
        self.log = log
    }

    func open(_ path: String, _ flags: Int32) -> Int32 {
        let isNew = access(path, F_OK) != 0
        let descriptor = system.open(path, flags)
        guard descriptor >= 0 else { return descriptor }
        if flags & O_DIRECTORY != 0 {
            log.openedDirectory(path, as: descriptor)
        } else {
            log.opened(path, isNew: isNew, as: descriptor)
        }
        return descriptor
    }

    func close(_ descriptor: Int32) -> Int32 {
        log.closed(descriptor)
        return system.close(descriptor)
    }

    func write(_ descriptor: Int32, _ bytes: UnsafeRawBufferPointer, at offset: Int) -> Int {
        let count = system.write(descriptor, bytes, at: offset)
        if count > 0 { log.wrote(descriptor, at: offset, Array(bytes[..<count])) }
        return count
    }

    func read(_ descriptor: Int32, _ bytes: UnsafeMutableRawBufferPointer, at offset: Int) -> Int {
        system.read(descriptor, bytes, at: offset)
    }

    func sync(_ descriptor: Int32) -> Int32 {
        let result = system.sync(descriptor)
        if result >= 0 { log.synced(descriptor) }
        return result
    }

    func allocate(_ descriptor: Int32, _ octets: Int) -> Int32 {
        let result = system.allocate(descriptor, octets)
        if result >= 0 { log.extended(descriptor, to: octets) }
        return result
    }

    func size(_ descriptor: Int32) -> Int { system.size(descriptor) }

    func unlink(_ path: String) -> Int32 {
        let result = system.unlink(path)
        if result >= 0 { log.unlinked(path) }
        return result
    }

    func rename(_ path: String, to other: String) -> Int32 {
        let result = system.rename(path, to: other)
        if result >= 0 { log.renamed(path, to: other) }
        return result
    }

    func makeDirectory(_ path: String) -> Int32 { system.makeDirectory(path) }

    func syncMapping(_ memory: UnsafeMutableRawBufferPointer, of path: String) -> Int32 {
        let result = system.syncMapping(memory, of: path)
        if result >= 0 { log.syncedMapping(path, Array(memory)) }
        return result
    }

    func freeSpace(_ path: String) -> Int { system.freeSpace(path) }
}
