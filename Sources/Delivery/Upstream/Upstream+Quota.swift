internal import Mail
internal import Spool
internal import Upstreams

/// What it may still be given.
extension Upstream {
    /// - Parameter record: from earlier; nil for none.
    static func ledger(_ settings: UpstreamSettings, _ record: QuotaRecord?, _ clock: DeliveryClock) -> QuotaLedger? {
        guard !settings.quota.isEmpty else { return nil }
        return QuotaLedger(
            settings.quota, zone: settings.quotaTimezone, warn: settings.quotaWarn, record, now: clock.quotaMoment)
    }

    /// Recipients that a transaction may have now; nil without a quota.
    var quotaRoom: Int? { quota?.room(clock.quotaMoment) }

    /// When its quotas let mail through again, by the system's clock; nil if they do now.
    var quotaFreeAt: Timestamp? { quota?.freeAt(clock.quotaMoment) }

    /// The same by the loop's clock.
    var quotaFreeInstant: MonotonicInstant? {
        guard quotaRoom == 0 else { return nil }
        return clock.instant + max(.milliseconds(1), (quotaFreeAt ?? clock.wall) - clock.wall)
    }

    /// Whether its quotas let anything through.
    var hasQuota: Bool { quotaRoom.map { $0 > 0 } ?? true }

    func reserveQuota(_ recipients: Int) -> QuotaReservation? {
        guard let ticket = quota?.reserve(recipients) else { return nil }
        tellQuota()
        return QuotaReservation(upstream: self, recipients: recipients, ticket: ticket)
    }

    func settleQuota(_ recipients: Int, used: Int) {
        quota?.settle(recipients, used: used, clock.quotaMoment)
    }

    var needsQuotaRecord: Bool { quota?.needsRecord(clock.quotaMoment) ?? false }

    func quotaRecord(isLast: Bool) -> QuotaRecord? { quota?.record(clock.quotaMoment, isLast: isLast) }

    func quotaRecorded(_ isDurable: Bool) { quota?.recorded(isDurable, clock.quotaMoment) }

    // MARK: - Changing

    /// relay.conf has other quotas.
    ///
    /// - Parameter record: from earlier.
    /// - Returns: whether mail that waits may go there now.
    func replaceQuota(_ former: UpstreamSettings, _ record: QuotaRecord?) -> UpstreamEffects {
        guard
            (settings.quota, settings.quotaTimezone, settings.quotaWarn)
                != (former.quota, former.quotaTimezone, former.quotaWarn)
        else { return [] }
        let wasSpent = !hasQuota
        if quota == nil {
            quota = Self.ledger(settings, record, clock)
        } else {
            quota?.replace(
                settings.quota, zone: settings.quotaTimezone, warn: settings.quotaWarn, clock.quotaMoment)
        }
        tellQuota()
        return wasSpent && hasQuota ? .takesMail : []
    }

    func quotaClockStepped(by step: Duration) {
        quota?.stepped(by: step, clock.quotaMoment)
        tellQuota()
    }

    /// An operator knows what it has been given.
    func correctQuota(_ period: Quota.Period, _ correction: QuotaCorrection) -> UpstreamEffects {
        let moment = clock.quotaMoment
        guard quota?.correct(period, used: correction.used, moment) ?? false else { return [] }
        told(period, by: "operator", correction.reason)
        tellQuota()
        return hasQuota ? .takesMail : []
    }

    /// - Returns: whether a reply about the account says that one of its quotas is used up: then nothing has failed.
    func spendsQuota(_ verdict: Verdict, _ reply: Reply) -> Bool {
        guard verdict.opensCircuit, let quotas = quota?.quotas,
            let period = QuotaReply.period(in: reply.description, of: quotas)
        else { return false }
        // Of all the messages under way, the first to hear it tells.
        guard quota?.exhaust(period, clock.quotaMoment) ?? false else { return true }
        told(period, by: "upstream", ReplyText.cut(reply.description))
        tellQuota()
        return true
    }

    private func told(_ period: Quota.Period, by who: String, _ reason: String?) {
        guard let found = quota?.reports(clock.quotaMoment).first(where: { $0.quota.period == period }) else { return }
        report(.quotaCorrected(upstream: name, found, by: who, reason: reason))
    }

    private func tellQuota() {
        guard let news = quota?.news(clock.quotaMoment) else { return }
        for news in news { report(.quota(upstream: name, news)) }
    }
}

extension DeliveryClock {
    /// This moment, as quotas count it.
    var quotaMoment: QuotaMoment { QuotaMoment(wall: wall, steady: now()) }
}
