import Foundation
import TestKit
import Testing

// WCAG 2.2, success criteria 1.4.3 and 1.4.11.
@Suite("The colours of the page")
struct PageContrastTests {
    enum Theme: Int, CaseIterable { case light = 0, dark }

    /// The colours by name, each light and dark.
    private static let colours: [String: [String]] = {
        let text = (try? SourceTree.text("Sources/Admin/Page/theme.css")) ?? ""
        let found = text.matches(of: /--([a-z-]+): light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\)/)
        return Dictionary(uniqueKeysWithValues: found.map { (String($0.1), [String($0.2), String($0.3)]) })
    }()

    /// Text, and what it stands on.
    private static let texts = [
        ("ink", "ground"), ("ink", "surface"), ("ink", "raised"), ("muted", "ground"), ("muted", "surface"),
        ("muted", "raised"),
        ("accent", "ground"), ("accent", "surface"), ("accent", "raised"), ("on-accent", "accent"), ("good", "surface"),
        ("good", "good-ground"), ("warn", "surface"), ("warn", "warn-ground"), ("bad", "surface"),
        ("bad", "bad-ground"),
        ("note", "surface"), ("note", "note-ground"), ("ink", "warn-ground"), ("ink", "bad-ground"),
        ("accent", "warn-ground"),
        ("accent", "bad-ground"), ("ground", "ink"), ("good", "raised"), ("warn", "raised"), ("bad", "raised"),
    ]

    /// What has to be seen without words: edges of controls, marks of charts.
    private static let marks = ["edge", "accent", "good", "warn", "bad", "note"]

    @Test("have enough contrast for text", arguments: Theme.allCases)
    func text(theme: Theme) throws {
        for (front, back) in Self.texts {
            let contrast = try Self.contrast(front, back, theme)
            #expect(contrast >= 4.5, "\(front) on \(back): \(contrast)")
        }
    }

    @Test("have enough contrast for controls and charts", arguments: Theme.allCases)
    func mark(theme: Theme) throws {
        for mark in Self.marks {
            let contrast = try Self.contrast(mark, "surface", theme)
            #expect(contrast >= 3, "\(mark): \(contrast)")
        }
    }

    @Test("are named in one place, and only there")
    func names() throws {
        var used: Set<String> = []
        for file in ["layout.css", "parts.css"] {
            let text = try SourceTree.text("Sources/Admin/Page/\(file)")
            used.formUnion(text.matches(of: /var\(--([a-z-]+)\)/).map { String($0.1) })
            // Shadows and what dims the page behind a dialog apart.
            #expect(text.matches(of: /#[0-9a-f]{3,8}\b/).allSatisfy { $0.0.hasPrefix("#000") }, "\(file)")
        }
        #expect(used == Set(Self.colours.keys))
    }

    private static func contrast(_ one: String, _ other: String, _ theme: Theme) throws -> Double {
        let (first, second) = (try luminance(one, theme), try luminance(other, theme))
        return (max(first, second) + 0.05) / (min(first, second) + 0.05)
    }

    /// The relative luminance of sRGB.
    private static func luminance(_ name: String, _ theme: Theme) throws -> Double {
        let text = try #require(colours[name], "\(name)")[theme.rawValue]
        let value = try #require(Int(text.dropFirst(), radix: 16))
        let parts = [value >> 16, value >> 8 & 255, value & 255].map { octet in
            let part = Double(octet) / 255
            return part <= 0.04045 ? part / 12.92 : pow((part + 0.055) / 1.055, 2.4)
        }
        return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]
    }
}
