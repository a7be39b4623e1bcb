/// What has come of a trace.
package struct TraceSummary: Hashable, Sendable {
    package enum End: String, Hashable, Sendable, CaseIterable {
        /// The reader has gone.
        case reader
        /// Its time was over.
        case time
        /// The relay stops.
        case stop
        /// Its reader may not see it any more.
        case revoked
    }

    package let end: End
    /// Lines that were shown.
    package let lines: Int
    /// Lines that were not, since they were too many or not read.
    package let dropped: Int
    package let lasted: Duration
}
