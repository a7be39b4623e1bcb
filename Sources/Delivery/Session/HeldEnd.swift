/// The end of content that is with the server, and waits for the record of its attempt
/// (`MessageSpool.recordsAttemptsAtDots`).
struct HeldEnd {
    /// After as long a wait of ours, a server that ends the session or the transaction has only run out of patience.
    static let patience = Duration.seconds(5)

    let job: DeliveryJob
    /// The octet of a BDAT command that plays the role of the final dot; nil where there is a dot.
    let last: UInt8?
}
