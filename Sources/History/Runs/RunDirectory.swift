internal import Glibc
internal import Mail
package import Spool

/// The directory `history` of a data directory: the runs, named after the entries in them, and the key of their hashes.
package struct RunDirectory: RunPlace {
    package let path: String
    package let files: any FileLayer

    /// - Parameter dataDirectory: what `[spool] path` names.
    package init(in dataDirectory: String, _ files: any FileLayer) {
        path = dataDirectory + "/history"
        self.files = files
    }

    /// Name of a run that is being written.
    static let unfinished = ".new"

    /// The path of a run with these entries.
    func path(_ first: Int, _ last: Int) -> String { "\(path)/\(Self.padded(first))-\(Self.padded(last)).run" }

    private static func padded(_ number: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, 12 - digits.count)) + digits
    }

    package var space: Int? {
        let space = files.totalSpace(path)
        return space > 0 ? space : nil
    }

    package var remedy: String {
        "Move each such file out of \(path), where its entries are lost to the history, or put a whole one in its place "
            + "and restart the relay"
    }

    package func prepare() throws(SpoolError) {
        try make()
        try tidy()
    }

    /// Creates the directory where it is missing.
    private func make() throws(SpoolError) {
        let made = files.makeDirectory(path)
        guard made != -EEXIST else { return }
        guard made >= 0 else { throw .system(made, "make the directory \(path)") }
        guard let slash = path.lastIndex(of: "/") else { return }
        try files.syncDirectory(String(path[..<slash]))
    }

    /// Removes what a crash has left unfinished.
    private func tidy() throws(SpoolError) {
        for name in try names() where name.hasSuffix(Self.unfinished) { _ = files.unlink("\(path)/\(name)") }
    }

    package func runs() throws(SpoolError) -> (runs: [Run], problems: [UnreadableRun]) {
        var (runs, problems) = ([Run](), [UnreadableRun]())
        for name in try names().sorted() where name.hasSuffix(".run") {
            do throws(SpoolError) {
                let reader = try RunReader(path: "\(path)/\(name)", files: files)
                runs.append(Run(reader.header, at: "\(path)/\(name)"))
            } catch {
                problems.append(UnreadableRun(path: "\(path)/\(name)", error: error))
            }
        }
        return (runs.sorted { $0.header.first < $1.header.first }, problems)
    }

    private func names() throws(SpoolError) -> [String] {
        guard let handle = opendir(path) else { throw .system(errno, "list \(path)") }
        defer { closedir(handle) }
        var names: [String] = []
        while let entry = readdir(handle) {
            names.append(
                withUnsafePointer(to: &entry.pointee.d_name) {
                    String(cString: UnsafeRawPointer($0).assumingMemoryBound(to: CChar.self))
                })
        }
        return names
    }

    /// Gives a finished run its name, durably.
    func name(_ file: String, as path: String) throws(SpoolError) {
        let renamed = files.rename(file, to: path)
        guard renamed >= 0 else { throw .system(renamed, "rename \(file)") }
        try files.syncDirectory(self.path)
    }

    package func has(_ path: String) -> Bool { files.entry(path) != nil }

    package func open(_ path: String) throws(SpoolError) -> any RunSource { try HistoryFile(reading: path, files) }

    package func draft() throws(SpoolError) -> any RunDraft { try FileDraft(in: self) }

    package func remove(_ run: Run) throws(SpoolError) {
        let removed = files.unlink(run.path)
        guard removed >= 0 || removed == -ENOENT else { throw .system(removed, "remove \(run.path)") }
        try files.syncDirectory(path)
    }

    // MARK: The key

    private var keyPath: String { path + "/key" }

    /// What to say where hashes of addresses are asked for without it.
    var lostKey: String {
        "\(keyPath) is missing or damaged: addresses that are kept as hashes are not found without it"
    }

    /// The key of the hashes.
    ///
    /// - Returns: nil if there is none.
    package func key() throws(SpoolError) -> KeyedHash? {
        guard files.entry(keyPath) != nil else { return nil }
        let file = try HistoryFile(reading: keyPath, files)
        return KeyedHash(try file.read(KeyedHash.keySize, at: 0))
    }

    package func openKey(_ notice: (String) -> Void) throws(SpoolError) -> KeyedHash {
        do throws(SpoolError) {
            if let key = try key() { return key }
        } catch {
            let aside = keyPath + ".damaged"
            let renamed = files.rename(keyPath, to: aside)
            guard renamed >= 0 else { throw .system(renamed, "move \(keyPath) aside, which is damaged") }
            notice(
                "history: the key is lost (\(error.message)): it is now \(aside), and a new one is made. Older runs are "
                    + "searched record by record, and addresses kept as hashes are not found by the address any more; "
                    + "to undo this, stop the relay and put the right key in place of the new one")
        }
        return try makeKey()
    }

    private func makeKey() throws(SpoolError) -> KeyedHash {
        let key = KeyedHash.newKey()
        let file = try HistoryFile(creating: keyPath + Self.unfinished, files)
        try file.write(key, at: 0)
        try file.sync()
        try name(file.path, as: keyPath)
        return KeyedHash(key)!
    }
}
