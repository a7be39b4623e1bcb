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
    /// Grace period on stop for work in progress.
    let grace: Duration

    func run() async throws {
        do {
            _ = try await ingress.start()
            log.log(.notice, "ready")
            manager.notify(.ready)
            try? await gracefulShutdown()
            manager.notify(.stopping)
            log.log(.notice, "stopping") { $0.field("grace", grace) }
        } catch {
            await stop()
            throw error
        }
        await stop()
    }

    /// Both sides at once: mail accepted meanwhile stays in the spool.
    private func stop() async {
        async let sessions: Void = ingress.stop(grace: grace)
        async let deliveries: Void = delivery.stop(grace: grace)
        _ = await (sessions, deliveries)
    }
}
