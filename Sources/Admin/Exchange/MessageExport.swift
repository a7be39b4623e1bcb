package import Mail
package import NIOCore
internal import Spool

/// Writes a message as a file: the envelope in fields, then the message, octet by octet.
package enum MessageExport {
    /// - Returns: false if there is no such message.
    package static func forEachPart(
        of id: QueueID, in source: any QueueSource, _ body: (ByteBuffer) async throws -> Void
    ) async throws -> Bool {
        guard let message = try await source.message(id), let reader = try await source.openContent(of: id) else {
            return false
        }
        try await body(ByteBuffer(string: ExportedEnvelope.text(of: message)))
        try await source.forEachPart(of: reader, body)
        return true
    }
}
