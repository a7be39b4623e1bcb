/// What an incoming webhook of Slack gets. Texts of strangers mention nobody and link to nothing: `&`, `<` and `>` are
/// escaped, as Slack wants it. They format nothing either, as they stand in a block of code, and cannot end it.
package struct SlackBody: Codable, Hashable, Sendable {
    package var text: String

    package init(_ notification: AlertNotification) {
        let mark =
            switch (notification.status, notification.severity) {
            case (.resolved, _): ":white_check_mark:"
            case (.firing, .critical): ":rotating_light:"
            case (.firing, .warning): ":warning:"
            case (.firing, .info): ":information_source:"
            }
        let relay = notification.labels["relay"].map { " (\($0))" } ?? ""
        let lines = [
            "\(mark) *\(Self.escaped(notification.title))*\(Self.escaped(relay))", "```",
            Self.literal(notification.text), "```", notification.period,
        ]
        text = lines.joined(separator: "\n")
    }

    package var octets: [UInt8] { AlertJSON.octets(self) }

    /// For a block of code, which only a backtick could end.
    private static func literal(_ text: String) -> String {
        escaped(text).replacing("`", with: "'")
    }

    private static func escaped(_ text: String) -> String {
        text.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;")
    }
}
