internal import SMTP
internal import Spool

/// Gives work to sessions and is told of their ends.
protocol UpstreamSessionOwner: AnyObject {
    func sessionReady(_ session: UpstreamSession)
    func session(_ session: UpstreamSession, wantsContentOf job: DeliveryJob)
    /// The content is with the server, and the attempt is not on record: its end waits.
    ///
    /// - Parameter refused: the recipients refused before, by position in the transaction.
    func session(_ session: UpstreamSession, wantsRecordOf job: DeliveryJob, refused: [Int])
    /// - Parameter took: the time the server needed, not counting an earlier message in the same session.
    func session(
        _ session: UpstreamSession, finished job: DeliveryJob, _ result: TransactionResult, took: Duration)
    /// The server has refused one mechanism; another one is tried.
    func session(_ session: UpstreamSession, triesAnotherMechanism reason: String)
    /// The content could not be read back; the session has been ended before the final dot.
    func session(_ session: UpstreamSession, couldNotRead job: DeliveryJob, _ error: SpoolError)
    /// The session is over; `jobs` have no result, and the final dot of `inDoubt` has been written.
    ///
    /// - Parameter inDoubt: with the recipients refused before, by position in the transaction.
    func sessionEnded(
        _ session: UpstreamSession, _ failure: SessionFailure, jobs: [DeliveryJob],
        inDoubt: [(job: DeliveryJob, refusals: [TransactionResult.Refusal])])
}
