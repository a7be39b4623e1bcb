internal import Access
internal import Configuration
internal import Delivery
internal import Ingress
internal import Mail
internal import Telemetry
internal import Webhooks

extension EventLog {
    func warn(_ problem: ConfigurationProblem) {
        log(.warning, "configuration_warning") { line in
            line.field("what", problem.file)
            if let number = problem.line { line.field("line", number) }
            line.field("key", problem.key)
            line.field("reason", problem.message)
            line.field("remedy", problem.remedy)
        }
    }
}

extension RelayConfiguration {
    /// How the descriptors are shared out. If their number is unknown, as if there were many.
    func descriptorBudget(within descriptors: Int) -> DescriptorBudget {
        DescriptorBudget(
            limit: descriptors > 0 ? descriptors : 1 << 20, totalConnections: ingress.limits.totalConnections,
            upstreamSessions: delivery.upstreams.reduce(0) { $0 + $1.mostConnections }, threads: threads,
            webhookRequests: webhooks.reduce(0) { $0 + $1.concurrency }, servesAPI: !http.addresses.isEmpty)
    }

    /// Warns if there are too few.
    ///
    /// - Parameter former: the settings before a reload, which tells nothing that has been told; nil at the start.
    func warnIfShort(of descriptors: Int, after former: RelayConfiguration? = nil, _ log: EventLog) {
        let (budget, wanted) = (descriptorBudget(within: descriptors), ingress.limits.totalConnections)
        let isKnown = former.map { former in
            former.descriptorBudget(within: descriptors) == budget && former.ingress.limits.totalConnections == wanted
        }
        guard budget.isShort, isKnown != true else { return }
        log.log(.warning, "descriptors_short") { line in
            line.field("descriptors", descriptors)
            line.field("total_connections", wanted)
            line.field("connections", budget.connections)
        }
    }
}

extension RelayConfiguration {
    var logLevel: LogLevel {
        switch log.level {
        case .debug: .debug
        case .info: .info
        case .notice: .notice
        case .warning: .warning
        case .error: .error
        }
    }

    var logFormat: LogFormat {
        switch log.format {
        case .text: .text
        case .json: .json
        }
    }
}
