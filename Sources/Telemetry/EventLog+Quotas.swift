package import Delivery
internal import Upstreams

extension EventLog {
    /// Logs how a quota stands, once per period.
    func record(_ news: QuotaNews, of upstream: String) {
        let quota = news.report
        log(.warning, news.isSpent ? "quota_used_up" : "quota_near") { line in
            line.field("upstream", upstream)
            line.field("quota", quota.quota.text)
            line.field("used", quota.used)
            line.field("left", quota.left)
            if let until = quota.freeAt ?? quota.resetsAt { line.field("until", until) }
        }
    }

    /// Logs an event of the file that stores what upstreams have been given.
    package func record(_ event: QuotaStore.Event) {
        switch event {
        case .unreadable(let path, let reason, let keptAt):
            log(.error, "quotas_unreadable") { line in
                line.field("path", path)
                line.field("reason", reason)
                line.field("kept_at", keptAt)
            }
        }
    }
}
