extension MetricFamily {
    package static let alerts = [alertsFiring, alertNotifications]

    package static let alertsFiring = MetricFamily(
        "posthorse_alerts_firing", .gauge, ["alert", "severity"],
        "Subjects about which an alert fires, silenced or not; 0 for one that is ok.")
    package static let alertNotifications = MetricFamily(
        "posthorse_alert_notifications_total", .counter, ["notify", "result"],
        "Tries to tell somebody of an alert; given_up counts what will not be tried again.")
}
