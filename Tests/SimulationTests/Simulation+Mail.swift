import Mail
import NIOCore
import Notices
import Spool

@testable import Delivery

/// Clients submit mail.
extension Simulation {
    func submit(_ submission: Plan.Submission) {
        guard let life else {
            missed.append(submission)
            return
        }
        if let wait = guardian?.refusal(of: submission.user) {
            timeline.after(wait) { [unowned self] in submit(submission) }
            return
        }
        // Notices have numbers too.
        let number = oracle.messages.count
        let id = life.spool.makeQueueID(at: now + lead)
        let header = ByteBuffer(string: "X-Posthorse-ID: \(id)\r\n")
        let content = ByteBuffer(string: Self.content(of: number, submission))
        var wire = header
        wire.writeImmutableBuffer(content)
        var message = message(number, id, submission, size: wire.readableBytes)
        guardian?.took(&message)
        oracle.submitted(message, wire: wire, isUnwanted: submission.isUnwanted)
        condemnUncarried(number, message)
        trace.note {
            "message \(number) (\(id)) from \(message.sender) for \(message.recipients.map(\.address.text)) comes in"
                + (message.releaseAt.map { ", for \($0)" } ?? "")
        }
        let new = NewMessage(message: message, header: header, content: .whole(content))
        life.spool.submit([.accept(new, ticket: UInt64(number))], from: life.ingress)
    }

    func message(
        _ number: Int, _ id: QueueID, _ submission: Plan.Submission, size: Int
    ) -> SpooledMessage {
        var options = MessageOptions.none
        options.returnContent = submission.returns
        let recipients = submission.recipients.enumerated().map { place, text in
            Recipient(
                address: Address(unchecked: Self.address(text, number)),
                options: RecipientOptions(notify: submission.notify.isEmpty ? nil : submission.notify[place]))
        }
        var message = SpooledMessage(
            id: id, receivedAt: now + lead, sender: ReversePath(address: sender(submission.sender, number)),
            body: submission.body, priority: submission.priority, messageID: "<\(number)@x>", origin: "test",
            user: submission.user, options: options,
            routing: RoutingFacts(stream: submission.stream, probe: submission.probe), size: size,
            recipients: recipients)
        if submission.probe != nil { message.notice = .probe }
        if submission.delay > .zero { message.schedule(for: now + submission.delay) }
        return message
    }

    /// Mail that no upstream of its route can carry rightly fails.
    func condemnUncarried(_ number: Int, _ message: SpooledMessage) {
        guard message.body == .binaryMIME else { return }
        let candidates = oracle.candidates(message)
        let uncarried = message.recipients.indices.filter { index in
            candidates[index].allSatisfy { !upstreams[$0].nature.binary }
        }
        oracle.condemned(number, uncarried, by: nil)
    }

    /// Those that the mail of a run has in common; of others, each message has its own.
    static let sharedDomains = ["gmail.com", "googlemail.com", "b.test", "slow.test"]

    /// `r0` becomes recipient 0 of this message; at a domain that mail shares, it says so itself.
    private static func address(_ text: String, _ number: Int) -> String {
        let name = text.prefix { $0 != "@" }
        if Self.sharedDomains.contains(where: { text.hasSuffix("@\($0)") }) {
            return "\(name).m\(number)\(text.dropFirst(name.count))"
        }
        return "\(name)@m\(number).\(text.hasSuffix("d1.test") ? "d1" : "d0").test"
    }

    private func sender(_ sender: Plan.Sender, _ number: Int) -> Address? {
        let domain = "senders.d\(number % 2).test"
        return switch sender {
        case .known: Address(unchecked: "s\(number)@\(domain)")
        case .unknown: Address(unchecked: "sx\(number)@\(domain)")
        case .unwanted: Address(unchecked: "sy\(number)@\(domain)")
        case .postmaster: plan.settings.notices.postmaster.map { Address(unchecked: $0.text.uppercased()) }
        case .nobody: nil
        }
    }

    private static func content(of number: Int, _ submission: Plan.Submission) -> String {
        let line = "line of message \(number) that is to come whole\r\n"
        return "Subject: \(number)\r\n\r\n" + String(repeating: line, count: 1 + submission.octets / line.utf8.count)
    }
}
