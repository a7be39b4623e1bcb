internal import ServiceLifecycle
internal import Webhooks

/// Runs the courier of webhooks until the relay stops. What is under way then is sent again after the next start.
struct WebhookService: Service {
    let courier: WebhookCourier

    func run() async throws {
        await withGracefulShutdownHandler {
            await courier.run()
        } onGracefulShutdown: {
            courier.stop()
        }
    }
}
