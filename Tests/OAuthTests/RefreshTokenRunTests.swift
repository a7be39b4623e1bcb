import Foundation
import Mail
import TestKit
import Testing

@testable import OAuth

@Suite("A refresh token that is replaced with each use, over crashes, full disks and changes by hand")
struct RefreshTokenRunTests {
    /// A relay with several lives, its disk, and a server that ends the former token as soon as it gives another one.
    private struct Course {
        let directory: TemporaryDirectory
        var random: SeededGenerator
        var shelf = RefreshTokenShelf()
        /// The only one that the server takes.
        var valid = "token-0"
        var count = 0
        var isFull = false
        /// Whether the newest token was in memory alone when the relay died: then the owner has to agree again.
        var isLost = false
        var uses = 0
        var problems: [String] = []

        init(seed: UInt64) throws {
            directory = try TemporaryDirectory()
            random = SeededGenerator(seed: seed)
            try write(valid)
        }

        var path: String { directory.path + "/token" }
        private var block: String { directory.path + "/.token.new" }

        private func write(_ token: String) throws {
            try Data("\(token)\n".utf8).write(to: URL(fileURLWithPath: path))
            try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: path)
        }

        private func onDisk() throws -> String { try TokenFile.read(path, "refresh_token_file") }

        mutating func step() throws {
            switch Int.random(in: 0..<8, using: &random) {
            case 0..<4: try ask()
            case 4: try turnDisk()
            case 5: try die()
            case 6: try agreeAgain()
            default: break
            }
        }

        /// A request, which may be the relay's last act.
        private mutating func ask() throws {
            guard let used = try? shelf.token(in: path) else {
                if !isFull { problems.append("nothing can be asked, and the disk has room") }
                return
            }
            uses += 1
            if try onDisk() != used { problems.append("\(used) is used before it is on disk") }
            guard used == valid else {
                if !isLost { problems.append("\(used) is used, and \(valid) was the last one given") }
                return
            }
            next()
            let unsaved = shelf.replace(used, with: valid, in: path)
            if (unsaved != nil) != isFull { problems.append("\(unsaved.map { "\($0)" } ?? "saved") on a full disk") }
        }

        private mutating func next() {
            count += 1
            valid = "token-\(count)"
        }

        /// The name of the file beside is taken by a directory that cannot be removed, or is free again.
        private mutating func turnDisk() throws {
            isFull.toggle()
            if isFull {
                try FileManager.default.createDirectory(atPath: block + "/x", withIntermediateDirectories: true)
            } else {
                try FileManager.default.removeItem(atPath: block)
            }
        }

        private mutating func die() throws {
            shelf = RefreshTokenShelf()
            isLost = try onDisk() != valid
        }

        /// The owner does so in a browser, and an operator writes the token into the file.
        private mutating func agreeAgain() throws {
            next()
            try write(valid)
            isLost = false
        }
    }

    @Test(
        "It is never used before it is on disk, and lost only with a relay that could not write it",
        arguments: UInt64(1)...40)
    func course(seed: UInt64) throws {
        var course = try Course(seed: seed)
        for _ in 0..<150 { try course.step() }
        #expect(course.problems.isEmpty, "seed \(seed)")
        #expect(course.uses > 3, "seed \(seed)")
    }
}
