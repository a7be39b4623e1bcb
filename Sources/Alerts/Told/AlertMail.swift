package import Mail

/// The mail about an alert (RFC 5322), without the fields that the relay adds to every message.
package struct AlertMail: Hashable, Sendable {
    /// With the angle brackets.
    package let messageID: String
    /// Lines end with CRLF.
    package let content: [UInt8]

    /// - Parameters:
    ///   - from: the author.
    ///   - id: queue ID of the mail.
    ///   - hostname: the relay's.
    package init(
        _ notification: AlertNotification, from: String, to: [String], id: String, hostname: String, now: Timestamp
    ) {
        messageID = "<\(id)@\(hostname)>"
        var dates = MailDate()
        let fields = [
            "Date: \(dates.text(of: now))", "From: Posthorse <\(from)>",
            "To: " + to.map { "<\($0)>" }.joined(separator: ",\r\n "),
            "Subject: \(Self.line(notification.title, limit: 200))", "Message-ID: \(messageID)",
            // RFC 3834 section 5: nobody answers it.
            "Auto-Submitted: auto-generated", "X-Auto-Response-Suppress: All", "MIME-Version: 1.0",
            "Content-Type: text/plain; charset=us-ascii", "Content-Transfer-Encoding: 7bit",
        ]
        content = Array((fields.joined(separator: "\r\n") + "\r\n\r\n" + Self.body(notification)).utf8)
    }

    private static func body(_ notification: AlertNotification) -> String {
        var lines = [notification.status == .firing ? "This is so:" : "This is over:", ""]
        for subject in notification.subjects {
            lines += wrapped(line(subject.text, limit: 2000))
            lines += ["    " + notification.period(since: subject.since), ""]
        }
        lines.append("alert \(line(notification.alert, limit: 64)), severity \(notification.severity.rawValue)")
        let labels = notification.commonLabels.sorted { $0.key < $1.key }
        lines += labels.flatMap { wrapped(line("\($0.key): \($0.value)", limit: 1000)) }
        return lines.joined(separator: "\r\n") + "\r\n"
    }

    /// Words of strangers on one line: printable ASCII, and `?` for the rest.
    private static func line(_ text: String, limit: Int) -> String {
        let scalars = text.replacing("…", with: "...").unicodeScalars.prefix(limit)
        return String(
            scalars.map { scalar -> Character in
                (0x20...0x7E).contains(scalar.value) ? Character(scalar) : scalar == "\n" ? " " : "?"
            })
    }

    /// No line is longer than 998 octets (RFC 5322 section 2.1.1), and none is a dot alone.
    private static func wrapped(_ text: String) -> [String] {
        var (lines, line): ([String], String) = ([], "")
        for word in text.split(separator: " ") {
            if !line.isEmpty, line.count + word.count >= 76 {
                lines.append(line)
                line = ""
            }
            line += (line.isEmpty ? "" : " ") + word
        }
        let all = lines + [line]
        return all.flatMap { parts(of: $0) }
    }

    private static func parts(of line: String) -> [String] {
        var (rest, parts): (Substring, [String]) = (line[...], [])
        while rest.count > 900 {
            parts.append(String(rest.prefix(900)))
            rest = rest.dropFirst(900)
        }
        return (parts + [String(rest)]).map { $0.hasPrefix(".") ? " " + $0 : $0 }
    }
}
