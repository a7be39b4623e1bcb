import Foundation
import TestKit

/// A disk as it is found after the end of a program, from what the program had done to it until then.
struct DiskImage {
    enum End: CaseIterable {
        /// The process was killed: the kernel still writes everything.
        case kill
        /// Power failed: nothing that was not synced is there.
        case nothing
        /// Power failed: any of it is there, in sectors.
        case torn
        /// Power failed: all of it is there.
        case everything

        var isPowerCut: Bool { self != .kill }
    }

    private struct File {
        /// What is durable.
        var content: [UInt8] = []
        /// What is not.
        var pending: [DiskLog.Entry] = []
    }

    private static let sector = 512
    private var files: [DiskLog.Inode: File] = [:]
    private var names: [String: DiskLog.Inode] = [:]
    private var pendingNames: [DiskLog.Entry] = []

    /// Adds what happened next.
    mutating func add(_ entry: DiskLog.Entry) {
        switch entry {
        case .write(let inode, _, _), .store(let inode, _, _), .truncate(let inode, _), .extend(let inode, _):
            files[inode, default: File()].pending.append(entry)
        case .sync(let inode):
            guard var file = files.removeValue(forKey: inode) else { return }
            for entry in file.pending { Self.apply(entry, to: &file.content) }
            file.pending.removeAll()
            files[inode] = file
        case .name, .unname, .rename: pendingNames.append(entry)
        case .syncNames(let directory):
            for entry in pendingNames where Self.directory(entry) == directory { Self.apply(entry, to: &names) }
            pendingNames.removeAll { Self.directory($0) == directory }
        case .mark: break
        }
    }

    /// Writes the files, with paths below `old` moved to below `new`.
    func write(after end: End, random: inout SeededGenerator, from old: String, to new: String) throws {
        try FileManager.default.createDirectory(atPath: new + "/segments", withIntermediateDirectories: true)
        for (path, inode) in found(after: end, &random) where path.hasPrefix(old + "/") {
            var content = files[inode].map { self.content(of: $0, after: end, &random) } ?? []
            if end.isPowerCut, path.hasSuffix("/dots") { Self.makeForeign(&content) }
            let target = new + path.dropFirst(old.count)
            try FileManager.default.createDirectory(
                atPath: String(target[..<target.lastIndex(of: "/")!]), withIntermediateDirectories: true)
            try Data(content).write(to: URL(fileURLWithPath: target))
        }
    }

    /// After a power cut the machine has another boot ID.
    private static func makeForeign(_ journal: inout [UInt8]) {
        guard journal.count >= 16 else { return }
        for index in 8..<16 { journal[index] ^= 0xff }
    }

    private func found(after end: End, _ random: inout SeededGenerator) -> [String: DiskLog.Inode] {
        var names = names
        for entry in pendingNames {
            switch end {
            case .nothing: break
            case .kill, .everything: Self.apply(entry, to: &names)
            case .torn: if Bool.random(using: &random) { Self.apply(entry, to: &names) }
            }
        }
        return names
    }

    private func content(of file: File, after end: End, _ random: inout SeededGenerator) -> [UInt8] {
        var content = file.content
        for entry in file.pending {
            switch end {
            case .nothing: break
            case .kill, .everything: Self.apply(entry, to: &content)
            case .torn: Self.tear(entry, &random).forEach { Self.apply($0, to: &content) }
            }
        }
        return content
    }

    /// Some of the sectors of a write.
    private static func tear(_ entry: DiskLog.Entry, _ random: inout SeededGenerator) -> [DiskLog.Entry] {
        guard case .write(let inode, let offset, let bytes) = entry else {
            return Bool.random(using: &random) ? [entry] : []
        }
        var pieces: [DiskLog.Entry] = []
        var start = 0
        while start < bytes.count {
            let end = min(bytes.count, ((offset + start) / sector + 1) * sector - offset)
            if Bool.random(using: &random) {
                pieces.append(.write(inode, offset: offset + start, Array(bytes[start..<end])))
            }
            start = end
        }
        return pieces
    }

    private static func apply(_ entry: DiskLog.Entry, to content: inout [UInt8]) {
        switch entry {
        case .write(_, let offset, let bytes), .store(_, let offset, let bytes):
            if content.count < offset + bytes.count {
                content.append(contentsOf: repeatElement(0, count: offset + bytes.count - content.count))
            }
            content.replaceSubrange(offset..<offset + bytes.count, with: bytes)
        case .truncate(_, let size): content.removeLast(max(0, content.count - size))
        case .extend(_, let size): content.append(contentsOf: repeatElement(0, count: max(0, size - content.count)))
        case .sync, .name, .unname, .rename, .syncNames, .mark: preconditionFailure("changes no content")
        }
    }

    private static func apply(_ entry: DiskLog.Entry, to names: inout [String: DiskLog.Inode]) {
        switch entry {
        case .name(let path, let inode): names[path] = inode
        case .unname(let path): names[path] = nil
        case .rename(let path, let other):
            if let inode = names.removeValue(forKey: path) { names[other] = inode }
        case .write, .store, .truncate, .extend, .sync, .syncNames, .mark: preconditionFailure("changes no name")
        }
    }

    private static func directory(_ entry: DiskLog.Entry) -> String {
        switch entry {
        case .name(let path, _), .unname(let path), .rename(let path, _):
            String(path[..<(path.lastIndex(of: "/") ?? path.startIndex)])
        case .write, .store, .truncate, .extend, .sync, .syncNames, .mark: preconditionFailure("has no name")
        }
    }

    /// A file as a program reads it now.
    static func content(of path: String) -> [UInt8]? {
        FileManager.default.contents(atPath: path).map(Array.init)
    }
}
