internal import Audit
internal import Dispatch
import HTTPTypes
import Hummingbird
internal import Mail
internal import NIOCore

/// The routes of the audit log: reading it, and checking it.
struct AuditRoutes: Sendable {
    let log: AuditLog

    /// Lines of one write.
    private static let pageSize = 500

    func list(_ parameters: [(name: String, value: String)]) async throws -> Response {
        let filter = try AuditFilter(query: parameters)
        let reader = try await log.reader()
        let records = try await Self.work { try reader.records(filter) }
        return .lines { write in
            for start in stride(from: 0, to: records.count, by: Self.pageSize) {
                var lines = ByteBuffer()
                for record in records[start..<min(start + Self.pageSize, records.count)] {
                    lines.writeBytes(try record.json())
                    lines.writeString("\n")
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
        let reader = try await log.reader()
        return try .json(AuditVerdict(try await Self.work { [wanted] in try reader.verify(wanted: wanted) }))
    }

    /// Reading a long log must not keep the admin interface from answering.
    private static func work<Result: Sendable>(_ body: @escaping @Sendable () throws -> Result) async throws -> Result {
        try await withCheckedThrowingContinuation { continuation in
            DispatchQueue.global().async { continuation.resume(with: Swift.Result { try body() }) }
        }
    }
}
