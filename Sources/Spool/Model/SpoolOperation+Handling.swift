internal import NIOCore

extension SpoolOperation {
    /// Octets of content that it holds in memory.
    package var octets: Int {
        switch self {
        case .accept(let new, _):
            switch new.content {
            case .whole(let bytes): bytes.readableBytes + new.header.readableBytes
            case .stream: new.header.readableBytes
            }
        case .append(_, let bytes): bytes.readableBytes
        case .abandon, .beginAttempt, .settle, .change: 0
        }
    }

    /// Whether somebody waits for it.
    package var isUrgent: Bool {
        switch self {
        case .accept, .append, .abandon, .beginAttempt, .change: true
        case .settle(_, let ticket): ticket != nil
        }
    }

    /// Adds the answer that the spool does not take it.
    package func refuse(_ error: SpoolError, _ port: SpoolPort, _ batch: inout CompletionBatch) {
        switch self {
        case .accept(_, let ticket): batch.add(.refused(ticket: ticket, error), to: port)
        case .append(let stream, _): batch.add(.appendFailed(stream, error), to: port)
        case .beginAttempt(let id, _): batch.add(.attemptNotRecorded(id, error), to: port)
        case .settle(_, let ticket?): batch.add(.notSettled(ticket: ticket, error), to: port)
        case .change(_, _, let ticket): batch.add(.notChanged(ticket: ticket, error), to: port)
        case .abandon, .settle(_, nil): break
        }
    }
}
