/// Replaces `${NAME}` in strings with the value of an environment variable.
struct EnvironmentReferences: Sendable {
    let environment: [String: String]

    /// Whether part of the value comes from the environment.
    static func areIn(_ raw: RawValue) -> Bool {
        switch raw {
        case .string(let text): text.contains("${")
        case .list(let elements): elements.contains(where: areIn)
        case .integer, .float, .boolean, .date, .table: false
        }
    }

    /// A value with its references resolved.
    struct Resolution {
        /// Without list elements that could not be resolved; nil if nothing could.
        var value: RawValue?
        /// Original list index of each remaining element.
        var places: [Int] = []
        var invalidValues: [InvalidValue] = []
    }

    /// Resolves every reference, in lists too.
    ///
    /// - Parameter isSecret: whether the value itself must not be written in the file.
    func resolve(_ raw: RawValue, isSecret: Bool = false) -> Resolution {
        switch raw {
        case .string(let text):
            do throws(InvalidValue) {
                return Resolution(value: .string(try resolve(text, isSecret)))
            } catch {
                return Resolution(invalidValues: [isSecret ? error.discreet : error])
            }
        case .list(let elements): return resolve(elements)
        case .integer, .float, .boolean, .date, .table: return Resolution(value: raw)
        }
    }

    private func resolve(_ elements: [RawValue]) -> Resolution {
        var resolution = Resolution()
        var resolved: [RawValue] = []
        for (index, element) in elements.enumerated() {
            let part = resolve(element)
            resolution.invalidValues += part.invalidValues.map { $0.about(index) }
            guard let value = part.value else { continue }
            resolved.append(value)
            resolution.places.append(index)
        }
        if !resolved.isEmpty || elements.isEmpty { resolution.value = .list(resolved) }
        return resolution
    }

    private func resolve(_ text: String, _ isSecret: Bool) throws(InvalidValue) -> String {
        var resolved = ""
        var rest = text[...]
        while let start = rest.firstIndex(of: "$") {
            let after = rest[rest.index(after: start)...]
            guard after.first == "{" else {
                resolved += rest[...start]
                rest = after
                continue
            }
            guard let end = after.firstIndex(of: "}") else {
                throw InvalidValue("has \"${\" without \"}\"", "write \"${NAME}\" for an environment variable")
            }
            resolved += rest[..<start]
            resolved += try value(of: after[..<end].dropFirst(), isSecret)
            rest = after[after.index(after: end)...]
        }
        return resolved + rest
    }

    /// Line ends that `$(cat file)` and env files leave at the end are not part of the value.
    private static func withoutLineEnds(_ value: String) -> String {
        var octets = value.utf8[...]
        while let last = octets.last, last == UInt8(ascii: "\n") || last == UInt8(ascii: "\r") { octets.removeLast() }
        return String(octets) ?? value
    }

    /// What a problem says before and after the name of a variable that is not set.
    fileprivate static let unset = (before: "uses the environment variable ", after: ", which is not set")

    private func value(of name: Substring, _ isSecret: Bool) throws(InvalidValue) -> String {
        let isName = name.utf8.allSatisfy { byte in
            byte == UInt8(ascii: "_") || (0x30...0x39).contains(byte) || (0x61...0x7A).contains(byte | 0x20)
        }
        guard isName, let first = name.utf8.first, !(0x30...0x39).contains(first) else {
            throw InvalidValue(
                "has no environment variable name in its braces", "write for example \"${RELAY_NAME}\"")
        }
        guard let value = environment[String(name)].map(Self.withoutLineEnds) else {
            throw InvalidValue(
                "\(Self.unset.before)\(name)\(Self.unset.after)",
                "set \(name) or \(isSecret ? "use password_file" : "write the value itself")")
        }
        return value
    }
}

extension ConfigurationProblem {
    /// The environment variable that is not set here, and may be in another process; nil if the problem is another one.
    package var unsetVariable: String? {
        let unset = EnvironmentReferences.unset
        guard severity == .error, let before = message.ranges(of: unset.before).last else { return nil }
        let rest = message[before.upperBound...]
        return rest.hasSuffix(unset.after) ? String(rest.dropLast(unset.after.count)) : nil
    }
}
