import Admin
import ArgumentParser
import Console
import Glibc
import Mail
import NIOCore

/// `posthorse queue import`.
struct QueueImportCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "import",
        abstract: "Put exported messages into the queue of the running relay.",
        discussion: """
            Reads files and directories that queue export has written, here or on another Posthorse. Prints the new queue \
            ID of each message once it is on disk. Retries and expiry start over. Recipients that were held, in doubt or \
            being delivered are held: queue release sends to them, for the second time if an upstream has the message.

            Exits with 65 if a file is not as it was exported; the others are imported nevertheless.
            """)

    @OptionGroup var options: RelayOptions
    @OptionGroup var output: JSONOption

    @OptionGroup var reason: ReasonOption
    @Flag(help: "Check the files, and import nothing.")
    var dryRun = false
    @Argument(help: "Files, or directories with files .eml and .mbox.")
    var files: [String]

    func run() async throws {
        let relay = try RelayClient(options)
        var worst: Failure.Status?
        for path in try files.flatMap({ try Self.files(in: $0) }) {
            do {
                try await take(path, relay)
            } catch let failure as Failure where failure.status == .badInput || failure.status == .usage {
                Failure.report("\(path): \(failure.message)")
                worst = .badInput
            }
        }
        if let worst { throw Failure(worst, "") }
    }

    private static func files(in path: String) throws -> [String] {
        var status = stat()
        guard stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFDIR else { return [path] }
        guard let directory = opendir(path) else {
            throw Failure(.badInput, "cannot read \(path): \(String(cString: strerror(errno)))")
        }
        defer { closedir(directory) }
        var names: [String] = []
        while let entry = readdir(directory) {
            let name = withUnsafeBytes(of: entry.pointee.d_name) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            if !name.hasPrefix("."), name.hasSuffix(".eml") || name.hasSuffix(".mbox") { names.append(name) }
        }
        guard !names.isEmpty else { throw Failure(.badInput, "there is no .eml and no .mbox in \(path)") }
        return names.sorted().map { "\(path)/\($0)" }
    }

    private func take(_ path: String, _ relay: RelayClient) async throws {
        let file = try InputFile(path)
        guard file.begins(with: Mbox.separator) else {
            return try await take(path, relay, length: file.size) { try file.next() }
        }
        var splitting = Mbox.Splitting()
        while let part = try file.next() {
            for message in splitting.take(part) { try await take(path, relay, message) }
        }
        for message in splitting.finish() { try await take(path, relay, message) }
    }

    private func take(_ path: String, _ relay: RelayClient, _ message: [UInt8]) async throws {
        var rest: ByteBuffer? = ByteBuffer(bytes: message)
        try await take(path, relay, length: message.count) {
            defer { rest = nil }
            return rest
        }
    }

    private func take(
        _ path: String, _ relay: RelayClient, length: Int, _ next: () throws -> ByteBuffer?
    ) async throws {
        guard !dryRun else { return try check(path, next) }
        let answer = try await relay.ask(isPatient: true) {
            try await $0.upload(
                to: AdminPath.importing(reason: reason.text), length: length, for: ImportDocument.self, next)
        }
        var standardOutput = Output(loss: .ignored)
        let document = FileDocument(queue_id: answer.queueID, file: path)
        standardOutput.write(output.json ? try AdminJSON.line(document) : "\(answer.queueID)  \(path)\n")
        standardOutput.flush()
    }

    private func check(_ path: String, _ next: () throws -> ByteBuffer?) throws {
        var message = ImportedMessage()
        do {
            while let part = try next() {
                try message.take(part)
                _ = message.takePart()
            }
            try message.end()
        } catch let error as AdminError {
            throw Failure(.badInput, error.message)
        }
        var standardOutput = Output()
        let count = Quantity.count(message.envelope.recipients.count, "recipient")
        standardOutput.line(
            "\(path): from <\(message.envelope.sender)>, \(count), \(Quantity.size(message.size)) octets")
        standardOutput.flush()
    }
}
