internal import Mail
internal import Spool

/// An operator's resolution of the doubts of one message, as a value.
struct InDoubtOrder {
    struct Refusal: Error {
        let result: InDoubtResolutionResult
    }

    let id: QueueID
    /// The recipients concerned; nil for all in doubt.
    let addresses: [Address]?
    let answer: InDoubtResolution

    /// Indexes of the recipients concerned that are in doubt.
    func chosen(of message: SpooledMessage) throws(Refusal) -> [Int] {
        guard let addresses else {
            let all = message.recipients.indices.filter { message.recipients[$0].state == .inDoubt }
            guard !all.isEmpty else { throw Refusal(result: .notInDoubt(nil)) }
            return all
        }
        var chosen: [Int] = []
        for address in addresses {
            let index = try index(of: address, in: message)
            if !chosen.contains(index) { chosen.append(index) }
        }
        return chosen
    }

    private func index(of address: Address, in message: SpooledMessage) throws(Refusal) -> Int {
        let wanted = address.text.lowercased()
        let exact = message.recipients.firstIndex { $0.address == address }
        guard let index = exact ?? message.recipients.firstIndex(where: { $0.address.text.lowercased() == wanted })
        else { throw Refusal(result: .noSuchRecipient(address)) }
        guard message.recipients[index].state == .inDoubt else { throw Refusal(result: .notInDoubt(address)) }
        return index
    }

    /// Refuses the order if a recipient should go through another upstream and has none.
    ///
    /// In that case `in_doubt = "failover"` uses the same upstream, because it is a rule for all mail. An operator
    /// means this message.
    ///
    /// - Parameter hasOther: whether the recipient's route has a second upstream: the first may have accepted the
    ///   message.
    func check(
        _ indexes: [Int], of message: SpooledMessage, hasOther: (Recipient) -> Bool
    ) throws(Refusal) {
        guard answer == .failover else { return }
        for index in indexes where !hasOther(message.recipients[index]) {
            throw Refusal(result: .noOtherUpstream(message.recipients[index].address))
        }
    }

    func apply(to message: inout SpooledMessage, _ indexes: [Int], now: Timestamp) {
        for index in indexes {
            switch answer {
            case .delivered:
                message.recipients[index].markDelivered()
            case .retry, .failover:
                message.recipients[index].resolution = answer == .retry ? .retry : .failover
                message.recipients[index].nextAttemptAt = now
            }
        }
    }
}
