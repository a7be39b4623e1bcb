internal import Delivery
internal import Ingress
internal import ServiceLifecycle
internal import Telemetry

/// Incoming and outgoing mail, from opening the listeners to the end of the last session.
struct MailService: Service {
    let ingress: IngressServer
    let delivery: DeliveryService
    let log: EventLog
    let manager: ServiceManager
    let progress: RelayProgress
    /// Grace period on stop for work in progress, as relay.conf has it by then.
    let grace: @Sendable () -> Duration

    func run() async throws {
        do {
            _ = try await ingress.start()
            await progress.waitForAPI()
            try Task.checkCancellation()
            progress.enter(.ready)
            log.log(.notice, "ready")
            manager.notify(.ready)
            try? await gracefulShutdown()
            progress.enter(.stopping)
            manager.notify(.stopping)
            log.log(.notice, "stopping") { $0.field("grace", grace()) }
        } catch {
            progress.enter(.stopping)
            await stop()
            throw error
        }
        await stop()
    }

    /// Both sides at once: mail accepted meanwhile stays in the spool.
    private func stop() async {
        let grace = grace()
        async let sessions: Void = ingress.stop(grace: grace)
        async let deliveries: Void = delivery.stop(grace: grace)
        _ = await (sessions, deliveries)
    }
}
