/// The names of events.
package enum EventType {
    /// All of them, as in docs/log.md, in alphabetical order.
    package static let names = [
        "accepted", "accepting_paused", "accepting_resumed", "address_failed", "address_recovered", "alert_firing",
        "alert_notified", "alert_notify_failed", "alert_resolved", "alert_silenced", "alert_tested", "alert_unsilenced",
        "alerts_unreadable", "alerts_unwritable", "api_listening", "api_refused", "audit_begun", "audit_damaged",
        "audit_head", "audit_lost", "audit_recovered",
        "audit_repaired", "audit_unwritable", "bounces_uncounted", "circuit", "clock_stepped", "clock_unwritable",
        "configuration_warning", "connecting_paused", "connecting_resumed", "database_connected", "database_lost",
        "database_no_standby", "deferred", "delivered",
        "deliveries_paused", "deliveries_resumed", "descriptors_short", "encryption_failed", "failed", "habit",
        "habits_unreadable", "habits_unwritable", "history_erased", "imported", "in_doubt", "listener_closed",
        "listening", "locked_out", "log",
        "log_lines_dropped",
        "logged_in", "login_failed", "notice", "order_ended", "ordered", "overrides_unknown_upstream",
        "overrides_unreadable", "overrides_unwritable", "pace_lowered", "pace_restored", "probe", "proxy_refused",
        "quarantined",
        "quota_corrected", "quota_near", "quota_used_up", "quotas_unreadable", "quotas_unwritable", "ready",
        "recipient_suppressed", "refused", "relay_failed", "reload_failed", "reloaded", "resolved",
        "restart_needed", "resubmitted", "round_trip", "round_trip_blame", "round_trip_kept", "round_trip_mailbox",
        "round_trip_not_sent",
        "round_trip_probe", "round_trips_unreadable", "round_trips_unwritable", "second_opinion", "slowed_down",
        "socket_ignored", "spool_full",
        "spool_notice", "spool_opened", "spool_recovered", "spool_unwritable", "starting", "stopped", "stopping",
        "stream_canary", "stream_paused", "stream_resumed", "streams_unreadable", "streams_unwritable",
        "suppressed", "suppression_added", "suppression_changed", "suppressions_expired", "suppressions_opened",
        "tls_failed", "token_failed", "token_renewed", "upstream_control", "user_suspected", "user_trusted",
        "webhook_changed", "webhook_discarded",
        "webhook_failing", "webhook_given_up",
        "webhook_recovered",
    ]
}
