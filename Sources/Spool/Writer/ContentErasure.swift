/// The order to remove what is kept of the content of some messages, and who waits for it.
struct ContentErasure: Sendable {
    /// Of their entries in the history.
    let numbers: [Int]
    /// Called on the writer's thread once that is durable, or has failed.
    let done: @Sendable (SpoolError?) -> Void
}
