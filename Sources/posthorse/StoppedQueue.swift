import Admin
import Spool

/// The spool of a relay that does not run.
enum StoppedQueue {
    /// Opens the spool for reading; nil where there is none.
    static func open(_ settings: SpoolSettings) throws -> (any QueueSource)? {
        nil
    }
}
