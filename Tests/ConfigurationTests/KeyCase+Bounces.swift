import Delivery
import Mail
import Notices

@testable import Configuration

extension KeyCase {
    private static let notAnAddress = "is not an address; write for example \"postmaster@example.com\""

    static let bounces: [KeyCase] = [
        KeyCase(
            "bounce.deliver", default: "mail", good: ("\"none\"", "none"),
            wrongType: ("true", "true is not a valid value; write \"mail\" or \"none\""),
            outOfBounds: [("\"never\"", "\"never\" is not a valid value; write \"mail\" or \"none\"")]
        ) { $0.delivery.notices.deliver.rawValue },
        KeyCase(
            "bounce.from", default: "none", good: ("\"bounces@example.com\"", "bounces@example.com"),
            wrongType: ("1", "1 is not a string; write it in quotes, such as \"…\""),
            outOfBounds: [
                ("\"bounces\"", "\"bounces\" \(notAnAddress)"),
                ("\"a b@example.com\"", "\"a b@example.com\" \(notAnAddress)"),
                ("\"<a@example.com>\"", "\"<a@example.com>\" \(notAnAddress)"),
                ("\"a@exa mple.com\"", "\"a@exa mple.com\" \(notAnAddress)"),
            ]
        ) { $0.delivery.notices.from?.text ?? "none" },
        KeyCase(
            "bounce.postmaster", default: "none", good: ("\"ops@example.com\"", "ops@example.com"),
            wrongType: ("[]", "a list is not a string; write it in quotes, such as \"…\""),
            outOfBounds: [("\"@example.com\"", "\"@example.com\" \(notAnAddress)")]
        ) { $0.delivery.notices.postmaster?.text ?? "none" },
        KeyCase(
            "bounce.content", default: "headers", good: ("\"full\"", "full"),
            wrongType: ("1", "1 is not a valid value; write \"headers\" or \"full\""),
            outOfBounds: [("\"none\"", "\"none\" is not a valid value; write \"headers\" or \"full\"")]
        ) { $0.delivery.notices.content.rawValue },
        KeyCase(
            "bounce.max_content", default: "50000", good: ("\"100KiB\"", "102400"),
            wrongType: (
                "true", "true is not a size; write for example \"50MiB\" (1024-based) or \"50MB\" (1000-based)"
            ),
            outOfBounds: [("\"2MiB\"", "\"2MiB\" is too large; write a size of 0 to 1MiB")]
        ) { String($0.delivery.notices.maxContent) },
        KeyCase(
            "bounce.template_file", default: "none", good: ("\"\(template)\"", template),
            wrongType: ("1", "1 is not a string; write it in quotes, such as \"…\""),
            outOfBounds: [
                ("\"\"", "\"\" is not a path; write for example \"/etc/posthorse/bounce.txt\""),
                (
                    "\"/none.txt\"",
                    "/none.txt: the file does not exist; name a text file that the relay can read"
                ),
            ]
        ) { $0.noticeTemplateFile ?? "none" },
    ]

    /// Any text that is there wherever tests run.
    private static let template = "/etc/passwd"
}
