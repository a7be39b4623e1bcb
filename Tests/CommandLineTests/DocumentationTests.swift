import Admin
import Foundation
import TestKit
import Testing

/// What can be checked about pages without reading them: links, the width of lines, names from the sources.
@Suite("Pages for people")
struct DocumentationTests {
    private static let pages = ["README.md", "CONTRIBUTING.md", "CHANGELOG.md"] + docs.map { "docs/\($0)" }

    private static let docs =
        (try? FileManager.default.contentsOfDirectory(atPath: SourceTree.file("docs").path))
        .map { $0.filter { $0.hasSuffix(".md") }.sorted() } ?? []

    @Test("every link leads to a file, and to a heading in it", arguments: pages)
    func links(page: String) throws {
        let text = try SourceTree.text(page)
        let folder = page.split(separator: "/").dropLast().joined(separator: "/")
        for link in text.matches(of: /\]\(([^)\s]+)\)/).map({ String($0.1) }) where !link.contains("://") {
            let parts = link.split(separator: "#", maxSplits: 1, omittingEmptySubsequences: false)
            let file = parts[0].isEmpty ? page : Self.path(String(parts[0]), in: folder)
            let target = SourceTree.file(file)
            #expect(FileManager.default.fileExists(atPath: target.path), "\(page): \(link)")
            guard parts.count == 2 else { continue }
            #expect(Self.anchors(of: try SourceTree.text(file)).contains(String(parts[1])), "\(page): \(link)")
        }
    }

    @Test("prose is wrapped at 120 columns", arguments: pages.filter { $0 != "docs/rfc-index.md" })
    func width(page: String) throws {
        let lines = try SourceTree.text(page).split(separator: "\n", omittingEmptySubsequences: false)
        var (isCode, isGenerated) = (false, false)
        for (index, line) in lines.enumerated() {
            if line.hasPrefix("```") { isCode.toggle() }
            if line.hasPrefix("<!-- ") { isGenerated = line.contains("begin") || line.contains("Generated") }
            let isFree = isCode || isGenerated || line.hasPrefix("|")
            #expect(isFree || line.count <= 120, "\(page):\(index + 1) has \(line.count) columns")
        }
    }

    @Test("the README leads to every page")
    func contents() throws {
        let readme = try SourceTree.text("README.md")
        for name in Self.docs { #expect(readme.contains("(docs/\(name)"), "\(name)") }
    }

    @Test("the architecture has every folder of the sources, and no other")
    func rooms() throws {
        let root = SourceTree.file("Sources")
        var isDirectory: ObjCBool = false
        let folders = try FileManager.default.subpathsOfDirectory(atPath: root.path).filter { path in
            FileManager.default.fileExists(atPath: root.appendingPathComponent(path).path, isDirectory: &isDirectory)
                && isDirectory.boolValue && path.split(separator: "/").count == 2
        }
        let rows = try Self.rows(of: "## Rooms").joined()
        let listed = rows.matches(of: /`([A-Za-z]+\/[A-Za-z0-9]+)`/).map { String($0.1) }
        #expect(listed.sorted() == folders.sorted())
    }

    @Test("what the architecture names is in the sources", arguments: ["architecture", "life-of-a-message"])
    func names(page: String) throws {
        let root = SourceTree.file("Sources")
        let paths = try FileManager.default.subpathsOfDirectory(atPath: root.path).filter { $0.hasSuffix(".swift") }
        let files = Set(paths.map { URL(fileURLWithPath: $0).deletingPathExtension().lastPathComponent })
        let text = try SourceTree.text("docs/\(page).md")
        let names = text.matches(of: /`([A-Z][A-Za-z]+(?:\+[A-Z][a-z]+)?)[`.]/).map { String($0.1) }
        let targets = try FileManager.default.contentsOfDirectory(atPath: root.path)
        #expect(names.count > 10)
        for name in Set(names).subtracting(targets).subtracting(["TOMLKit"]) {
            #expect(files.contains(name), "\(name) is no file of the sources")
        }
    }

    @Test("the threads of the spool have the names that the pages give them", arguments: ["architecture", "spool"])
    func threads(page: String) throws {
        let source = try SourceTree.text("Sources/Spool/SQLiteSpool.swift")
        let text = try SourceTree.text("docs/\(page).md")
        let names = Set(source.matches(of: /SpoolThread\("([a-z-]+)"\)/).map { String($0.1) })
        #expect(names.count == 4)
        #expect(Set(text.matches(of: /`(spool-[a-z]+)`/).map { String($0.1) }) == names)
    }

    @Test("the page about the audit log has everything that is recorded there")
    func audited() throws {
        let documented = try Self.auditedNames()
        let nouns = Set(documented.map { $0.prefix { $0 != " " } })
        let recorded = try Self.sources(in: ["Admin", "Relay"]).flatMap { text in
            text.matches(of: /what: "([a-z-]+(?: [a-z]+)?)/).map { String($0.1) }
        }
        #expect(Set(recorded).count > 10)
        // Of those with a verb that the source has from elsewhere, the noun alone is there.
        for name in Set(recorded) {
            #expect(name.contains(" ") ? documented.contains(name) : nouns.contains(name[...]), "\(name)")
        }
        let webhooks = WebhookVerb.allCases.map { "webhook \($0.rawValue)" }
        let queue = QueueVerb.allCases.map { "queue \($0.rawValue)" }
        for name in webhooks + queue { #expect(documented.contains(name), "\(name)") }
    }

    // MARK: reading pages

    /// Names of the first column: a word alone goes with the noun before it.
    private static func auditedNames() throws -> Set<String> {
        let page = try SourceTree.text("docs/audit.md")
        let part = try #require(page.components(separatedBy: "## What is in it\n").last)
        let rows = part.components(separatedBy: "\n\n`reason`")[0].split(separator: "\n")
        let names = rows.filter { $0.hasPrefix("| `") }.flatMap { row -> [String] in
            let words = row.split(separator: "|")[0].matches(of: /`([a-z -]+)`/).map { String($0.1) }
            let noun = words[0].prefix { $0 != " " }
            return [words[0]] + words.dropFirst().map { $0.contains(" ") ? $0 : "\(noun) \($0)" }
        }
        return Set(names)
    }

    private static func sources(in targets: [String]) throws -> [String] {
        try targets.flatMap { target in
            let paths = try FileManager.default.subpathsOfDirectory(atPath: SourceTree.file("Sources/\(target)").path)
            return try paths.filter { $0.hasSuffix(".swift") }.map { try SourceTree.text("Sources/\(target)/\($0)") }
        }
    }

    private static func path(_ link: String, in folder: String) -> String {
        var parts = folder.split(separator: "/")
        for part in link.split(separator: "/") {
            if part == ".." { parts.removeLast() } else { parts.append(part) }
        }
        return parts.joined(separator: "/")
    }

    /// Anchors as GitHub makes them: lower case, blanks become hyphens, marks go.
    private static func anchors(of text: String) -> Set<String> {
        let headings = text.split(separator: "\n").filter { $0.hasPrefix("#") }
        return Set(
            headings.map { heading in
                let title = heading.drop { $0 == "#" }.dropFirst().lowercased()
                return String(title.filter { $0.isLetter || $0.isNumber || " -_".contains($0) })
                    .replacingOccurrences(of: " ", with: "-")
            })
    }

    private static func rows(of heading: String) throws -> [Substring] {
        let page = try SourceTree.text("docs/architecture.md")
        let part = try #require(page.components(separatedBy: heading + "\n").last)
        return part.components(separatedBy: "\n## ")[0].split(separator: "\n").filter { $0.hasPrefix("|") }.map {
            Substring($0)
        }
    }
}
