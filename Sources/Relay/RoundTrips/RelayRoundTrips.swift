internal import Admin
internal import Alerts
internal import Configuration
internal import Delivery
internal import Mail
internal import NIOCore
internal import NIOPosix
internal import OAuth
internal import Probing
internal import RoundTrips
internal import Spool
internal import Telemetry

/// The round trips of a relay, joined with its other parts.
struct RelayRoundTrips: Sendable {
    let service: RoundTripService
    /// Those who wait for the probes that they have asked for.
    private let watch: RunWatch
    private let verdicts: VerdictQueue
    /// Mailboxes have a thread of their own: nothing that a mail server does can delay mail.
    private let group: MultiThreadedEventLoopGroup

    /// Nothing is sent before ``replace(with:)``, and without round trips nothing is written.
    static func start(
        _ core: RelayCore, _ intake: MessageIntake, _ delivery: DeliveryService, _ tokens: any TokenSource,
        audit: @escaping @Sendable (TripNews) -> Void
    ) async throws -> RelayRoundTrips {
        let (live, clock, directory) = (core.live, core.clock, core.live.configuration.spool.path)
        let (watch, verdicts) = (RunWatch(), VerdictQueue(delivery))
        let report: @Sendable (TripNews) -> Void = { [log = core.log, metrics = core.metrics] news in
            log.record(news)
            metrics.record(news)
            watch.record(news)
            audit(news)
        }
        let means = RoundTripMeans(
            key: ProbeKeyFile.key(in: directory, report: report),
            store: RoundTripStore(directory: directory, report: report),
            hostname: { live.configuration.hostname },
            now: { TripMoment(wall: clock.wall, steady: clock.steady) },
            send: { try await intake.take($0, $1) },
            withdraw: { id in
                // The round trips do not wait for it: the probe has failed already.
                Task { await delivery.withdraw(probe: id) }
            },
            blame: { verdicts.blame($0) }, acquit: { verdicts.acquit($0, $1) },
            makeLooker: { account, eventLoop, owner in
                MailboxVisitor(
                    account,
                    VisitMeans(
                        eventLoop: eventLoop, steady: { clock.steady }, wall: { clock.wall }, tokens: tokens),
                    owner: owner)
            }, report: report)
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        return RelayRoundTrips(
            service: try await RoundTripService.start(group.any(), means), watch: watch, verdicts: verdicts,
            group: group)
    }

    func replace(with configuration: RelayConfiguration) async {
        await service.replace(configuration.roundTrips, upstreams: configuration.delivery.upstreams.map(\.name))
    }

    /// Returns once what is known is on disk, or that has failed.
    func stop() async {
        await service.stop()
        verdicts.end()
        try? await group.shutdownGracefully()
    }

    /// What alerts look at.
    func facts() async -> [RoundTripFacts] {
        await service.standings().map { RoundTripFacts($0.path, $0.verdict, cause: $0.cause) }
    }

    var desk: RoundTripDesk {
        RoundTripDesk(
            list: { await service.listings() },
            run: { await watch.run($0, wait: $1) { await service.request($0) } },
            report: { from, until, filter in
                let (history, now) = await service.history()
                return TripReport(history, from: from, until: until, now: now) { filter.matches($0) }
            })
    }
}
