internal import Alerts
internal import Ingress

/// Walks a parsed document along the schema and records everything that does not fit.
struct ConfigurationReader {
    let file: String
    let lines: SourceLines
    let environment: EnvironmentReferences
    private(set) var problems: [ConfigurationProblem] = []
    /// Places with unusable values; checks that compare values skip them.
    private(set) var failures: Set<ConfigurationPath> = []
    /// Places whose values come from the environment.
    private(set) var environmentPlaces = EnvironmentPlaces()
    /// Strings from the environment, with what stands in the file for each.
    private var references: [ConfigurationPath: (value: String, written: String)] = [:]

    init(file: String, lines: SourceLines, environment: [String: String]) {
        self.file = file
        self.lines = lines
        self.environment = EnvironmentReferences(environment: environment)
    }

    mutating func read(_ document: [String: RawValue]) -> ConfigurationDraft {
        var draft = ConfigurationDraft()
        let tables = Set(Schema.references.filter { $0.parentName.isEmpty }.map(\.name))
        fill(&draft, from: document, of: Schema.root, at: .root, tables: tables)
        for section in Schema.tables {
            guard let raw = document[section.name] else { continue }
            read(raw, of: section, at: .root.key(section.name), into: &draft)
        }
        draft.listeners = elements(of: Schema.listener, in: document)
        draft.users = elements(of: Schema.user, in: document)
        draft.rewrites = elements(of: Schema.rewrite, in: document)
        draft.upstreams = elements(of: Schema.upstream, in: document)
        draft.routes = elements(of: Schema.route, in: document)
        draft.paces = elements(of: Schema.pace, in: document)
        draft.streams = elements(of: Schema.stream, in: document)
        draft.webhooks = elements(of: Schema.webhook, in: document)
        draft.roundTrips = elements(of: Schema.roundTrip, in: document)
        draft.alerts.own = elements(of: Schema.alert, in: document)
        draft.alerts.sinks = elements(of: Schema.notify, in: document)
        return draft
    }

    /// Reads a document of users only.
    mutating func readUsers(_ document: [String: RawValue]) -> [UserSettings] {
        for name in document.keys.sorted() where name != Schema.user.name {
            report(at: .root.key(name), "does not belong in a users file", "keep only [[user]] tables")
        }
        return elements(of: Schema.user, in: document)
    }

    mutating func report(
        _ severity: ConfigurationProblem.Severity = .error, at path: ConfigurationPath, _ message: String,
        _ remedy: String?
    ) {
        if severity == .error { failures.insert(path) }
        problems.append(
            ConfigurationProblem(
                severity, file: file, line: lines.line(of: path), key: path.shown,
                message: discreet(message, at: path), remedy: remedy))
    }

    /// A value from the environment may be a secret: problems show it as written.
    private func discreet(_ message: String, at path: ConfigurationPath) -> String {
        guard let (value, written) = references[path] else { return message }
        return [RawValue.quote(value), "\"\(value)\""].reduce(message) { message, shown in
            message.replacing(shown, with: RawValue.quote(written))
        }
    }

    mutating func read<Root>(
        _ raw: RawValue, of section: Section<Root>, at path: ConfigurationPath, into root: inout Root
    ) {
        guard case .table(let table) = raw else {
            let problem = if case .list = raw { "may occur only once" } else { "is a table, not a value" }
            return report(at: path, problem, "write \(section.reference.header) and its keys below")
        }
        fill(&root, from: table, of: section, at: path)
    }

    /// Every element of an array of tables, with its defaults.
    private mutating func elements<Root>(of section: Section<Root>, in document: [String: RawValue]) -> [Root] {
        guard let raw = document[section.name] else { return [] }
        return elements(of: section, in: raw, at: .root.key(section.name))
    }

    /// The same for the value at a path.
    mutating func elements<Root>(
        of section: Section<Root>, in raw: RawValue, at path: ConfigurationPath
    ) -> [Root] {
        guard case .list(let elements) = raw else {
            report(at: path, "is a list of tables", "write \(section.reference.header) and the keys of each below")
            return []
        }
        return elements.enumerated().map { index, element in
            var root = section.prototype
            if case .table(let table) = element {
                fill(&root, from: table, of: section, at: path.index(index))
            } else {
                report(at: path.index(index), "\(element.shown) is not a table", "write \(section.reference.header)")
            }
            return root
        }
    }

    private mutating func fill<Root>(
        _ root: inout Root, from table: [String: RawValue], of section: Section<Root>, at path: ConfigurationPath,
        tables: Set<String> = []
    ) {
        for key in section.keys {
            if let raw = table[key.name] {
                assign(raw, to: key, of: &root, at: path.key(key.name))
            } else if case .required(let example) = key.fallback(section.prototype) {
                report(at: path.key(key.name), "missing", "write for example \(key.name) = \(example)")
            }
        }
        for part in section.parts {
            if let raw = table[part.name] { part.read(&self, raw, path.key(part.name), &root) }
        }
        let known = tables.union(section.keys.map(\.name)).union(section.parts.map(\.name))
        for name in table.keys.sorted() where !known.contains(name) {
            let invalidValue = UnknownKey.invalidValue(name, in: section.name)
            report(at: path.key(name), invalidValue.message, invalidValue.remedy)
        }
    }

    private mutating func assign<Root>(
        _ raw: RawValue, to key: Key<Root>, of root: inout Root, at path: ConfigurationPath
    ) {
        if key.isSecret, !EnvironmentReferences.areIn(raw) { return complain(.secretInFile, about: raw, at: path) }
        let resolution = environment.resolve(raw, isSecret: key.isSecret)
        for invalidValue in resolution.invalidValues { complain(invalidValue, about: raw, at: path) }
        guard let value = resolution.value else { return }
        do throws(InvalidValue) {
            try key.assign(value, &root)
            note(raw, as: value, at: path, places: resolution.places)
        } catch {
            let isHidden = EnvironmentReferences.areIn(raw) && !key.isSecret
            for invalidValue in error.all {
                complain(
                    isHidden ? invalidValue.aboutEnvironment : invalidValue, about: raw, at: path,
                    places: resolution.places)
            }
        }
    }

    /// Notes which strings come from the environment.
    ///
    /// - Parameter places: original list index of each element of the value.
    private mutating func note(_ raw: RawValue, as value: RawValue, at path: ConfigurationPath, places: [Int] = []) {
        guard EnvironmentReferences.areIn(raw) else { return }
        environmentPlaces.add(path)
        if case .string(let written) = raw, case .string(let text) = value { references[path] = (text, written) }
        guard case .list(let elements) = raw, case .list(let values) = value else { return }
        for (place, value) in zip(places, values) { note(elements[place], as: value, at: path.index(place)) }
    }

    /// - Parameter places: original list indexes of the elements that the invalid value numbers; empty if they count
    ///   from 0.
    private mutating func complain(
        _ invalidValue: InvalidValue, about raw: RawValue, at path: ConfigurationPath, places: [Int] = []
    ) {
        var (path, shown) = (path, invalidValue.hidesValue ? "the value" : raw.shown)
        if let element = invalidValue.element, case .list(let elements) = raw {
            let place = places.isEmpty ? element : places[element]
            failures.insert(path)
            path = path.index(place)
            shown = elements[place].shown
        }
        report(at: path, "\(shown) \(invalidValue.message)", invalidValue.remedy)
    }
}
