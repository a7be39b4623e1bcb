/// How much of the file system new mail may take.
///
/// Room for what was accepted is part of accepting it: what outcomes, the log and its next checkpoint will take is
/// counted as taken. A value; ``SpaceGauge`` measures.
struct SpoolRoom {
    /// A look at the file system and at the database.
    struct Measurement: Equatable {
        /// Octets available on the file system.
        var free = 0
        /// Octets of the database's free pages, which are used before it grows.
        var freePages = 0
        /// Octets of empty segments kept for reuse.
        var spares = 0
        /// Octets by which the next checkpoint makes the database file longer.
        var growth = 0
        /// Octets of the log's file.
        var log = 0
        /// Octets that the file `reserve` lacks.
        var missingReserve = 0
        /// Messages in the spool.
        var messages = 0
    }

    /// Octets reserved for the next outcome of each message: a row of the ledger.
    static let outcome = 512
    /// With less, no mail is accepted: too little for a small message.
    static let least = 64 << 10
    /// Octets that a page takes twice: in the log, and after the checkpoint in the database.
    static let pageCost = 4096 + 4120
    /// With less room than this, the file system is looked at more often.
    static let near = 64 << 20

    let minFreeSpace: Int
    /// Octets that the log may take before a checkpoint.
    let logReserve: Int

    init(minFreeSpace: Int, reserve: Int) {
        self.minFreeSpace = minFreeSpace
        logReserve = reserve / 4
    }

    /// Octets of the file system that are as good as taken.
    func owed(_ look: Measurement) -> Int {
        look.growth + max(0, logReserve - look.log) + look.messages * Self.outcome + look.missingReserve
    }

    /// Octets that new mail may take; negative if there are too few already.
    ///
    /// Pages and segments to use again count, since otherwise a spool that has once filled the disk would refuse mail for
    /// ever. Half of `min_free_space` has to be really free, because the log takes room before any page is used again.
    func surplus(_ look: Measurement) -> Int {
        let real = look.free + look.spares - owed(look)
        return min(real + look.freePages - minFreeSpace, real - minFreeSpace / 2)
    }

    /// Whether mail is refused.
    ///
    /// - Parameter isRefusing: whether it is by now; it is not accepted again for the sake of a few messages.
    func isFull(_ look: Measurement, isRefusing: Bool) -> Bool {
        surplus(look) < Self.least + (isRefusing ? min(minFreeSpace / 16, 16 << 20) : 0)
    }

    /// The most that a message takes, in octets, until its content has been checkpointed.
    ///
    /// - Parameter octets: of what is stored in the database.
    static func cost(octets: Int, recipients: Int) -> Int {
        ((octets + recipients * 128) / 4096 + 5) * pageCost
    }
}

/// What the writer may still accept without another look at the file system; confined to its thread.
struct RoomAllowance {
    private var allowance = 0
    /// The most that the messages of the group being staged take.
    private(set) var staged = 0

    /// - Returns: false if nobody knows whether there is room.
    mutating func take(_ octets: Int) -> Bool {
        guard allowance - staged >= octets else { return false }
        staged += octets
        return true
    }

    /// The file system was looked at; nothing that is staged has reached it.
    mutating func looked(surplus: Int, reserve: Int) {
        // Near the limit often enough that a checkpoint always fits into the reserve.
        allowance = surplus < SpoolRoom.near ? min(surplus, staged + max(SpoolRoom.near / 64, reserve / 2)) : surplus
    }

    /// Another look, by another thread, has found this.
    mutating func limit(to surplus: Int) {
        allowance = min(allowance, surplus)
    }

    /// A group has ended.
    ///
    /// - Parameter pages: by which the log has grown.
    mutating func groupEnded(pages: Int) {
        allowance -= pages * SpoolRoom.pageCost
        staged = 0
    }
}
