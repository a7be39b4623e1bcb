/// Where small documents are kept, each read and replaced as a whole.
package protocol DocumentStore: Sendable {
    /// Blocks until it is there.
    ///
    /// - Parameter limit: maximum size in octets.
    /// - Returns: nil if there is none.
    func read(_ name: String, limit: Int) throws(SystemFileError) -> [UInt8]?
    /// Puts a document in the place of the one of this name, atomically; on return it is durable. Blocks.
    func replace(_ name: String, with octets: [UInt8]) throws(SystemFileError)
    /// Keeps a document that cannot be used under another name, in place of an earlier one.
    ///
    /// - Returns: what to call it now, for people; nil if that was not possible.
    func setAside(_ name: String) -> String?
    /// The document, for people.
    func describe(_ name: String) -> String
}

/// Documents as files of a directory.
package struct DirectoryDocuments: DocumentStore {
    private let directory: String

    /// - Parameter directory: exists, and belongs to this process.
    package init(_ directory: String) {
        self.directory = directory
    }

    package func read(_ name: String, limit: Int) throws(SystemFileError) -> [UInt8]? {
        try SystemFile.contents(describe(name), limit: limit)
    }

    package func replace(_ name: String, with octets: [UInt8]) throws(SystemFileError) {
        try SystemFile.replace(name, in: directory, with: octets)
    }

    package func setAside(_ name: String) -> String? {
        let kept = "\(describe(name)).broken"
        return SystemFile.rename(describe(name), to: kept) ? kept : nil
    }

    package func describe(_ name: String) -> String { "\(directory)/\(name)" }
}
