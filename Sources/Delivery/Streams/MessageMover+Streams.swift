internal import Upstreams

/// Mail of streams that have just been paused.
extension MessageMover {
    /// Takes everything back that no session has, as if its cycle had not begun; it rests when its turn comes.
    func recallPaused() {
        defer { streams.recalled() }
        var recalled: [DeliveryJob] = []
        for upstream in upstreams.all { recalled += upstream.pool.removePending { !streams.lets($0) } }
        for job in queue.takeFailingOver() where !streams.lets(job) || !queue.keep(job) { recalled.append(job) }
        for route in upstreams.routes.routes.indices { recalled += queue.takeOut(route: route) { !streams.lets($0) } }
        for job in queue.takePinned() {
            if streams.lets(job) { _ = queue.place(job) } else { recalled.append(job) }
        }
        // In reverse, since each goes ahead of those that wait.
        for job in recalled.reversed() { putBack(job) }
    }
}
