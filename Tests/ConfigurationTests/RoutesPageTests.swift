import Delivery
import Foundation
import Ingress
import TestKit
import Testing
import Upstreams

@testable import Configuration

@Suite("docs/routes.md")
struct RoutesPageTests {
    private let page: String
    private let files: [String]

    init() throws {
        page = try SourceTree.text("docs/routes.md")
        files = page.components(separatedBy: "```").filter { $0.hasPrefix("toml\n") }.map { String($0.dropFirst(5)) }
    }

    @Test("every example is valid as it stands")
    func examples() {
        #expect(files.count >= 4)
        for file in files {
            let name = file.contains("hostname") ? "" : "hostname = \"relay.test\"\n"
            #expect(problems(name + file) == [], "\(file)")
        }
    }

    @Test("the messages in the table take the routes given there")
    func table() throws {
        let table = try configuration(try #require(files.first)).delivery.routeTable
        let rows = page.split(separator: "\n").map(cells).filter { $0.count == 5 && $0[0].contains("@") }
        #expect(rows.count == 7)
        for row in rows {
            let user = row[2].isEmpty ? nil : row[2]
            let found = table.route(of: try subject(row, user: user), recipient: row[1])
            #expect(table.routes[found].name == row[4], "\(row)")
        }
    }

    private func subject(_ row: [String], user: String?) throws -> RouteTable.Subject {
        let header = row[3].split(separator: ":", maxSplits: 1).map { $0.trimmingCharacters(in: .whitespaces) }
        let route = try configuration(try #require(files.first)).ingress.users.first { $0.name == user }?.route
        return RouteTable.Subject(
            sender: row[0], route: route, user: user,
            headers: header.count == 2 ? [header[0].lowercased(): header[1]] : [:])
    }

    /// The cells of a table row, without markup.
    private func cells(_ line: Substring) -> [String] {
        guard line.hasPrefix("|") else { return [] }
        return line.dropFirst().dropLast().split(separator: "|", omittingEmptySubsequences: false)
            .map { $0.trimmingCharacters(in: CharacterSet(charactersIn: " `")) }
    }
}
