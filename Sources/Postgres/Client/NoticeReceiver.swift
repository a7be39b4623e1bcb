internal import CLibPQ

/// Hears the server's notices, which libpq would write to standard error.
///
/// Used by the thread that has the connection, within libpq's functions.
final class NoticeReceiver {
    private let library: LibPQ
    /// A message at level FATAL or PANIC that came while nothing was asked: why the connection will break.
    private(set) var lastWords: (message: String, state: String?)?
    /// A transaction was committed here without waiting for the standby.
    var commitWasNotReplicated = false

    init(_ library: LibPQ) {
        self.library = library
    }

    /// Until the connection is finished, it holds this object without a reference of its own.
    func listen(to connection: OpaquePointer) {
        _ = library.functions.setNoticeReceiver(
            connection,
            { argument, notice in
                guard let argument, let notice else { return }
                Unmanaged<NoticeReceiver>.fromOpaque(argument).takeUnretainedValue().receive(notice)
            }, Unmanaged.passUnretained(self).toOpaque())
    }

    private func receive(_ notice: OpaquePointer) {
        func field(_ code: Int) -> String? {
            library.functions.resultErrorField(notice, Int32(code)).map { String(cString: $0) }
        }
        // The function's name is the one part of this warning that is not translated.
        if field(PQ_DIAG_SOURCE_FUNCTION) == "SyncRepWaitForLSN" { commitWasNotReplicated = true }
        if let severity = field(PQ_DIAG_SEVERITY), severity == "FATAL" || severity == "PANIC" {
            lastWords = (field(PQ_DIAG_MESSAGE_PRIMARY) ?? severity, field(PQ_DIAG_SQLSTATE))
        }
    }
}
