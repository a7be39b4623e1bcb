package import Spool

/// Where the runs of a history are, and the key of their hashes: a directory, or a database.
package protocol RunPlace: Sendable {
    /// Octets of all that has room there; nil if nobody knows.
    var space: Int? { get }
    /// What an operator can do about runs that cannot be read.
    var remedy: String { get }

    /// Makes what is missing, and removes what a crash has left unfinished.
    func prepare() throws(SpoolError)

    /// The key of the hashes; a new one if there is none. One that cannot be read is moved aside: no mail waits for it.
    ///
    /// - Parameter notice: told of that.
    func openKey(_ notice: (String) -> Void) throws(SpoolError) -> KeyedHash

    /// The runs, oldest first, and what is wrong with others.
    func runs() throws(SpoolError) -> (runs: [Run], problems: [UnreadableRun])

    /// Whether there is a run with this path; true if nobody can say.
    func has(_ path: String) -> Bool

    /// - Throws: ``SpoolError`` `missing` if there is none with this path.
    func open(_ path: String) throws(SpoolError) -> any RunSource

    /// Begins a run. There is one at a time.
    func draft() throws(SpoolError) -> any RunDraft

    /// Removes a run, durably.
    func remove(_ run: Run) throws(SpoolError)
}

/// The octets of a run. Used by one thread.
package protocol RunSource: AnyObject {
    /// As errors name it.
    var path: String { get }

    /// - Throws: ``SpoolError`` `corrupt` if it ends before, `missing` if it has gone, or was replaced, meanwhile.
    func read(_ count: Int, at offset: Int) throws(SpoolError) -> [UInt8]
}

/// What the octets of a run are written to: from its header on without a gap, the header itself at last.
package protocol RunSink: AnyObject {
    func write(_ bytes: [UInt8], at offset: Int) throws(SpoolError)
    func sync() throws(SpoolError)
}

/// A run that is being written, which nobody sees.
package protocol RunDraft: RunSink {
    /// Publishes it as a run, durably and atomically; replaces the run that starts with the same entry.
    func publish(_ header: RunHeader) throws(SpoolError) -> Run
    func discard()
}

/// A run, and where it is.
package struct Run: Hashable, Sendable {
    package let header: RunHeader
    /// Its name in its place, which no other run has.
    package let path: String

    package init(_ header: RunHeader, at path: String) {
        self.header = header
        self.path = path
    }
}

/// A run that cannot be read: nobody knows what is in it.
package struct UnreadableRun: Sendable {
    let path: String
    let error: SpoolError

    package init(path: String, error: SpoolError) {
        self.path = path
        self.error = error
    }
}
