package import Spool

extension HistoryAddress {
    /// With the key of a relay's history.
    ///
    /// - Parameter path: the data directory.
    /// - Returns: nil if there is none.
    package init?(ofHistoryIn path: String) throws(SpoolError) {
        guard let hash = try RunDirectory(in: path, SystemFileLayer()).key() else { return nil }
        self.init(hash)
    }
}
