internal import Mail
internal import Notices

extension Schema {
    static let bounce = Section(
        "bounce", "What senders are told about failures, delays and deliveries.", prototype: ConfigurationDraft(),
        keys: [
            .optional(
                "deliver", \.notices.deliver, .word(NoticeSettings.Delivery.self),
                "As mail, or not at all, for applications that read events instead."),
            .derived(
                "from", \.notices.from, .address, from: "MAILER-DAEMON at the relay's hostname",
                example: Address(unchecked: "bounces@example.com"), "Author of notices; the envelope sender is empty."),
            .derived(
                "postmaster", \.notices.postmaster, .address, from: "nobody",
                example: Address(unchecked: "postmaster@example.com"),
                "Gets a copy of each failure notice, and the failures of mail without a sender."),
            .optional(
                "content", \.notices.content, .word(NoticeSettings.ReturnedContent.self),
                "What comes back of a message that failed if its sender has not said (RET): its header, or all of it."),
            .optional(
                "max_content", \.notices.maxContent, .size(0...(1 << 20)),
                "The most that comes back; a longer message comes back as its header."),
            .derived(
                "template_file", \.noticeTemplateFile, .path("/etc/posthorse/bounce.txt"), from: "the relay's own text",
                example: "/etc/posthorse/bounce.txt",
                "File with the text for people, with placeholders such as {recipients}; "
                    + "read at the start and by a reload."),
        ])
}
