internal import Upstreams

/// What round trips say about upstreams. One that relay.conf has no more is not meant.
extension Dispatcher {
    func blame(_ name: String, _ blame: RoundTripBlame, cause: String) {
        guard let upstream = upstreams[name] else { return }
        mover.run(upstream.blamed(blame, cause: cause), of: upstream)
        pump()
        arrangeTick()
    }

    func acquit(_ name: String, cause: String) {
        guard let upstream = upstreams[name] else { return }
        mover.run(upstream.acquitted(cause: cause), of: upstream)
        pump()
        arrangeTick()
    }
}
