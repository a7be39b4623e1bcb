import Admin
import ArgumentParser
import Console
import Mail
import NIOCore

/// `posthorse queue export`.
struct QueueExportCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export",
        abstract: "Write messages to files that queue import can read.",
        discussion: """
            Each message goes to a file ID.eml: first its envelope, in X-Envelope-... fields and with the recipients who \
            have not received it, then the message, octet for octet. With --format mbox, all go to one queue.mbox. The \
            messages stay in the queue: to move them elsewhere, hold them first and drop them afterwards. Files are on \
            disk when the command ends, and readable by their owner only; an existing file is never replaced.

            \(QueueFilterOptions.discussion)
            """)

    enum Format: String, CaseIterable, ExpressibleByArgument {
        case eml, mbox
    }

    @OptionGroup var options: RelayOptions
    @OptionGroup var output: JSONOption
    @OptionGroup var filter: QueueFilterOptions

    @Argument(help: QueueFilterOptions.idsHelp, transform: QueueID.argument)
    var ids: [QueueID] = []
    @Flag(help: "Every message in the queue.")
    var all = false
    @Option(help: "A file for each message (eml), or one for all (mbox).")
    var format = Format.eml
    @Option(help: ArgumentHelp("The directory, which must exist.", valueName: "dir"))
    var to: String

    func validate() throws {
        try filter.validate(ids)
        if ids.isEmpty, filter.isEmpty, !all {
            throw ValidationError("Name queue IDs, or give a filter such as --state held, or --all.")
        }
        if all, !ids.isEmpty || !filter.isEmpty {
            throw ValidationError("--all is for an export without IDs and filter.")
        }
    }

    func run() async throws {
        let reader = try QueueReader(options)
        var (found, missing) = ([QueueID](), Set(ids))
        try await reader.forEachLine(ListingQuestion(filter.filter(ids))) { line, _ in
            let text = try AdminJSON.decode(IDDocument.self, from: line).queue_id
            guard let id = QueueID(text) else { return }
            found.append(id)
            missing.remove(id)
        }
        switch format {
        case .eml: for id in found where try await !write(id, from: reader) { missing.insert(id) }
        case .mbox: missing.formUnion(try await writeAll(found, from: reader))
        }
        try Failure.check(missing: missing)
    }

    private struct IDDocument: Decodable {
        let queue_id: String
    }

    /// - Returns: false if the message is not there any more.
    private func write(_ id: QueueID, from reader: QueueReader) async throws -> Bool {
        let file = try NewFile("\(id).eml", in: to)
        guard try await reader.export(id, { try file.write($0.readableBytesView) }) else { return false }
        try file.finish()
        try report(id, file.path)
        return true
    }

    /// - Returns: messages that are not there any more.
    private func writeAll(_ ids: [QueueID], from reader: QueueReader) async throws -> Set<QueueID> {
        guard !ids.isEmpty else { return [] }
        let file = try NewFile("queue.mbox", in: to)
        var missing: Set<QueueID> = []
        for id in ids {
            var quoting = Mbox.Quoting()
            var isBegun = false
            let isThere = try await reader.export(id) { part in
                if !isBegun { try file.write("From MAILER-DAEMON Thu Jan  1 00:00:00 1970\n".utf8) }
                isBegun = true
                try file.write(quoting.quote(part.readableBytesView))
            }
            guard isThere else {
                missing.insert(id)
                continue
            }
            try file.write(quoting.finish() + [0x0A])
        }
        try file.finish()
        for id in ids where !missing.contains(id) { try report(id, file.path) }
        return missing
    }

    private func report(_ id: QueueID, _ path: String) throws {
        var standardOutput = Output(loss: .ignored)
        let document = FileDocument(queue_id: id.description, file: path)
        standardOutput.write(output.json ? try AdminJSON.line(document) : "\(path)\n")
        standardOutput.flush()
    }
}

/// A message and its file, in the JSON of `queue export` and `queue import`.
struct FileDocument: Encodable {
    let queue_id: String
    let file: String
}
