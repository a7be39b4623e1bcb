import Foundation
package import Ingress
internal import TLS

/// `users_file`: `[[user]]` tables outside of relay.conf, such as another program writes. Its owner asks it now and then whether
/// it has changed; a file with an error in it changes nothing.
package struct UsersFile: Sendable {
    package let path: String
    private let taken: Set<String>
    private let routes: [String]
    private let environment: [String: String]
    private var stamp: FileStamp?
    private var isFirstLook = true

    /// - Parameters:
    ///   - taken: the names of the users of relay.conf, which no other user may have.
    ///   - routes: the names of the routes of relay.conf, beside `default`.
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
    package func read() throws(ConfigurationProblems) -> [UserSettings] {
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
        return users
    }

    /// Reads the file again if its inode, size or time of change is another one than at the last look, and at the
    /// first look.
    ///
    /// - Returns: the users; nil where the file is as it was.
    /// - Throws: ``ConfigurationProblems``, once for each state of the file.
    package mutating func readIfChanged() throws(ConfigurationProblems) -> [UserSettings]? {
        let latest = FileStamp(of: path)
        guard isFirstLook || latest != stamp else { return nil }
        isFirstLook = false
        // Taken before the file is read: a change while it is being read is found at the next look.
        stamp = latest
        return try read()
    }

    /// Brings the directory up to date if the file has changed.
    ///
    /// - Parameters:
    ///   - users: those of relay.conf.
    ///   - always: whether a file that looks as it did is read too.
    /// - Returns: whether it was read.
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
            if problem.line == nil { problem.remedy = "correct users_file, or write [[user]] tables there" }
            throw problem
        }
    }
}
