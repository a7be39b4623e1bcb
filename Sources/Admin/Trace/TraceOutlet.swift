/// The connection that shows a trace, as far as the trace has to know it.
struct TraceOutlet: Sendable {
    /// Whether it takes more octets.
    let isWritable: @Sendable () async -> Bool
    /// Whether its reader may see the trace.
    let isAllowed: @Sendable () -> Bool
    /// Ends it, whatever waits to be read.
    let close: @Sendable () -> Void
}

extension TraceOutlet {
    init(_ context: AdminContext) {
        self.init(
            isWritable: { await context.isWritable() }, isAllowed: { context.permit?.isValid ?? true },
            close: { context.close() })
    }
}
