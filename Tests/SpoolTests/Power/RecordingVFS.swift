import CSQLite
import Glibc
import Synchronization

/// SQLite's own file system; everything that changes files of a spool under recording is logged.
///
/// A file is a header of ours with SQLite's own file behind it.
enum RecordingVFS {
    static let name = "posthorse-recording"

    private struct Header {
        var base: sqlite3_file
        /// Index of the log; negative when nothing is logged.
        var log: Int
        var inode: Int
        /// The first sync also makes the name durable, as SQLite does for new logs and journals.
        var hasNewName: Bool
    }

    /// Logs by the directory that they are about.
    private static let logs = Mutex<[(directory: String, log: DiskLog)]>([])
    private static let headerSize = (MemoryLayout<Header>.stride + 15) & ~15
    nonisolated(unsafe) private static let system = sqlite3_vfs_find(nil)!
    // Safety: written once, before any connection uses it.
    nonisolated(unsafe) private static let methods = makeMethods()
    private static let registered: Bool = register()

    /// Files below `directory` are logged from now on.
    static func record(_ directory: String, in log: DiskLog) {
        precondition(registered)
        logs.withLock { $0.append((directory + "/", log)) }
    }

    /// The next syncs below `directory` fail, as many as given.
    static func failSyncs(_ count: Int, below directory: String) {
        failures.withLock { $0[directory + "/"] = count }
    }

    private static let failures = Mutex<[String: Int]>([:])

    private static func takeFailure(_ log: Int) -> Bool {
        let directory = logs.withLock { $0[log].directory }
        return failures.withLock { failures in
            guard let left = failures[directory], left > 0 else { return false }
            failures[directory] = left - 1
            return true
        }
    }

    private static func log(for path: String) -> Int? {
        logs.withLock { logs in logs.lastIndex { path.hasPrefix($0.directory) } }
    }

    private static func register() -> Bool {
        let vfs = UnsafeMutablePointer<sqlite3_vfs>.allocate(capacity: 1)
        vfs.initialize(to: system.pointee)
        vfs.pointee.szOsFile += Int32(headerSize)
        vfs.pointee.pNext = nil
        vfs.pointee.zName = UnsafePointer(strdup(name))
        vfs.pointee.xOpen = { _, path, file, flags, outFlags in RecordingVFS.open(path, file!, flags, outFlags) }
        vfs.pointee.xDelete = { _, path, syncsNames in RecordingVFS.delete(path!, syncsNames) }
        return sqlite3_vfs_register(vfs, 0) == SQLITE_OK
    }

    // MARK: Names

    private static func open(
        _ path: UnsafePointer<CChar>?, _ file: UnsafeMutablePointer<sqlite3_file>, _ flags: Int32,
        _ outFlags: UnsafeMutablePointer<Int32>?
    ) -> Int32 {
        let name = path.map { String(cString: $0) }
        let isNew = name.map { access($0, F_OK) != 0 } ?? false
        let header = header(file)
        header.initialize(to: Header(base: sqlite3_file(pMethods: nil), log: -1, inode: 0, hasNewName: false))
        let result = system.pointee.xOpen(system, path, inner(file), flags, outFlags)
        guard result == SQLITE_OK else { return result }
        header.pointee.base.pMethods = UnsafePointer(methods)
        guard let name, let index = log(for: name) else { return result }
        header.pointee.log = index
        header.pointee.inode = logs.withLock { $0[index].log }.opened(name, isNew: isNew)
        header.pointee.hasNewName = isNew && flags & (SQLITE_OPEN_WAL | SQLITE_OPEN_MAIN_JOURNAL) != 0
        names.withLock { $0[header.pointee.inode + index << 32] = name }
        return result
    }

    private static let names = Mutex<[Int: String]>([:])

    private static func delete(_ path: UnsafePointer<CChar>, _ syncsNames: Int32) -> Int32 {
        let result = system.pointee.xDelete(system, path, syncsNames)
        let name = String(cString: path)
        guard result == SQLITE_OK, let index = log(for: name) else { return result }
        let log = logs.withLock { $0[index].log }
        log.unlinked(name)
        if syncsNames != 0 { log.syncedNames(of: directory(name)) }
        return result
    }

    private static func directory(_ path: String) -> String {
        String(path[..<(path.lastIndex(of: "/") ?? path.startIndex)])
    }

    // MARK: Files

    private static func header(_ file: UnsafeMutablePointer<sqlite3_file>) -> UnsafeMutablePointer<Header> {
        UnsafeMutableRawPointer(file).assumingMemoryBound(to: Header.self)
    }

    private static func inner(_ file: UnsafeMutablePointer<sqlite3_file>) -> UnsafeMutablePointer<sqlite3_file> {
        (UnsafeMutableRawPointer(file) + headerSize).assumingMemoryBound(to: sqlite3_file.self)
    }

    private static func io(_ file: UnsafeMutablePointer<sqlite3_file>) -> sqlite3_io_methods {
        inner(file).pointee.pMethods.pointee
    }

    private static func append(
        to file: UnsafeMutablePointer<sqlite3_file>, _ entry: (DiskLog.Inode) -> DiskLog.Entry
    ) {
        let header = header(file).pointee
        guard header.log >= 0 else { return }
        logs.withLock { $0[header.log].log }.append(entry(header.inode))
    }

    private static func sync(_ file: UnsafeMutablePointer<sqlite3_file>, _ flags: Int32) -> Int32 {
        let header = header(file)
        if header.pointee.log >= 0, takeFailure(header.pointee.log) { return SQLITE_IOERR | 4 << 8 }
        let result = io(file).xSync(inner(file), flags)
        guard result == SQLITE_OK else { return result }
        append(to: file) { .sync($0) }
        guard header.pointee.log >= 0, header.pointee.hasNewName else { return result }
        header.pointee.hasNewName = false
        let name = names.withLock { $0[header.pointee.inode + header.pointee.log << 32]! }
        logs.withLock { $0[header.pointee.log].log }.syncedNames(of: directory(name))
        return result
    }

    private static func makeMethods() -> UnsafeMutablePointer<sqlite3_io_methods> {
        var io = sqlite3_io_methods()
        // Version 2: with shared memory, without mapped reads.
        io.iVersion = 2
        io.xClose = { file in
            defer { RecordingVFS.header(file!).pointee.base.pMethods = nil }
            return RecordingVFS.io(file!).xClose(RecordingVFS.inner(file!))
        }
        io.xRead = { RecordingVFS.io($0!).xRead(RecordingVFS.inner($0!), $1, $2, $3) }
        io.xWrite = { file, bytes, count, offset in
            let result = RecordingVFS.io(file!).xWrite(RecordingVFS.inner(file!), bytes, count, offset)
            guard result == SQLITE_OK else { return result }
            let written = Array(UnsafeRawBufferPointer(start: bytes, count: Int(count)))
            RecordingVFS.append(to: file!) { .write($0, offset: Int(offset), written) }
            return result
        }
        io.xTruncate = { file, size in
            let result = RecordingVFS.io(file!).xTruncate(RecordingVFS.inner(file!), size)
            if result == SQLITE_OK { RecordingVFS.append(to: file!) { .truncate($0, Int(size)) } }
            return result
        }
        io.xSync = { RecordingVFS.sync($0!, $1) }
        io.xFileSize = { RecordingVFS.io($0!).xFileSize(RecordingVFS.inner($0!), $1) }
        io.xLock = { RecordingVFS.io($0!).xLock(RecordingVFS.inner($0!), $1) }
        io.xUnlock = { RecordingVFS.io($0!).xUnlock(RecordingVFS.inner($0!), $1) }
        io.xCheckReservedLock = { RecordingVFS.io($0!).xCheckReservedLock(RecordingVFS.inner($0!), $1) }
        io.xFileControl = { RecordingVFS.io($0!).xFileControl(RecordingVFS.inner($0!), $1, $2) }
        io.xSectorSize = { RecordingVFS.io($0!).xSectorSize(RecordingVFS.inner($0!)) }
        io.xDeviceCharacteristics = { RecordingVFS.io($0!).xDeviceCharacteristics(RecordingVFS.inner($0!)) }
        io.xShmMap = { RecordingVFS.io($0!).xShmMap(RecordingVFS.inner($0!), $1, $2, $3, $4) }
        io.xShmLock = { RecordingVFS.io($0!).xShmLock(RecordingVFS.inner($0!), $1, $2, $3) }
        io.xShmBarrier = { RecordingVFS.io($0!).xShmBarrier(RecordingVFS.inner($0!)) }
        io.xShmUnmap = { RecordingVFS.io($0!).xShmUnmap(RecordingVFS.inner($0!), $1) }
        let methods = UnsafeMutablePointer<sqlite3_io_methods>.allocate(capacity: 1)
        methods.initialize(to: io)
        return methods
    }
}
