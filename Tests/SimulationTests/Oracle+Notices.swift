import Mail
import NIOCore
import Notices
import Spool
import TestKit

@testable import Delivery

/// Whether everybody who must know is told what has become of a message, once, and in the same commit.
extension Oracle {
    /// What a notice tells, and whom.
    struct Telling: Hashable {
        let kind: NoticeKind
        let addressee: String
        let recipients: Set<String>
        let message: String
    }

    /// - Parameters:
    ///   - recipients: as they become durable.
    ///   - orders: one of which has done it.
    func checkNotices(
        _ message: Int, _ recipients: [Recipient], _ notices: [SpoolContents.Notice], by orders: [QueueOrder]
    ) {
        let told = notices.map(Self.telling)
        for notice in notices where notice.message.sender.address != nil {
            problem("notice \(notice.message.id) has a sender")
        }
        let isSilent = orders.contains(.drop(notify: false))
        // Which of two orders to drop it was, nobody knows.
        let mayTell = !isSilent || orders.contains(.drop(notify: true))
        let expected = isSilent && (told.isEmpty || !mayTell) ? [] : tellings(about: message, recipients)
        guard Self.counts(told) != Self.counts(expected) else { return }
        problem("\(name(message)) becomes \(recipients.map(\.state)), which tells \(told), not \(expected)")
    }

    private static func counts(_ tellings: [Telling]) -> [Telling: Int] {
        Dictionary(tellings.map { ($0, 1) }, uniquingKeysWith: +)
    }

    // MARK: - What is told

    private static func telling(_ notice: SpoolContents.Notice) -> Telling {
        var recipients: Set<String> = []
        var message = ""
        for line in String(buffer: notice.content).split(separator: "\r\n") {
            if let address = line.value(of: "Final-Recipient: rfc822; ") { recipients.insert(address) }
            if let id = line.value(of: "X-Posthorse-Queue-ID: ") { message = id }
        }
        return Telling(
            kind: notice.message.notice ?? .failure, addressee: notice.message.recipients.map(\.address.text).joined(),
            recipients: recipients, message: message)
    }

    // MARK: - What must be told

    private func tellings(about message: Int, _ recipients: [Recipient]) -> [Telling] {
        guard settings.notices.deliver == .mail else { return [] }
        let entry = messages[message]
        guard entry.accepted.notice != .probe else { return [] }
        let lost = recipients.indices.filter { entry.durable[$0].state != .failed && recipients[$0].state == .failed }
        let failed = entry.concerned(.failure) { lost.contains($0) }
        guard let sender = entry.accepted.sender.address?.text, entry.accepted.notice == nil else {
            let others = lost.filter { !isPostmaster(entry.recipients[$0]) }
            return [telling(.failure, settings.notices.postmaster?.text, others, entry)].compactMap { $0 }
        }
        let copy = isPostmaster(sender) ? nil : settings.notices.postmaster?.text
        let delayed = entry.concerned(.delay) { !entry.durable[$0].wasWarned && recipients[$0].wasWarned }
        let delivered = entry.concerned(.success) { place in
            entry.durable[place].state != .delivered && recipients[place].state == .delivered
                && !isReported(place, of: entry)
        }
        return [
            telling(.failure, sender, failed, entry), telling(.failure, copy, lost, entry),
            telling(.delay, sender, delayed, entry), telling(.success, sender, delivered, entry),
        ].compactMap { $0 }
    }

    private func telling(_ kind: NoticeKind, _ addressee: String?, _ about: [Int], _ entry: Message) -> Telling? {
        guard let addressee, !about.isEmpty else { return nil }
        return Telling(
            kind: kind, addressee: addressee, recipients: Set(about.map { entry.recipients[$0] }),
            message: entry.id.description)
    }

    private func isPostmaster(_ address: String) -> Bool {
        settings.notices.postmaster?.text.lowercased() == address.lowercased()
    }

    /// Whether the server that took it last tells its sender of that. An earlier one may have, and the relay died before
    /// that was recorded.
    private func isReported(_ recipient: Int, of entry: Message) -> Bool {
        let dot = entry.dots.last { $0.recipients.contains(recipient) && $0.isTaken && ($0.answer ?? 0) / 100 == 2 }
        return dot.map { policies[$0.upstream].reports } ?? false
    }
}

extension Oracle.Message {
    /// Recipients whose sender wants to hear of this; without NOTIFY these are failures and delays.
    fileprivate func concerned(_ kind: RecipientOptions.Notify, where isNew: (Int) -> Bool) -> [Int] {
        accepted.recipients.indices.filter { place in
            (accepted.recipients[place].options.notify ?? [.failure, .delay]).contains(kind) && isNew(place)
        }
    }
}

extension Substring {
    fileprivate func value(of field: String) -> String? {
        hasPrefix(field) ? String(dropFirst(field.count)) : nil
    }
}
