internal import Spool

/// A run that is being written, under a name that shows it.
final class FileDraft: RunDraft {
    private let directory: RunDirectory
    private let file: HistoryFile

    init(in directory: RunDirectory) throws(SpoolError) {
        self.directory = directory
        file = try HistoryFile(creating: directory.path + "/next" + RunDirectory.unfinished, directory.files)
    }

    package func write(_ bytes: [UInt8], at offset: Int) throws(SpoolError) { try file.write(bytes, at: offset) }

    package func sync() throws(SpoolError) { try file.sync() }

    package func publish(_ header: RunHeader) throws(SpoolError) -> Run {
        let path = directory.path(header.first, header.last)
        try directory.name(file.path, as: path)
        return Run(header, at: path)
    }

    package func discard() { _ = directory.files.unlink(file.path) }
}
