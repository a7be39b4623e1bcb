internal import FoundationEssentials
package import Ingress
internal import TLS

/// `users_file`: `[[user]]` tables outside relay.conf, for example written by another program. Its owner polls it for
/// changes; a file with an error changes nothing.
package struct UsersFile: Sendable {
    package let path: String
    private let taken: Set<String>
    private let routes: [String]
    private let environment: [String: String]
    private var stamp: FileStamp?
    private var isFirstLook = true
    /// Which values of the users that were read last come from the environment.
    package private(set) var environmentPlaces = EnvironmentPlaces()

    /// - Parameters:
    ///   - taken: user names in relay.conf, which the file must not repeat.
    ///   - routes: route names in relay.conf, besides `default`.
    package init(
        path: String, taken: Set<String>, routes: [String],
        environment: [String: String] = ProcessInfo.processInfo.environment
    ) {
        self.path = path
        self.taken = taken
        self.routes = routes
        self.environment = environment
    }

    /// Reads the file.
    ///
    /// - Throws: ``ConfigurationProblems``, all of them.
    package mutating func read() throws(ConfigurationProblems) -> [UserSettings] {
        var reader: ConfigurationReader
        let users: [UserSettings]
        do throws(ConfigurationProblem) {
            let text = try content()
            let lines = SourceLines(of: text)
            let document = try RelayConfiguration.parse(text, lines: lines, file: path)
            reader = ConfigurationReader(file: path, lines: lines, environment: environment)
            users = reader.readUsers(document)
        } catch {
            throw ConfigurationProblems([error])
        }
        reader.check(users, taken: taken)
        reader.checkRoutes(of: users, known: routes)
        guard !reader.problems.hasErrors else { throw ConfigurationProblems(reader.problems.sortedByLine) }
        environmentPlaces = reader.environmentPlaces
        return users
    }

    /// Reads the file if its inode, size or modification time has changed since the last call; always on the first
    /// call.
    ///
    /// - Returns: the users; nil if the file has not changed.
    /// - Throws: ``ConfigurationProblems``, once per state of the file.
    package mutating func readIfChanged() throws(ConfigurationProblems) -> [UserSettings]? {
        let latest = FileStamp(of: path)
        guard isFirstLook || latest != stamp else { return nil }
        isFirstLook = false
        // Taken before the file is read, so that a change during the read is found next time.
        stamp = latest
        return try read()
    }

    /// Updates the directory if the file has changed.
    ///
    /// - Parameters:
    ///   - users: the users in relay.conf.
    ///   - always: whether to read the file even if it appears unchanged.
    /// - Returns: whether the file was read.
    package mutating func reload(
        into directory: UserDirectory, with users: [UserSettings], always: Bool = false
    ) throws(ConfigurationProblems) -> Bool {
        if always { isFirstLook = true }
        guard let read = try readIfChanged() else { return false }
        directory.replace(with: users + read)
        return true
    }

    private func content() throws(ConfigurationProblem) -> String {
        do throws(ConfigurationProblem) {
            return try ConfigurationFile.read(path)
        } catch {
            var problem = error
            if problem.line == nil { problem.remedy = "fix users_file, or add [[user]] tables to it" }
            throw problem
        }
    }
}
