package import Dialogue
package import Mail
package import NIOCore
internal import NIOPosix
package import Spool
internal import Synchronization
internal import TLS

/// Incoming mail: the listeners and their sessions, over a group of event loops.
package final class IngressServer: Sendable {
    private struct State {
        var settings: IngressSettings
        /// Those that accept connections, in the order of the settings.
        var sockets: [ListenerSocket] = []
        var loops: [NIOLoopBound<IngressLoop>] = []
        var inherited: InheritedSockets
        var quotas: IngressLimits?
        var logins: LoginService?
        /// For messages that come by the API.
        var submissions: Listener?
        var isStopped = false
    }

    private let spool: any MessageSpool
    private let group: any EventLoopGroup
    private let now: @Sendable () -> Timestamp
    private let steady: (@Sendable () -> Timestamp)?
    private let gate: RecipientGate
    private let guardian: UserGuard
    private let classes: RouteClasses
    private let claims: StreamClaims
    private let traces: TraceHub
    private let accepts: Histogram
    private let events: @Sendable (IngressEvent) -> Void
    private let total: ConnectionSlots
    /// The users who may log in; its owner keeps it up to date.
    package let directory: UserDirectory
    private let state: Mutex<State>

    /// - Parameters:
    ///   - group: the loops that sessions are spread over; its creator must shut it down, after ``stop(grace:)``.
    ///   - now: the system's clock.
    ///   - steady: the clock that nobody can set; `now` if nil.
    ///   - gate: which recipients are refused because they are suppressed.
    ///   - guardian: whether users behave as usual.
    ///   - classes: which class mail has because of its route.
    ///   - claims: whether mail may have the stream that it names.
    ///   - traces: hear what is said in sessions.
    ///   - inherited: existing listening sockets; used by listeners with a matching address.
    ///   - accepts: times from the end of a message's data to its 250.
    ///   - events: called on the event loops, for every message: it must not block.
    package init(
        settings: IngressSettings, spool: any MessageSpool, group: any EventLoopGroup,
        inherited: InheritedSockets = InheritedSockets(), now: @escaping @Sendable () -> Timestamp,
        steady: (@Sendable () -> Timestamp)? = nil, gate: RecipientGate = .open, guardian: UserGuard = .unused,
        classes: RouteClasses = .none, claims: StreamClaims = .free,
        traces: TraceHub = .unused, accepts: Histogram = Histogram([]),
        events: @escaping @Sendable (IngressEvent) -> Void
    ) {
        self.spool = spool
        self.group = group
        self.now = now
        self.steady = steady
        self.gate = gate
        self.guardian = guardian
        self.classes = classes
        self.claims = claims
        self.traces = traces
        self.accepts = accepts
        self.events = events
        directory = UserDirectory(settings.users + settings.usersOfFile)
        total = ConnectionSlots(limit: settings.limits.totalConnections)
        state = Mutex(State(settings: settings, inherited: inherited))
    }

    /// Opens all listeners, or none.
    ///
    /// - Returns: the addresses, in the order of the settings; a port of 0 is replaced by the one the system chose.
    /// - Throws: ``IngressError``.
    package func start() async throws -> [SocketAddress] {
        let settings = state.withLock { $0.settings }
        let loops = try await makeLoops(settings.capturedFields)
        state.withLock { $0.loops = loops }
        let change = try await prepare(settings)
        for (name, reason) in state.withLock({ $0.inherited.closeRest() }) {
            events(.socketIgnored(name: name, reason: reason))
        }
        await commit(change)
        return change.sockets.compactMap(\.socket.address)
    }

    /// Stops accepting connections, ends idle sessions, lets open transactions finish, and ends the rest after the
    /// grace period (421). Returns when no session is left. Close the spool before shutting down the loops, because it
    /// may still answer on them.
    package func stop(grace: Duration) async {
        let sockets = state.withLock { state in
            state.isStopped = true
            defer { state.sockets = [] }
            return state.sockets
        }
        for socket in sockets { await socket.close() }
        let loops = state.withLock { $0.loops }
        let deadline = NIODeadline.now() + TimeAmount(grace)
        let ends = loops.map { loop in loop.eventLoop.flatSubmit { loop.value.stop(by: deadline) } }
        for end in ends { try? await end.get() }
        await state.withLock { $0.logins }?.stop()
    }

    /// Reloads the certificates of all listeners; existing sessions keep theirs.
    ///
    /// - Parameter always: whether to reload files that appear unchanged too.
    package func reloadCertificates(always: Bool) {
        for listener in state.withLock({ $0.sockets }).map(\.listener) {
            guard let tls = listener.tls else { continue }
            let what = "certificates of \(listener.settings.host):\(listener.settings.port)"
            do throws(TLSError) {
                if always { try tls.reload() } else if try !tls.reloadIfChanged() { continue }
                events(.reloaded(what: what))
            } catch {
                events(.reloadFailed(what: what, reason: "\(error)"))
            }
        }
    }

    private func makeLoops(_ capturedFields: FieldNames) async throws -> [NIOLoopBound<IngressLoop>] {
        var loops: [NIOLoopBound<IngressLoop>] = []
        for eventLoop in group.makeIterator() {
            loops.append(
                try await eventLoop.submit {
                    [spool, now, steady, gate, guardian, classes, claims, traces, accepts, events] in
                    let loop = IngressLoop(
                        eventLoop: eventLoop, spool: spool, now: now, steady: steady, gate: gate,
                        guardian: guardian, classes: classes, claims: claims, capturing: capturedFields,
                        traces: traces, accepts: accepts, events: events)
                    return NIOLoopBound(loop, eventLoop: eventLoop)
                }.get())
        }
        return loops
    }

    // MARK: Other settings

    /// Prepares other settings: checks them, reads their certificates, and binds their sockets, which accept nobody yet.
    /// One change at a time.
    ///
    /// - Throws: ``IngressError``; then nothing has changed.
    package func prepare(_ settings: IngressSettings) async throws -> IngressChange {
        try await prepare(settings, isRehearsal: false)
    }

    /// Prepares other settings, and gives them up. An address that overlaps one of ours is not bound: it is free for us,
    /// and clients who came meanwhile would be cut off.
    ///
    /// - Throws: ``IngressError`` if the settings could not be put into force.
    package func rehearse(_ settings: IngressSettings) async throws {
        await discard(try await prepare(settings, isRehearsal: true))
    }

    private func prepare(_ settings: IngressSettings, isRehearsal: Bool) async throws -> IngressChange {
        let (former, loops, quotas, logins) = try state.withLock { state in
            guard !state.isStopped else { throw IngressError(.system, "the relay is stopping") }
            return (state.sockets, state.loops, state.quotas, state.logins)
        }
        _ = try IPNetwork.list(settings.limits.exempt, key: "exempt")
        let maker = ListenerMaker(
            settings, quotas: try quotas ?? IngressLimits(settings.limits),
            logins: try logins ?? makeLogins(settings))
        do {
            return try await open(maker, former, loops, isRehearsal)
        } catch {
            await stopUnused(maker.logins)
            throw error
        }
    }

    private func open(
        _ maker: ListenerMaker, _ former: [ListenerSocket], _ loops: [NIOLoopBound<IngressLoop>], _ isRehearsal: Bool
    ) async throws -> IngressChange {
        let planned = try maker.plan(former)
        let opened = planned.filter { $0.socket.channel == nil }.map(\.socket)
        let kept = Set(planned.map(\.socket.key))
        let closing = former.filter { !kept.contains($0.key) }
        let binder = ListenerBinder(group: group, loops: loops, total: total, events: events)
        do {
            for socket in opened {
                let address = try ListenerBinder.address(of: socket)
                let others = closing.filter { $0.overlaps(socket.key) }
                if isRehearsal, !others.isEmpty { continue }
                try await binder.bind(
                    socket, to: address, inherited: state.withLock { $0.inherited.take(address) }, besides: others)
            }
            return IngressChange(
                settings: maker.settings, sockets: planned, opened: opened, closing: closing, quotas: maker.quotas,
                logins: maker.logins, submissions: try maker.submissions())
        } catch {
            for socket in opened { await socket.close() }
            throw error
        }
    }

    private func makeLogins(_ settings: IngressSettings) throws -> LoginService? {
        guard settings.listeners.contains(where: { $0.auth != .off }) else { return nil }
        return try LoginService(directory: directory, settings: settings.login)
    }

    /// Stops logins that did not come into force.
    private func stopUnused(_ logins: LoginService?) async {
        guard logins !== state.withLock({ $0.logins }) else { return }
        await logins?.stop()
    }

    /// Puts prepared settings into force. Sessions that there are keep what they began with, except that the limits and
    /// the captured header fields hold from their next message on.
    ///
    /// - Parameter others: puts the rest of the relay's settings into force, while messages are stored with the header
    ///   fields of before and of after: their routes need the one or the other.
    package func commit(_ change: IngressChange, others: () async -> Void = {}) async {
        let (before, after) = (state.withLock { $0.settings.capturedFields }, change.settings.capturedFields)
        await capture(before.union(after) ?? after)
        await others()
        await capture(after)
        replace(users: change.settings.users + change.settings.usersOfFile)
        try? change.quotas.replace(with: change.settings.limits)
        change.logins?.replace(change.settings.login)
        total.replace(limit: change.settings.limits.totalConnections)
        for (socket, listener) in change.sockets { await socket.replace(listener) }
        let isStopped = state.withLock { state in
            state.settings = change.settings
            guard !state.isStopped else { return true }
            (state.quotas, state.logins, state.submissions) = (change.quotas, change.logins, change.submissions)
            state.sockets = change.sockets.map(\.socket)
            return false
        }
        guard !isStopped else { return await discard(change) }
        for socket in change.opened {
            socket.open()
            if let address = socket.address { events(.listening(address: Self.text(of: address))) }
        }
        for socket in change.closing {
            let address = socket.address
            await socket.close()
            if let address { events(.closed(address: Self.text(of: address))) }
        }
    }

    /// Users whose mail is unusual now, by name.
    package var suspectedUsers: [String] { guardian.suspected }

    /// Later logins see these users only, and their mail is guarded as they say.
    package func replace(users: [UserSettings]) {
        directory.replace(with: users)
        guardian.replace(users)
    }

    private func capture(_ fields: FieldNames) async {
        for loop in state.withLock({ $0.loops }) {
            try? await loop.eventLoop.submit { loop.value.capture(fields) }.get()
        }
    }

    /// Gives prepared settings up.
    package func discard(_ change: IngressChange) async {
        for socket in change.opened { await socket.close() }
        await stopUnused(change.logins)
    }

    /// Where a message that comes by the API finds its session; nil while no mail is taken.
    func submissionPlace() -> (loop: NIOLoopBound<IngressLoop>, listener: Listener)? {
        state.withLock { state in
            guard !state.sockets.isEmpty, let loop = state.loops.randomElement() else { return nil }
            return state.submissions.map { (loop, $0) }
        }
    }

    static func text(of address: SocketAddress) -> String {
        let host = address.ipAddress ?? ""
        return (host.contains(":") ? "[\(host)]" : host) + ":\(address.port ?? 0)"
    }
}
