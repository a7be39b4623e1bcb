/// Messages of the open folder (RFC 9051 section 6.4).
extension IMAPSession {
    /// A command in an open folder; what has changed in it is told behind, except where that would move the numbers that
    /// a client counts with (RFC 9051 section 7.5.1).
    mutating func inFolder(
        _ verb: String, _ arguments: IMAPReader, _ user: String, _ view: IMAPView, _ store: inout MailStore
    ) -> Answer {
        var answer: Answer
        switch verb {
        case "NOOP", "CHECK": answer = .ok("\(verb) done")
        case "FETCH", "STORE", "SEARCH": return messages(verb, arguments, user, view, &store, byUID: false)
        case "UID":
            var reader = arguments
            guard reader.skipSpace(), let verb = reader.keyword() else { return .malformed }
            answer = messages(verb, reader, user, view, &store, byUID: true)
        case "EXPUNGE":
            guard !view.isReadOnly else { return .readOnly }
            expunge(nil, user, view, &store)
            answer = .ok("EXPUNGE done")
        case "CLOSE", "UNSELECT":
            if verb == "CLOSE", !view.isReadOnly { expunge(nil, user, view, &store) }
            state = .authenticated(user: user)
            return .ok("\(verb) done")
        default: return .bad("\(verb) is not known")
        }
        var told = view
        answer.data += Array(told.news(of: store[user, view.folder]).utf8)
        state = .selected(user: user, told)
        return answer
    }

    private func messages(
        _ verb: String, _ arguments: IMAPReader, _ user: String, _ view: IMAPView, _ store: inout MailStore, byUID: Bool
    ) -> Answer {
        var reader = arguments
        guard reader.skipSpace() else { return .malformed }
        if verb == "SEARCH" { return search(&reader, view, store[user, view.folder], byUID: byUID) }
        guard let set = reader.word().flatMap(IMAPSet.init) else { return .malformed }
        let chosen = view.messages(in: set, byUID: byUID)
        switch verb {
        case "FETCH": return fetch(&reader, chosen, user, view, &store, byUID: byUID)
        case "STORE": return setFlags(&reader, chosen, user, view, &store, byUID: byUID)
        case "EXPUNGE" where byUID:
            guard !view.isReadOnly else { return .readOnly }
            expunge(Set(chosen.map(\.uid)), user, view, &store)
            return .ok("UID EXPUNGE done")
        default: return .bad("\(verb) is not known")
        }
    }

    private func search(
        _ reader: inout IMAPReader, _ view: IMAPView, _ folder: MailFolder, byUID: Bool
    ) -> Answer {
        var keys: [IMAPSearchKey] = []
        while keys.isEmpty || !reader.isAtEnd {
            guard keys.isEmpty || reader.skipSpace() else { return .malformed }
            if keys.isEmpty { skipCharset(&reader) }
            guard let key = IMAPSearchKey(&reader) else { return .bad("SEARCH has a key that is not known") }
            keys.append(key)
        }
        let found = view.uids.enumerated().compactMap { index, uid -> String? in
            guard let mail = folder.mail(uid), keys.allSatisfy({ $0.fits(mail, number: index + 1, in: view) }) else {
                return nil
            }
            return " \(byUID ? uid : UInt32(index + 1))"
        }
        return .ok("SEARCH done", "* SEARCH\(found.joined())\r\n")
    }

    /// `CHARSET UTF-8 `: all is taken for UTF-8.
    private func skipCharset(_ reader: inout IMAPReader) {
        var ahead = reader
        guard ahead.keyword() == "CHARSET", ahead.skipSpace(), ahead.string() != nil, ahead.skipSpace() else { return }
        reader = ahead
    }

    private func fetch(
        _ reader: inout IMAPReader, _ chosen: [(number: Int, uid: UInt32)], _ user: String, _ view: IMAPView,
        _ store: inout MailStore, byUID: Bool
    ) -> Answer {
        guard reader.skipSpace(), var items = IMAPItem.list(&reader), reader.isAtEnd else { return .malformed }
        let namesUID = items.contains { if case .uid = $0 { true } else { false } }
        if byUID, !namesUID { items.insert(.uid, at: 0) }
        let marks = !view.isReadOnly && items.contains(where: \.marks)
        var answer = Answer.ok("FETCH done")
        for (number, uid) in chosen {
            guard let mail = store[user, view.folder].mail(uid) else { continue }
            if marks { store.setFlags(mail.flags.union([.seen]), of: uid, in: view.folder, of: user) }
            answer.data += Array("* \(number) FETCH (".utf8)
            answer.data += items.map { $0.answer(mail) }.joined(separator: [UInt8(ascii: " ")])
            answer.data += Array(")\r\n".utf8)
        }
        return answer
    }

    private func setFlags(
        _ reader: inout IMAPReader, _ chosen: [(number: Int, uid: UInt32)], _ user: String, _ view: IMAPView,
        _ store: inout MailStore, byUID: Bool
    ) -> Answer {
        guard !view.isReadOnly else { return .readOnly }
        guard reader.skipSpace(), let item = reader.keyword(), reader.skipSpace(), let names = reader.list() else {
            return .malformed
        }
        let flags = Set(names.compactMap(MailFlag.init(text:)))
        let isSilent = item.hasSuffix(".SILENT")
        var answer = Answer.ok("STORE done")
        for (number, uid) in chosen {
            guard let mail = store[user, view.folder].mail(uid) else { continue }
            guard let new = Self.flags(isSilent ? String(item.dropLast(7)) : item, mail.flags, flags) else {
                return .malformed
            }
            store.setFlags(new, of: uid, in: view.folder, of: user)
            guard !isSilent, let changed = store[user, view.folder].mail(uid) else { continue }
            let place = byUID ? "UID \(uid) " : ""
            answer.data += Array("* \(number) FETCH (\(place)FLAGS (\(changed.flagList)))\r\n".utf8)
        }
        return answer
    }

    private static func flags(_ item: String, _ old: Set<MailFlag>, _ given: Set<MailFlag>) -> Set<MailFlag>? {
        switch item {
        case "FLAGS": given
        case "+FLAGS": old.union(given)
        case "-FLAGS": old.subtracting(given)
        default: nil
        }
    }

    /// Removes what is marked as deleted.
    ///
    /// - Parameter uids: only these; nil for all.
    private func expunge(_ uids: Set<UInt32>?, _ user: String, _ view: IMAPView, _ store: inout MailStore) {
        let known = Set(view.uids)
        let gone = store[user, view.folder].mails.filter { mail in
            mail.flags.contains(.deleted) && known.contains(mail.uid) && uids?.contains(mail.uid) ?? true
        }
        store.remove(Set(gone.map(\.uid)), from: view.folder, of: user)
    }
}

extension IMAPSession.Answer {
    fileprivate static let readOnly = no("[READ-ONLY] The folder is open for reading only")
}
