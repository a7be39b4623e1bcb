package import Mail

/// Writes notices: facts in, a message out (RFC 3461 section 6, RFC 3464, RFC 6522). It accepts any input: what strangers
/// have written is cleaned or encoded.
package struct NoticeWriter: Hashable, Sendable {
    package let settings: NoticeSettings

    package init(_ settings: NoticeSettings) {
        self.settings = settings
    }

    /// Octets of the original, in wire form, that a notice may need: a dot more for each line of three.
    package var originalLimit: Int {
        let limit = max(settings.maxContent, 0)
        return limit.addingReportingOverflow(limit / 3 + 1).overflow ? limit : limit + limit / 3 + 1
    }

    /// - Parameters:
    ///   - id: queue ID of the notice.
    ///   - now: its date.
    ///   - original: nil if it cannot be read.
    package func write(
        _ plan: NoticePlan, about facts: NoticeFacts, id: String, now: Timestamp, original: OriginalMessage?
    ) -> Notice {
        let form = NoticeForm(plan, facts, settings, id: id, now: now)
        let returned = original.map {
            ReturnedPart(
                $0, limit: settings.maxContent, wantsAll: wantsAll(plan, facts.options), isGlobal: form.isGlobal)
        }
        return form.notice(returned)
    }

    /// Only a failure brings the whole message back, and only to its sender (RFC 3461 section 4.3). One that had to
    /// travel encrypted does not come back (RFC 8689 section 5).
    private func wantsAll(_ plan: NoticePlan, _ options: MessageOptions) -> Bool {
        guard plan.kind == .failure, plan.purpose == .report, !options.requiresTLS else { return false }
        return options.returnContent.map { $0 == .full } ?? (settings.content == .full)
    }
}
