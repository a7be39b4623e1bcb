internal import Delivery
internal import FoundationEssentials
internal import Ingress
internal import Notices

extension RelayConfiguration {
    /// Default of `--config`: `relay.conf` in the working directory if it exists, else the system's.
    package static func defaultPath(
        exists: (String) -> Bool = { FileManager.default.fileExists(atPath: $0) }
    ) -> String {
        exists("relay.conf") ? "relay.conf" : "/etc/posthorse/relay.conf"
    }

    /// Reads relay.conf.
    ///
    /// - Throws: ``ConfigurationProblems`` with every error and warning, if there is at least one error.
    package static func load(
        path: String, environment: [String: String] = ProcessInfo.processInfo.environment
    ) throws(ConfigurationProblems) -> RelayConfiguration {
        let (configuration, problems) = check(path: path, environment: environment)
        guard let configuration else { throw ConfigurationProblems(problems) }
        return configuration
    }

    /// Reads relay.conf and returns all problems, by line; the value is nil if one of them is an error.
    ///
    /// - Parameter isPipeAllowed: whether it may be a pipe, which is read to its end, however long its writer takes.
    package static func check(
        path: String, isPipeAllowed: Bool = false,
        environment: [String: String] = ProcessInfo.processInfo.environment
    ) -> (configuration: RelayConfiguration?, problems: [ConfigurationProblem]) {
        do throws(ConfigurationProblem) {
            let text = try ConfigurationFile.read(path, isPipeAllowed: isPipeAllowed)
            var result = check(text: text, file: path, environment: environment)
            if let configuration = result.configuration {
                result.problems.insert(contentsOf: FileExposure.warnings(configuration, from: path), at: 0)
            }
            return result
        } catch {
            return (nil, [error])
        }
    }

    /// The same for a text; relative paths in it begin at the directory of `file`.
    package static func check(
        text: String, file: String, environment: [String: String]
    ) -> (configuration: RelayConfiguration?, problems: [ConfigurationProblem]) {
        let lines = SourceLines(of: text)
        let document: [String: RawValue]
        do throws(ConfigurationProblem) {
            document = try parse(text, lines: lines, file: file)
        } catch {
            return (nil, [error])
        }
        var reader = ConfigurationReader(file: file, lines: lines, environment: environment)
        let draft = reader.read(document)
        reader.check(draft)
        var configuration = draft.configuration(relativeTo: directory(of: file))
        configuration.environmentPlaces = reader.environmentPlaces
        configuration.notedLines = NotedLines(lines, listeners: draft.listeners.count)
        if draft.adminSocket == nil { configuration.environmentPlaces.addSocket() }
        if draft.cluster.node == nil { configuration.environmentPlaces.addNode() }
        configuration.environmentPlaces.addAddresses(of: draft.roundTrips)
        reader.check(configuration)
        configuration.delivery.notices.template = reader.noticeTemplate(configuration.noticeTemplateFile)
        var problems = reader.problems.sortedByLine
        if let path = configuration.usersFile {
            var file = UsersFile(
                path: path, taken: Set(draft.users.map(\.name)), routes: draft.routes.map(\.name),
                environment: environment)
            do throws(ConfigurationProblems) {
                configuration.ingress.usersOfFile = try file.read()
                configuration.usersFilePlaces = file.environmentPlaces
            } catch {
                problems += error.problems
            }
        }
        return (problems.hasErrors ? nil : configuration, problems)
    }

    /// The admin socket named in a file that is otherwise unusable, for example while somebody edits it; nil if it
    /// cannot be determined.
    package static func adminSocket(
        inDamaged path: String, environment: [String: String] = ProcessInfo.processInfo.environment
    ) -> String? {
        guard let text = try? ConfigurationFile.read(path) else { return nil }
        let whole = try? parse(text, lines: SourceLines(of: text), file: path)
        let excerpt = SourceLines.excerpt(of: text, tables: [Schema.admin.name, Schema.spool.name])
        guard let document = whole ?? (try? parse(excerpt, lines: SourceLines(of: excerpt), file: path)) else {
            return nil
        }
        var reader = ConfigurationReader(file: path, lines: SourceLines(), environment: environment)
        let draft = reader.read(document)
        let keys = [ConfigurationPath.root.key("admin").key("socket"), .root.key("spool").key("path")]
        guard reader.failures.isDisjoint(with: keys) else { return nil }
        return draft.configuration(relativeTo: directory(of: path)).adminSocket
    }

    private static func directory(of file: String) -> String? {
        file.lastIndex(of: "/").map { String(file[...$0]) }
    }

    /// Parses a text into a document.
    static func parse(
        _ text: String, lines: SourceLines, file: String
    ) throws(ConfigurationProblem) -> [String: RawValue] {
        if let line = lines.tooDeep {
            throw ConfigurationProblem(
                file: file, line: line, message: "not a relay.conf: nested too deeply")
        }
        if let line = lines.escapedNUL {
            throw ConfigurationProblem(
                file: file, line: line, message: "a string holds the character NUL", remedy: "remove \\u0000")
        }
        let mistake: SourceHazard
        do throws(SyntaxError) {
            guard let hazard = lines.hazard else { return try RawValue.parse(text) }
            try checkPrefix(text, before: hazard)
            mistake = hazard
        } catch {
            throw ConfigurationProblem(file: file, line: error.line, message: error.message)
        }
        throw ConfigurationProblem(
            file: file, line: mistake.line, key: mistake.key, message: mistake.message, remedy: mistake.remedy)
    }

    /// Looks for an error before the hazard; the text ending there is not one.
    private static func checkPrefix(_ text: String, before hazard: SourceHazard) throws(SyntaxError) {
        do throws(SyntaxError) {
            _ = try RawValue.parse(String(decoding: text.utf8.prefix(hazard.offset), as: UTF8.self))
        } catch {
            if !error.message.contains("end-of-file") { throw error }
        }
    }
}
