/// A folder of an account, as LIST shows it (RFC 9051 section 7.3.1).
package struct Folder: Hashable, Sendable {
    /// What a folder is for (RFC 6154 section 2, RFC 8457); raw values are stable words.
    package enum Use: String, Hashable, Sendable, CaseIterable {
        case inbox, all, archive, drafts, flagged, important, junk, sent, trash
    }

    /// The name as the server writes it, for commands.
    package let wireName: [UInt8]
    /// The name for people; what cannot be decoded is shown as it is on the wire.
    package let name: String
    /// What separates the levels of names; nil if there are none.
    package let delimiter: Character?
    /// nil for a folder like any other.
    package internal(set) var use: Use?
    /// Whether the use is inferred from the name, since the server says nothing.
    package internal(set) var isUseGuessed = false
    /// Whether it can be opened.
    package let isSelectable: Bool

    /// The folder that every account has.
    package static let inbox = Folder(attributes: [], delimiter: nil, wireName: Array("INBOX".utf8), isUTF8: false)

    /// A folder by its name, from the operator: to be opened without LIST.
    ///
    /// - Parameter isUTF8: whether names are UTF-8 on the wire, see ``IMAPCapabilities/namesAreUTF8``.
    package init(named name: String, isUTF8: Bool) {
        let wireName = isUTF8 ? Array(name.utf8) : ModifiedUTF7.encode(name)
        self.init(attributes: [], delimiter: nil, wireName: wireName, isUTF8: isUTF8)
    }

    /// - Parameter attributes: in upper case, as `\JUNK`.
    init(attributes: [String], delimiter: Character?, wireName: [UInt8], isUTF8: Bool) {
        self.delimiter = delimiter
        isSelectable = !attributes.contains("\\NOSELECT") && !attributes.contains("\\NONEXISTENT")
        // RFC 9051 section 5.1: INBOX in any case is the same folder.
        if wireName.count == 5, String(decoding: wireName, as: UTF8.self).uppercased() == "INBOX" {
            self.wireName = Array("INBOX".utf8)
            name = "INBOX"
            use = .inbox
        } else {
            self.wireName = wireName
            name =
                (isUTF8 ? nil : ModifiedUTF7.decode(wireName)) ?? String(validating: wireName, as: UTF8.self)
                ?? String(decoding: wireName, as: UTF8.self)
            use = Use.allCases.first { $0 != .inbox && attributes.contains("\\\($0.rawValue.uppercased())") }
        }
    }
}

/// The folders of an account.
package struct FolderList: Hashable, Sendable {
    package internal(set) var folders: [Folder] = []
    /// Whether there were more folders than are kept; those with a use are kept in any case.
    package internal(set) var isCut = false

    /// The first folder for this use.
    package subscript(_ use: Folder.Use) -> Folder? { folders.first { $0.use == use && $0.isSelectable } }

    /// Octets of a name; longer ones are not kept.
    private static let longestName = 1_024
    /// Folders with a use that are kept beyond the limit.
    private static let reserve = 32

    mutating func add(_ folder: Folder, limit: Int) {
        let limit = folder.use == nil ? limit : limit + Self.reserve
        guard folders.count < limit, folder.wireName.count <= Self.longestName else {
            isCut = true
            return
        }
        folders.append(folder)
    }

    /// Finds the folder for junk by its name, where the server names none.
    mutating func guessJunk() {
        guard self[.junk] == nil else { return }
        let index = folders.firstIndex { $0.use == nil && $0.isSelectable && Self.junkNames.contains($0.leaf) }
        guard let index else { return }
        folders[index].use = .junk
        folders[index].isUseGuessed = true
    }

    private static let junkNames: Set = [
        "junk", "junk e-mail", "junk email", "junk mail", "spam", "bulk", "bulk mail", "spamverdacht",
        "courrier indésirable", "correo no deseado", "posta indesiderata",
    ]
}

extension Folder {
    /// The last level of the name, in lower case.
    fileprivate var leaf: String {
        guard let delimiter else { return name.lowercased() }
        return name.split(separator: delimiter).last.map { $0.lowercased() } ?? ""
    }
}
