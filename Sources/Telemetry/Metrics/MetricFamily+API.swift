extension MetricFamily {
    package static let api = [apiConnections, apiRefusals, eventReaders, eventReadersDropped]

    package static let apiConnections = MetricFamily(
        "posthorse_api_connections", .gauge, "Open connections to the API over TCP.")
    package static let apiRefusals = MetricFamily(
        "posthorse_api_refusals_total", .counter, ["reason"],
        "Requests to the API over TCP that were refused before they were looked at; reason token is a wrong one.")
    package static let eventReaders = MetricFamily(
        "posthorse_api_event_readers", .gauge, "Readers of the events.")
    package static let eventReadersDropped = MetricFamily(
        "posthorse_api_event_readers_dropped_total", .counter, ["reason"],
        "Readers of the events that were dropped because they read too slowly.")
}
