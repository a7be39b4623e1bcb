internal import SMTP
internal import Spool

/// The one who gives work to sessions and hears of their ends.
protocol UpstreamSessionOwner: AnyObject {
    func sessionReady(_ session: UpstreamSession)
    func session(_ session: UpstreamSession, wantsContentOf job: DeliveryJob)
    /// - Parameter took: what the server needed, without the time for a message before it in the same session.
    func session(
        _ session: UpstreamSession, finished job: DeliveryJob, _ result: TransactionResult, took: Duration)
    /// The content could not be read back; the session has been ended before the final dot.
    func session(_ session: UpstreamSession, couldNotRead job: DeliveryJob, _ error: SpoolError)
    /// The session is over; `jobs` have no result, `inDoubt` of them have had their final dot written.
    ///
    /// - Parameter inDoubt: with the recipients that had been refused before, by position in the transaction.
    func sessionEnded(
        _ session: UpstreamSession, _ failure: SessionFailure, jobs: [DeliveryJob],
        inDoubt: [(job: DeliveryJob, refusals: [TransactionResult.Refusal])])
}
