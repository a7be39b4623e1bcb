internal import Mail

/// Operators' orders about streams.
extension Dispatcher {
    /// - Returns: how the stream stands; nil if too many streams are paused.
    func pauseStream(_ name: String, reason: String?) -> StreamStatus? {
        guard streams.pause(name, reason: reason) else { return nil }
        pump()
        return streams.status(of: name)
    }

    /// - Returns: how the stream stands; nil if nothing is known of it.
    func resumeStream(_ name: String, reason: String?) -> StreamStatus? {
        streams.resume(name, reason: reason)
        pump()
        return streams.status(of: name)
    }

    /// Whether mail of paused streams waits where it could go to an upstream: then it is taken back.
    func recallPausedStreams() {
        guard streams.isRecallDue, flow.isOpen else { return }
        mover.recallPaused()
    }
}
