import Foundation
import Mail
import Synchronization

/// What a program does to a disk, in order, with marks for what it has been told meanwhile.
final class DiskLog: Sendable {
    /// A file, whatever its name.
    typealias Inode = Int

    enum Entry: Sendable {
        case write(Inode, offset: Int, [UInt8])
        /// A store into mapped memory: on disk at any time, or never.
        case store(Inode, offset: Int, [UInt8])
        case truncate(Inode, Int)
        /// The file has at least this size.
        case extend(Inode, Int)
        case sync(Inode)
        case name(String, Inode)
        case unname(String)
        /// As a whole, or not at all.
        case rename(String, to: String)
        /// The names in this directory are durable.
        case syncNames(String)
        case mark(Mark)
    }

    enum Mark: Sendable {
        case submitted(Fact)
        case answered(Fact)
        /// The final dot is about to leave.
        case dotting(QueueID)
        /// It may leave.
        case dotted(QueueID)
    }

    /// Something that a spool is asked to make durable.
    enum Fact: Sendable {
        case message(NewMessageFacts)
        case attempt(QueueID, [Int])
        /// The states of all recipients.
        case outcome(QueueID, [String])
        case removal(QueueID)
    }

    private struct State {
        var entries: [Entry] = []
        var names: [String: Inode] = [:]
        var descriptors: [Int32: Inode] = [:]
        var directories: [Int32: String] = [:]
        var nextInode = 1
        /// Last known content of mapped files.
        var mapped: [String: [UInt8]] = [:]
    }

    private let state = Mutex(State())

    var entries: [Entry] { state.withLock(\.entries) }

    func mark(_ mark: Mark) {
        state.withLock { state in
            Self.noteStores(&state)
            state.entries.append(.mark(mark))
        }
    }

    /// Takes the files of a directory as durable.
    func adopt(_ directory: String) throws {
        for path in try FileManager.default.subpathsOfDirectory(atPath: directory) {
            let file = directory + "/" + path
            guard let content = DiskImage.content(of: file) else { continue }
            let inode = opened(file, isNew: true)
            append(.write(inode, offset: 0, content))
            append(.sync(inode))
            append(.syncNames(String(file[..<file.lastIndex(of: "/")!])))
        }
    }

    // MARK: Files by path

    /// A file was opened; `isNew` if it did not exist.
    func opened(_ path: String, isNew: Bool) -> Inode {
        state.withLock { Self.opened(path, isNew: isNew, &$0) }
    }

    private static func opened(_ path: String, isNew: Bool, _ state: inout State) -> Inode {
        noteStores(&state)
        if !isNew, let inode = state.names[path] { return inode }
        let inode = state.nextInode
        state.nextInode += 1
        state.names[path] = inode
        state.entries.append(.name(path, inode))
        return inode
    }

    func unlinked(_ path: String) {
        state.withLock { state in
            Self.noteAndAppend(.unname(path), &state)
            state.names[path] = nil
            state.mapped[path] = nil
        }
    }

    func renamed(_ path: String, to other: String) {
        state.withLock { state in
            Self.noteAndAppend(.rename(path, to: other), &state)
            state.names[other] = state.names.removeValue(forKey: path)
        }
    }

    func syncedNames(of directory: String) {
        append(.syncNames(directory))
    }

    func append(_ entry: Entry) {
        state.withLock { Self.noteAndAppend(entry, &$0) }
    }

    private static func noteAndAppend(_ entry: Entry, _ state: inout State) {
        noteStores(&state)
        state.entries.append(entry)
    }

    /// The whole file was written from its mapping, and synced.
    func syncedMapping(_ path: String, _ content: [UInt8]) {
        state.withLock { state in
            Self.noteStores(&state)
            guard let inode = state.names[path] else { return }
            state.mapped[path] = content
            state.entries.append(.write(inode, offset: 0, content))
            state.entries.append(.sync(inode))
        }
    }

    /// Records what was stored into mapped files since the last entry, word by word.
    private static func noteStores(_ state: inout State) {
        for (path, known) in state.mapped {
            guard let inode = state.names[path], let now = DiskImage.content(of: path), now != known else { continue }
            for offset in stride(from: 0, to: now.count, by: 8)
            where now[offset..<offset + 8] != known[offset..<offset + 8] {
                state.entries.append(.store(inode, offset: offset, Array(now[offset..<offset + 8])))
            }
            state.mapped[path] = now
        }
    }

    // MARK: Files by descriptor

    func opened(_ path: String, isNew: Bool, as descriptor: Int32) {
        state.withLock { $0.descriptors[descriptor] = Self.opened(path, isNew: isNew, &$0) }
    }

    func openedDirectory(_ path: String, as descriptor: Int32) {
        state.withLock { $0.directories[descriptor] = path }
    }

    func closed(_ descriptor: Int32) {
        state.withLock { state in
            state.descriptors[descriptor] = nil
            state.directories[descriptor] = nil
        }
    }

    func wrote(_ descriptor: Int32, at offset: Int, _ bytes: [UInt8]) {
        state.withLock { state in
            guard let inode = state.descriptors[descriptor] else { return }
            Self.noteAndAppend(.write(inode, offset: offset, bytes), &state)
        }
    }

    func extended(_ descriptor: Int32, to size: Int) {
        state.withLock { state in
            guard let inode = state.descriptors[descriptor] else { return }
            Self.noteAndAppend(.extend(inode, size), &state)
        }
    }

    func synced(_ descriptor: Int32) {
        state.withLock { state in
            if let directory = state.directories[descriptor] {
                Self.noteAndAppend(.syncNames(directory), &state)
            } else if let inode = state.descriptors[descriptor] {
                Self.noteAndAppend(.sync(inode), &state)
            }
        }
    }
}

/// A message as it was handed in.
struct NewMessageFacts: Sendable {
    let id: QueueID
    /// The wire form, the relay's own header first.
    let content: [UInt8]
    let recipients: [String]
    /// Whether it is committed with its first attempt open.
    let opensAttempt: Bool
}
