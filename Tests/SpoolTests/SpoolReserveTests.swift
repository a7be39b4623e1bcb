import Foundation
import TestKit
import Testing

@testable import Spool

@Suite("The reserve")
struct SpoolReserveTests {
    private let mebi = 1 << 20

    private func size(_ directory: TemporaryDirectory) throws -> Int {
        try #require(SystemFileLayer().entry(directory.path + "/reserve")).size
    }

    @Test("takes a sixteenth of the volume, gives parts of it back, and keeps the last one for the next start")
    func parts() throws {
        let directory = try TemporaryDirectory()
        let volume = SmallVolume(directory.path, capacity: 64 * mebi)
        let reserve = SpoolReserve(directory: directory.path, files: volume, most: 32 * mebi)
        #expect(reserve.missing == 4 * mebi)
        try reserve.fill()
        #expect(try reserve.missing == 0 && size(directory) == 4 * mebi)
        var parts = 0
        while reserve.release() { parts += 1 }
        #expect(parts == 4)
        #expect(try size(directory) == SpoolReserve.forStart && reserve.missing == 4 * mebi - SpoolReserve.forStart)
        let next = SpoolReserve(directory: directory.path, files: volume, most: 32 * mebi)
        next.prepareStart(free: SpoolReserve.forStart)
        #expect(try size(directory) == SpoolReserve.forStart)
        next.prepareStart(free: 0)
        #expect(try size(directory) == 0)
        try next.fill()
        #expect(try size(directory) == 4 * mebi)
    }

    @Test("is not taken in part")
    func noRoom() throws {
        let directory = try TemporaryDirectory()
        let reserve = SpoolReserve(
            directory: directory.path, files: SmallVolume(directory.path, capacity: 1000), most: 32 * mebi)
        #expect(throws: SpoolError.self) { try reserve.fill() }
        #expect(try size(directory) == 0 && reserve.missing == mebi)
    }
}
