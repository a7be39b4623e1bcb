internal import Mail

/// Who is told of what (RFC 3461 sections 4.1 and 5.2): a value, the same for live mail and for operators' orders.
package struct NoticePolicy: Hashable, Sendable {
    private let deliver: NoticeSettings.Delivery
    private let postmaster: Address?

    package init(_ settings: NoticeSettings) {
        deliver = settings.deliver
        postmaster = settings.postmaster
    }

    /// The notices that these facts call for: at most one of a kind for the sender, in the order failure, delay,
    /// success; failures are followed by the postmaster's copy. NOTIFY is the sender's word about notices to the sender
    /// (RFC 3461 section 4.1): the postmaster hears of every failure. A probe is looked for where it was sent, and nobody hears
    /// of it.
    package func notices(about facts: NoticeFacts) -> [NoticePlan] {
        guard deliver == .mail, facts.notice != .probe else { return [] }
        guard let sender = facts.sender.address, facts.notice == nil else { return doubleBounce(of: facts) }
        return NoticeKind.aboutMail.flatMap { kind in
            report(kind, of: facts, to: sender) + (kind == .failure ? copy(of: facts, besides: sender) : [])
        }
    }

    private func report(_ kind: NoticeKind, of facts: NoticeFacts, to sender: Address) -> [NoticePlan] {
        let recipients = facts.recipients.filter { $0.calls(for: kind) }
        guard !recipients.isEmpty else { return [] }
        return [NoticePlan(kind: kind, purpose: .report, addressee: sender, recipients: recipients)]
    }

    private func copy(of facts: NoticeFacts, besides sender: Address) -> [NoticePlan] {
        let failed = facts.recipients.filter { $0.action == .failed }
        guard !failed.isEmpty, let postmaster, !postmaster.isSame(as: sender) else { return [] }
        return [NoticePlan(kind: .failure, purpose: .copy, addressee: postmaster, recipients: failed)]
    }

    /// What failed and has no sender goes to the postmaster, except the postmaster's own mail: nothing circulates.
    private func doubleBounce(of facts: NoticeFacts) -> [NoticePlan] {
        guard let postmaster else { return [] }
        let recipients = facts.recipients.filter { $0.action == .failed && !postmaster.isSame(as: $0.address) }
        guard !recipients.isEmpty else { return [] }
        return [NoticePlan(kind: .failure, purpose: .doubleBounce, addressee: postmaster, recipients: recipients)]
    }
}

extension NoticeRecipient {
    /// Whether its sender wants to hear of this. Without NOTIFY these are failures and delays (RFC 3461 sections 5.2.5
    /// and 5.2.6).
    func calls(for kind: NoticeKind) -> Bool {
        let wanted = options.notify ?? [.failure, .delay]
        return switch action {
        case .failed: kind == .failure && wanted.contains(.failure)
        case .delayed: kind == .delay && wanted.contains(.delay)
        case .relayed: kind == .success && wanted.contains(.success)
        case .passedOn: false
        }
    }
}

extension Address {
    fileprivate func isSame(as other: Address) -> Bool { text.lowercased() == other.text.lowercased() }
}
