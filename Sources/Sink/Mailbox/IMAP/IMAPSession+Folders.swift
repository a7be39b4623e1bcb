/// Folders (RFC 9051 section 6.3).
extension IMAPSession {
    /// Options of selection and return are accepted; what they ask for is always told.
    func list(_ arguments: IMAPReader) -> Answer {
        var reader = arguments
        guard reader.skipSpace() else { return .malformed }
        let isSpecial = reader.list().map { options in
            _ = reader.skipSpace()
            return options.contains { $0.uppercased() == "SPECIAL-USE" }
        }
        guard reader.string() != nil, reader.skipSpace(), let pattern = reader.string() else { return .malformed }
        if pattern.isEmpty { return .ok("LIST done", "* LIST (\\Noselect) \"/\" \"\"\r\n") }
        let isAll = pattern == "*" || pattern == "%"
        let folders = MailFolder.Kind.allCases.filter { kind in
            (isAll || MailFolder.Kind(name: pattern) == kind) && (isSpecial != true || kind.use != nil)
        }
        let lines = folders.map { kind in
            let attributes = ["\\HasNoChildren"] + (kind.use.map { [$0] } ?? [])
            return "* LIST (\(attributes.joined(separator: " "))) \"/\" \(kind.rawValue)\r\n"
        }
        return .ok("LIST done", lines.joined())
    }

    func status(_ arguments: IMAPReader, _ user: String, _ store: borrowing MailStore) -> Answer {
        var reader = arguments
        guard reader.skipSpace(), let name = reader.string(), reader.skipSpace(), let items = reader.list() else {
            return .malformed
        }
        guard let kind = MailFolder.Kind(name: name) else { return .noFolder }
        let folder = store[user, kind]
        let figures = items.compactMap { item -> String? in
            let name = item.uppercased()
            switch name {
            case "MESSAGES": return "\(name) \(folder.mails.count)"
            case "UIDNEXT": return "\(name) \(folder.nextUID)"
            case "UIDVALIDITY": return "\(name) \(store.validity)"
            case "UNSEEN": return "\(name) \(folder.mails.count { !$0.flags.contains(.seen) })"
            case "RECENT": return "\(name) 0"
            default: return nil
            }
        }
        guard figures.count == items.count else { return .malformed }
        return .ok("STATUS done", "* STATUS \(kind.rawValue) (\(figures.joined(separator: " ")))\r\n")
    }

    /// A folder that was open is closed whatever comes of it (RFC 9051 section 6.3.2).
    mutating func open(
        _ arguments: IMAPReader, _ user: String, _ store: borrowing MailStore, isReadOnly: Bool
    ) -> Answer {
        state = .authenticated(user: user)
        var reader = arguments
        guard reader.skipSpace(), let name = reader.string() else { return .malformed }
        guard let kind = MailFolder.Kind(name: name) else { return .noFolder }
        let folder = store[user, kind]
        state = .selected(user: user, IMAPView(kind, folder, isReadOnly: isReadOnly))
        let data = """
            * FLAGS (\(MailFlag.list))\r
            * OK [PERMANENTFLAGS (\(isReadOnly ? "" : MailFlag.list))] These are kept\r
            * \(folder.mails.count) EXISTS\r
            * 0 RECENT\r
            * OK [UIDVALIDITY \(store.validity)] Until the sink ends\r
            * OK [UIDNEXT \(folder.nextUID)] The next\r

            """
        return .ok("[\(isReadOnly ? "READ-ONLY" : "READ-WRITE")] \(kind.rawValue) is open", data)
    }
}

extension IMAPSession.Answer {
    fileprivate static let noFolder = no("[NONEXISTENT] No such folder")
}
