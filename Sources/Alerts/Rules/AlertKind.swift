/// What an alert is about; raw values are the words of `when` in relay.conf.
package enum AlertKind: String, Hashable, Sendable, CaseIterable, Codable {
    /// The circuit of an upstream is not closed.
    case upstreamOpen = "upstream_open"
    /// Mail of a route goes through another upstream than its first.
    case failedOver = "failed_over"
    /// The same, for long enough that somebody may have forgotten it.
    case onFallback = "on_fallback"
    /// Mail of a route goes through its first upstream again.
    case failedBack = "failed_back"
    /// No upstream of a route takes mail.
    case allDown = "all_down"
    /// Age of the oldest message that waits for its delivery.
    case queueAge = "queue_age"
    /// Number of messages in the queue.
    case queueDepth = "queue_depth"
    /// Time from the end of a message to its 250, the 95th percentile.
    case acceptLatency = "accept_latency"
    /// Time from a message's 250 until an upstream has taken it, the 95th percentile.
    case deliveryLatency = "delivery_latency"
    /// Share of recipients that fail at an upstream; and a stream that the relay has paused because too many failed hard.
    case bounceRate = "bounce_rate"
    /// Share of a quota of an upstream that is used.
    case quota
    /// Number of recipients in doubt.
    case inDoubt = "in_doubt"
    /// Room on the file system of the spool.
    case disk
    /// A certificate that the relay shows ends soon.
    case certificate
    /// Mail is unusual for a user, whose password may be stolen.
    case userSuspected = "user_suspected"
    /// An upstream refuses the relay's account.
    case credential
    /// Mail of an upstream does not arrive in a mailbox, or late, or nobody can tell.
    case roundTrip = "round_trip"

    /// Words for which this version has nothing to look at.
    package static let later = ["node"]
}

extension AlertKind {
    /// What it is compared with, unless the alert says something else; nil where nothing is compared. For `disk` twice
    /// `min_free_space` applies instead.
    package var threshold: AlertThreshold? {
        switch self {
        case .upstreamOpen, .failedOver, .onFallback, .failedBack, .allDown, .userSuspected, .credential, .roundTrip,
            .disk:
            nil
        case .queueAge: .duration(.seconds(1800))
        case .queueDepth: .count(10_000)
        case .acceptLatency: .duration(.seconds(2))
        case .deliveryLatency: .duration(.seconds(300))
        case .bounceRate: .percent(10)
        case .quota: .percent(80)
        case .inDoubt: .count(0)
        case .certificate: .duration(.seconds(14 * 86_400))
        }
    }

    /// The units in which it is compared; empty where nothing is compared.
    package var units: [AlertThreshold.Unit] {
        switch self {
        case .upstreamOpen, .failedOver, .onFallback, .failedBack, .allDown, .userSuspected, .credential, .roundTrip: []
        case .queueAge, .acceptLatency, .deliveryLatency, .certificate: [.duration]
        case .queueDepth, .inDoubt: [.count]
        case .bounceRate, .quota: [.percent]
        case .disk: [.octets, .percent]
        }
    }

    /// How long it must hold before somebody is told.
    package var hold: Duration {
        switch self {
        case .upstreamOpen, .failedOver, .failedBack, .allDown, .userSuspected, .credential, .certificate, .quota,
            .roundTrip:
            .zero
        case .queueAge, .queueDepth, .acceptLatency, .deliveryLatency, .bounceRate, .disk: .seconds(60)
        case .onFallback, .inDoubt: .seconds(900)
        }
    }

    package var severity: AlertSeverity {
        switch self {
        case .allDown, .disk: .critical
        case .failedBack: .info
        case .upstreamOpen, .failedOver, .onFallback, .queueAge, .queueDepth, .acceptLatency, .deliveryLatency,
            .bounceRate, .quota, .inDoubt, .certificate, .userSuspected, .credential, .roundTrip:
            .warning
        }
    }

    /// Whether `upstream` can narrow it.
    package var isAboutUpstreams: Bool {
        switch self {
        case .upstreamOpen, .failedOver, .onFallback, .failedBack, .deliveryLatency, .bounceRate, .quota, .credential,
            .roundTrip:
            true
        case .allDown, .queueAge, .queueDepth, .acceptLatency, .inDoubt, .disk, .certificate, .userSuspected: false
        }
    }

    /// Whether `route` can narrow it.
    package var isAboutRoutes: Bool { isAboutUpstreams || self == .allDown }

    /// Whether `stream` can narrow it.
    package var isAboutStreams: Bool { self == .bounceRate }
}
