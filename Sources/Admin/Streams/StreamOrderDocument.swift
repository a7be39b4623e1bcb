internal import Mail
package import NIOCore

/// What operators may order about a stream; raw values stand in paths, on the command line and in the audit log.
package enum StreamVerb: String, Sendable, CaseIterable {
    /// Nothing of it is handed over.
    case pause
    case resume
    /// What waits of it is dropped.
    case cancel
}

/// The body of `POST /v1/streams/NAME/VERB`; property names match the JSON.
package struct StreamOrderDocument: Hashable, Sendable, Codable {
    package var reason: String?
    /// For `cancel`: whether senders are told.
    package var bounce: Bool?
    /// Whether to change nothing.
    package var dryRun: Bool?
    /// For `cancel`: how long to wait for attempts that run.
    package var waitSeconds: Double?

    private enum CodingKeys: String, CodingKey, CaseIterable {
        case reason, bounce
        case dryRun = "dry_run"
        case waitSeconds = "wait_seconds"
    }

    package init(reason: String? = nil, bounce: Bool? = nil, dryRun: Bool? = nil, waitSeconds: Double? = nil) {
        (self.reason, self.bounce, self.dryRun, self.waitSeconds) = (reason, bounce, dryRun, waitSeconds)
    }

    var isRehearsal: Bool { dryRun ?? false }
    var wait: Duration { .milliseconds(Int64((waitSeconds ?? 10) * 1000)) }

    /// Parses a body, which may be empty. Throws ``AdminError`` describing the problem.
    package init(_ body: ByteBuffer, for verb: StreamVerb) throws(AdminError) {
        guard body.readableBytes > 0 else {
            self.init()
            return
        }
        do {
            let known = CodingKeys.allCases.map(\.rawValue).filter {
                verb == .cancel || !["bounce", "wait_seconds"].contains($0)
            }
            if let unknown = try AdminJSON.unknownName(in: body, known: known) {
                throw AdminError(
                    .badRequest, "unknown name \(unknown) in the body; expected \(known.joined(separator: ", "))")
            }
            self = try AdminJSON.decode(Self.self, from: body)
        } catch let error as AdminError {
            throw error
        } catch {
            throw AdminError(.badRequest, #"the body must be JSON, such as {"reason":"wrong list"}"#)
        }
        reason = try QueueOrderDocument.checked(reason: reason)
        let most = QueueOrderDocument.maxWait.components.seconds
        guard let waitSeconds, waitSeconds < 0 || waitSeconds > Double(most) else { return }
        throw AdminError(.badRequest, "wait_seconds must be from 0 to \(most)")
    }
}

/// The answer to `cancel` with `dry_run`; property names match the JSON.
package struct StreamCancelDocument: Codable, Hashable, Sendable {
    package let stream: String
    /// Messages that would be dropped.
    package let messages: Int
    /// Their recipients that wait.
    package let recipients: Int
}
