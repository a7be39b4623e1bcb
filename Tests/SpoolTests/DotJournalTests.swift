import Foundation
import Mail
import NIOCore
import TestKit
import Testing

@testable import Spool

@Suite("Final-dot journal")
struct DotJournalTests {
    private let first = QueueID(rawValue: 7)
    private let second = QueueID(rawValue: 8)

    @Test("after the death of the process it tells exactly whose dot may have been sent")
    func exact() throws {
        let directory = try TemporaryDirectory()
        let path = directory.path + "/dots"
        let journal = try #require(DotJournal(path: path))
        journal.note(first)
        journal.note(second)
        journal.note(second)
        journal.forget(first)
        #expect(DotJournal.evidence(path: path) == .exactly([second]))
        #expect(journal.noted == [second])
        journal.forget(second)
        #expect(DotJournal.evidence(path: path) == .exactly([]))
    }

    @Test("after the death of the machine, or damage, it tells nothing", arguments: [0, 1, 2])
    func nothing(word: Int) throws {
        let directory = try TemporaryDirectory()
        let path = directory.path + "/dots"
        let journal = try #require(DotJournal(path: path))
        journal.note(first)
        let file = try FileHandle(forUpdating: URL(fileURLWithPath: path))
        try file.seek(toOffset: UInt64(word * 8))
        try file.write(contentsOf: Data([9, 9, 9, 9, 9, 9, 9, 9]))
        try file.close()
        #expect(DotJournal.evidence(path: path) == .none)
        #expect(DotJournal.evidence(path: directory.path + "/missing") == .none)
    }

    @Test("closed cleanly it is trusted even after a restart of the machine")
    func clean() throws {
        let directory = try TemporaryDirectory()
        let path = directory.path + "/dots"
        let journal = try #require(DotJournal(path: path))
        journal.note(first)
        journal.closeCleanly()
        let file = try FileHandle(forUpdating: URL(fileURLWithPath: path))
        try file.seek(toOffset: 8)
        try file.write(contentsOf: Data([9, 9, 9, 9, 9, 9, 9, 9]))
        try file.close()
        #expect(DotJournal.evidence(path: path) == .exactly([first]))
    }

    @Test("more messages than slots: it says that it does not know")
    func overflow() throws {
        let directory = try TemporaryDirectory()
        let path = directory.path + "/dots"
        let journal = try #require(DotJournal(path: path))
        for number in 1...DotJournal.capacity { journal.note(QueueID(rawValue: Int64(number))) }
        #expect(DotJournal.evidence(path: path) != .none)
        #expect(journal.noted?.count == DotJournal.capacity)
        journal.note(QueueID(rawValue: Int64(DotJournal.capacity) + 1))
        #expect(DotJournal.evidence(path: path) == .none && journal.noted == nil)
    }
}
