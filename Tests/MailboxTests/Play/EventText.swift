import Mail
import Mailbox

extension IMAPEvent {
    /// The event in the words of a transcript.
    var text: String {
        switch self {
        case .startTLS: "startTLS"
        case .authenticate(let offer): "authenticate \(offer.text)"
        case .challenge(let challenge): "challenge \(String(decoding: challenge, as: UTF8.self))"
        case .loginRefused(let error): "loginRefused \(error.text)"
        case .ready: "ready"
        case .folders(let list):
            "folders \(list.folders.map(\.text).joined(separator: ", "))\(list.isCut ? " cut" : "")"
        case .opened(let open):
            "opened \(open.folder.name) validity=\(open.validity) messages=\(open.messages)"
                + (open.isReadOnly ? " read-only" : "")
        case .found(let uids, let isCut): "found \(uids.map(String.init).joined(separator: ","))\(isCut ? " cut" : "")"
        case .message(let message):
            "message \(message.key.uid) \(message.internalDate?.rfc3339 ?? "-") "
                + String(decoding: message.header, as: UTF8.self).replacing("\r\n", with: "⏎")
                + (message.isCut ? " cut" : "")
        case .fetched: "fetched"
        case .deleted(let keys, let isExpunged):
            "deleted \(keys.map { String($0.uid) }.joined(separator: ","))\(isExpunged ? " expunged" : "")"
        case .refused(let error): "refused \(error.text)"
        case .watching(let isIdle): "watching \(isIdle ? "idle" : "poll")"
        case .news: "news"
        case .goodbye: "goodbye"
        case .failed(let error): "failed \(error.text)"
        }
    }
}

extension POP3Event {
    /// The event in the words of a transcript.
    var text: String {
        switch self {
        case .startTLS: "startTLS"
        case .authenticate(let offer): "authenticate \(offer.text)"
        case .challenge(let challenge): "challenge \(String(decoding: challenge, as: UTF8.self))"
        case .loginRefused(let error): "loginRefused \(error.text)"
        case .ready: "ready"
        case .counted(let messages, let octets): "counted \(messages) \(octets)"
        case .entry(let entry): "entry \(entry.number) \(String(decoding: entry.uniqueID, as: UTF8.self))"
        case .size(let number, let octets): "size \(number) \(octets)"
        case .listed: "listed"
        case .message(let message):
            "message \(message.key.entry.number) "
                + String(decoding: message.header, as: UTF8.self).replacing("\r\n", with: "⏎")
                + (message.isCut ? " cut" : "")
        case .marked(let keys): "marked \(keys.map { String($0.entry.number) }.joined(separator: ","))"
        case .refused(let error): "refused \(error.text)"
        case .goodbye(let isCommitted): "goodbye\(isCommitted ? " committed" : "")"
        case .failed(let error): "failed \(error.text)"
        }
    }
}

extension LoginOffer {
    var text: String {
        (mechanisms + (allowsPassword ? ["+password"] : []) + (isEncrypted ? ["+tls"] : [])).joined(separator: " ")
    }
}

extension MailboxError {
    var text: String { "\(kind.rawValue) \(code.rawValue)\(responseCode.map { " [\($0)]" } ?? "")" }
}

extension Folder {
    var text: String {
        "\(name)\(use.map { "=\($0.rawValue)" } ?? "")\(isUseGuessed ? "?" : "")\(isSelectable ? "" : "!")"
    }
}
