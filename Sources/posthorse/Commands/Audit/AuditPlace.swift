import Admin
import Audit
import Configuration
import Console
import History
import Mail
import NIOCore
import Spool

/// Where the audit log is read: from the running relay, or from the data directory of a stopped one.
struct AuditPlace {
    private let client: RelayClient

    /// - Throws: ``Failure`` if nothing says where the relay is.
    init(_ options: RelayOptions) throws(Failure) {
        client = try RelayClient(options)
    }

    func forEachRecord(_ filter: AuditFilter, _ body: (AuditRecord) throws -> Void) async throws {
        try await ask { client in
            try await client.forEachLine(at: AdminPath.audit(filter)) { line in
                try body(try AuditRecord(json: line.readableBytesView))
            }
        } orRead: { reader, directory in
            var filter = filter
            // Without the key of the history, the log has no hashes of it.
            if let address = try? HistoryAddress(ofHistoryIn: directory) { filter.findHashes(address.hashed) }
            for record in try reader.records(filter) { try body(record) }
        }
    }

    func verify(wanted: AuditHash?) async throws -> AuditVerdict {
        try await ask { client in
            try await client.document(AuditVerdict.self, at: AdminPath.auditVerification(head: wanted))
        } orRead: { reader, _ in
            AuditVerdict(try reader.verify(wanted: wanted))
        }
    }

    private func ask<Answer>(
        _ relay: (AdminClient) async throws -> Answer, orRead stopped: (AuditReader, String) throws -> Answer
    ) async throws -> Answer {
        do {
            return try await client.ask(isPatient: true, relay)
        } catch let failure as Failure where failure.status == .notRunning {
            guard let directory = client.place.readable?.spool.path else { throw failure }
            do {
                return try stopped(AuditReader(directory: directory), directory)
            } catch let error as AuditError {
                // What is wrong with the log is so whether or not the relay runs.
                if error.code == .key || error.code == .missing { throw Failure(.badInput, error.message) }
                throw Failure(.notRunning, "\(error.message); \(failure.message)")
            }
        }
    }
}
