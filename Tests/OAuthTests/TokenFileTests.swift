import Foundation
import Glibc
import Mail
import TestKit
import Testing

@testable import OAuth

@Suite("Files with secrets of accounts")
struct TokenFileTests {
    private let directory: TemporaryDirectory
    private var path: String { directory.path + "/token" }

    init() throws { directory = try TemporaryDirectory() }

    private func write(_ octets: [UInt8], mode: mode_t = 0o600, to path: String? = nil) throws {
        try Data(octets).write(to: URL(fileURLWithPath: path ?? self.path))
        chmod(path ?? self.path, mode)
    }

    private func mode(_ path: String) -> mode_t {
        var status = stat()
        return stat(path, &status) == 0 ? status.st_mode & 0o7777 : 0
    }

    private func error<Value>(_ body: () throws -> Value) -> TokenError? {
        do {
            _ = try body()
            return nil
        } catch {
            return error as? TokenError
        }
    }

    @Test(
        "Line ends, blanks and a byte order mark are not part of a secret",
        arguments: ["s3cret", "s3cret\n", "s3cret\r\n\n", "\u{FEFF}s3cret\n", "  s3cret \n"])
    func trimmed(content: String) throws {
        try write(Array(content.utf8))
        #expect(try TokenFile.read(path, "client_secret_file") == "s3cret")
    }

    @Test(
        "What is no secret is refused, and not shown",
        arguments: [
            ("", "is empty: write a new refresh token into it, alone on a line"), ("\n", "is empty"),
            ("a\nb", "more than one line"),
            ("a b", "more than one line"), ("a\u{7F}", "that no secret has: write a new"),
            ("ü", "characters that no secret has"), (String(repeating: "x", count: (64 << 10) + 1), "holds more than"),
        ])
    func unusable(content: String, words: String) throws {
        try write(Array(content.utf8))
        let error = error { try TokenFile.read(path, "refresh_token_file") }
        #expect(error?.code == .file && error?.message.contains(words) == true)
        #expect(error?.message.hasPrefix("no token: refresh_token_file \(path) ") == true)
    }

    @Test("A file that every user can read is refused")
    func exposed() throws {
        try write(Array("s3cret".utf8), mode: 0o644)
        let error = error { try TokenFile.read(path, "client_secret_file") }
        #expect(error?.message.contains("run chmod o-r on it") == true)
        chmod(path, 0o640)
        #expect(try TokenFile.read(path, "client_secret_file") == "s3cret")
    }

    @Test("A missing file, a directory and a pipe without a writer are refused at once")
    func irregular() throws {
        #expect(
            error { try TokenFile.read(path, "client_secret_file") }?.message.hasSuffix(
                "No such file or directory: write the secret into it, alone on a line") == true)
        #expect(error { try TokenFile.read(directory.path, "k") }?.message.contains("not a regular file") == true)
        mkfifo(path, 0o600)
        #expect(error { try TokenFile.read(path, "k") }?.message.contains("not a regular file") == true)
    }

    @Test("A replaced file has its permissions, and nothing is left beside it", arguments: [0o600, 0o640, 0o400])
    func replaced(mode: mode_t) throws {
        try write(Array("old\n".utf8), mode: mode)
        try TokenFile.replace(path, with: "new")
        #expect(try TokenFile.read(path, "k") == "new")
        #expect(self.mode(path) == mode)
        #expect(try FileManager.default.contentsOfDirectory(atPath: directory.path) == ["token"])
    }

    @Test("A rest of an interrupted replacement is in nobody's way")
    func rest() throws {
        try write(Array("old\n".utf8))
        try write(Array("half".utf8), to: directory.path + "/.token.new")
        try TokenFile.replace(path, with: "new")
        #expect(try TokenFile.read(path, "k") == "new")
    }

    @Test("Behind a symbolic link its target is replaced")
    func link() throws {
        try write(Array("old".utf8))
        let link = directory.path + "/link"
        try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: path)
        try TokenFile.replace(link, with: "new")
        #expect(try TokenFile.read(path, "k") == "new")
        #expect(try FileManager.default.destinationOfSymbolicLink(atPath: link) == path)
    }

    // MARK: - Tokens that are not on disk

    /// The name of the temporary file is taken by a directory that cannot be removed.
    private func block() throws {
        try FileManager.default.createDirectory(
            atPath: directory.path + "/.token.new/x", withIntermediateDirectories: true)
    }

    private func unblock() throws { try FileManager.default.removeItem(atPath: directory.path + "/.token.new") }

    @Test("A token that cannot be written is kept, is not used before it is written, and then replaces the old one")
    func shelf() throws {
        let shelf = RefreshTokenShelf()
        try write(Array("old".utf8))
        #expect(try shelf.token(in: path) == "old")
        try block()
        #expect(shelf.replace("old", with: "new", in: path)?.code == .unsaved)
        #expect(error { try shelf.token(in: path) }?.code == .unsaved)
        try unblock()
        #expect(try shelf.token(in: path) == "new")
        #expect(try TokenFile.read(path, "k") == "new")
    }

    @Test(
        "A token that is in its place without being on disk is not used before it is",
        .enabled(if: geteuid() != 0, "root may open every directory"))
    func unsynced() throws {
        let shelf = RefreshTokenShelf()
        try write(Array("old".utf8))
        // Files can be replaced in it, and it cannot be opened to be synced.
        chmod(directory.path, 0o300)
        defer { chmod(directory.path, 0o700) }
        #expect(shelf.replace("old", with: "new", in: path)?.code == .unsaved)
        #expect(try TokenFile.read(path, "k") == "new")
        #expect(error { try shelf.token(in: path) }?.code == .unsaved)
        // The next relay knows of no other.
        #expect(try RefreshTokenShelf().token(in: path) == "new")
        chmod(directory.path, 0o700)
        #expect(try shelf.token(in: path) == "new")
    }

    @Test("A token that somebody has put there meanwhile stays")
    func replacedByHand() throws {
        let shelf = RefreshTokenShelf()
        try write(Array("old".utf8))
        try block()
        _ = shelf.replace("old", with: "new", in: path)
        try unblock()
        try write(Array("by hand".replacing(" ", with: "-").utf8))
        #expect(try shelf.token(in: path) == "by-hand")
        #expect(shelf.replace("old", with: "newer", in: path) == nil)
        #expect(try shelf.token(in: path) == "by-hand")
    }

    @Test("A file that has vanished meanwhile is not made anew before somebody looks")
    func vanished() throws {
        let shelf = RefreshTokenShelf()
        #expect(shelf.replace("old", with: "new", in: path)?.code == .file)
        try write(Array("old".utf8))
        #expect(try shelf.token(in: path) == "new")
    }
}
