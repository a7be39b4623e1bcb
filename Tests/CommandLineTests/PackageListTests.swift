import Foundation
import TestKit
import Testing

@Suite("System packages")
struct PackageListTests {
    private let makefile: String

    init() throws {
        makefile = try SourceTree.text("Makefile").replacingOccurrences(of: "\\\n", with: " ")
    }

    private func packages(_ list: String) throws -> [String] {
        let line = try #require(makefile.split(separator: "\n").first { $0.hasPrefix("\(list) :=") })
        return line.split(whereSeparator: \.isWhitespace).dropFirst(2).map(String.init).filter { !$0.hasPrefix("$") }
    }

    @Test(
        "the README names those of each list in its row",
        arguments: zip(["BUILD", "TEST", "BENCH"], ["make build", "make test", "make bench"]))
    func readme(list: String, command: String) throws {
        let rows = try SourceTree.text("README.md").split(separator: "\n")
        let row = try #require(rows.first { $0.hasPrefix("|") && $0.contains("`\(command)`") })
        let names = try packages("\(list)_PACKAGES")
        #expect(names.count > 3)
        for name in names { #expect(row.contains("`\(name)`"), "\(name)") }
    }

    @Test("building installs no mail server and no test tools")
    func building() throws {
        let building = Set(try packages("BUILD_PACKAGES"))
        #expect(building.isDisjoint(with: ["postfix", "exim4", "python3", "swaks", "systemd"]))
    }
}
