internal import Audit
internal import Dispatch
import HTTPTypes
import Hummingbird
internal import Mail
internal import NIOCore

/// The routes of the audit log: reading it, and checking it.
struct AuditRoutes: Sendable {
    let log: AuditLog
    /// The keyed hash of an address.
    let hashed: @Sendable (String) -> String

    /// Lines of one write.
    private static let pageSize = 500

    func list(_ parameters: [(name: String, value: String)]) async throws -> Response {
        var filter = try AuditFilter(query: parameters)
        filter.findHashes(hashed)
        let records = try await read { [filter] in try $0.numberedRecords(filter) }
        return .lines { write in
            for start in stride(from: 0, to: records.count, by: Self.pageSize) {
                var lines = ByteBuffer()
                for (number, record) in records[start..<min(start + Self.pageSize, records.count)] {
                    lines.writeString(try AdminJSON.line(AuditLineDocument(number: number, record: record)))
                }
                try await write(lines)
            }
        }
    }

    func verify(_ parameters: [(name: String, value: String)]) async throws -> Response {
        var wanted: AuditHash?
        for (name, value) in parameters {
            guard name == "head" else { throw AdminError(.badRequest, "unknown parameter \(name); there is head") }
            wanted = try AuditHash(checking: value)
        }
        return try .json(AuditVerdict(try await read { [wanted] in try $0.verify(wanted: wanted) }))
    }

    /// - Throws: `HTTPError`: 409 if the log or its key is missing or is none, 503 if the disk fails.
    private func read<Result: Sendable>(
        _ body: @escaping @Sendable (AuditReader) throws -> Result
    ) async throws -> Result {
        do {
            let reader = try await log.reader()
            return try await Self.work { try body(reader) }
        } catch let error as AuditError {
            let isGone = error.code == .key || error.code == .missing
            throw HTTPError(isGone ? .conflict : .serviceUnavailable, message: error.message)
        }
    }

    /// Reading a long log must not keep the admin interface from answering.
    private static func work<Result: Sendable>(_ body: @escaping @Sendable () throws -> Result) async throws -> Result {
        try await withCheckedThrowingContinuation { continuation in
            DispatchQueue.global().async { continuation.resume(with: Swift.Result { try body() }) }
        }
    }
}
