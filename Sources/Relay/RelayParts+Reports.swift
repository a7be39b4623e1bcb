internal import Admin
internal import Configuration
internal import Delivery
internal import Ingress
internal import Mail
internal import Spool
internal import Telemetry
internal import Upstreams

extension RelayParts {
    var routes: [RouteDocument] {
        let settings = core.live.configuration.delivery
        let names = settings.upstreams.map(\.name)
        return settings.routeTable.routes.map { RouteDocument($0, names: names) }
    }

    /// With the rules that decide about its answers, and the persistence state of the overrides.
    func told(_ detail: UpstreamDetail?) async -> UpstreamDetail? {
        guard let detail else { return nil }
        return stores.overrides.told(await delivery.explained(detail))
    }

    func outlook() async -> QueueOutlook {
        let settings = core.live.configuration.delivery
        var details: [UpstreamDetail] = []
        for upstream in settings.upstreams {
            if let detail = await delivery.detail(of: upstream.name) { details.append(detail) }
        }
        // A reload may be under way.
        guard details.count == settings.upstreams.count else { return .unknown }
        return QueueOutlook(
            settings, details: details, paces: await delivery.paces(), now: core.clock.wall,
            streams: await delivery.streamHolds())
    }

    func health() async -> HealthDocument {
        var problems: [String] = []
        if let refusal = stores.spool.refusal { problems.append("mail is refused: \(refusal.message)") }
        if let standstill = await delivery.upstreams().standstill { problems.append(standstill) }
        return HealthDocument(problems: problems)
    }

    /// Ready for mail, even if no upstream works: accepted mail is safe here.
    func readiness() async -> ReadinessDocument {
        let standstill = await delivery.upstreams().standstill
        return ReadinessDocument([
            .init("listeners", problem: progress.state.problem), .init("spool", problem: stores.spool.refusal?.message),
            .init("upstreams", needed: false, problem: standstill),
        ])
    }
}
