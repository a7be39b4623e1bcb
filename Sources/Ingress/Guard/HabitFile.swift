internal import FoundationEssentials
internal import Mail

/// Contents of `habits.json`: what is usual for each guarded user, by name. Times are those of the steady clock.
package struct HabitFile: Sendable {
    private struct Form: Codable {
        var version: Int
        var users: [String: UserHabit]
    }

    package static let version = 1

    package let habits: [String: UserHabit]

    package init(_ habits: [String: UserHabit]) {
        self.habits = habits
    }

    /// - Throws: what is wrong with the octets.
    package init(octets: [UInt8]) throws {
        let form = try JSONDecoder().decode(Form.self, from: Data(octets))
        guard form.version == Self.version else {
            throw HabitFileError("it has version \(form.version), not \(Self.version)")
        }
        guard form.users.values.allSatisfy(\.isPlausible) else {
            throw HabitFileError("it has figures that nobody can have learned")
        }
        habits = form.users
    }

    /// One line, with its end.
    package func octets() throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return Array(try encoder.encode(Form(version: Self.version, users: habits))) + [UInt8(ascii: "\n")]
    }
}

/// A file that this version has not written.
struct HabitFileError: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}
